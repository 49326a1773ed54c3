/* SPDX-License-Identifier: MIT */
/*
 * A file that `db restore` is given: read to its end, which is proved, or
 * refused with a sentence; and a state built of it.  Records are made of the
 * input so that lengths and sums are right; every fourth input is a file as it
 * is.
 * Covers: tools/cli/backup/backup_file.c tools/cli/backup/restore_build.c
 * tools/cli/backup/restore_rules.c
 */
#include "tests/fuzz/kit.h"

#include "shared/base/buf.h"
#include "tools/cli/backup/backup_file.h"
#include "tools/cli/backup/restore_build.h"

#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>

static void
put_record(struct buf *b, uint8_t kind, const void *key, size_t key_len,
    const void *value, size_t len)
{
	uint8_t head[12] = {kind};

	for (int i = 0; i < 4; i++) {
		head[4 + i] = (uint8_t)(key_len >> (8 * i));
		head[8 + i] = (uint8_t)(len >> (8 * i));
	}
	buf_add(b, head, sizeof(head));
	buf_add(b, key, key_len);
	buf_add(b, value, len);
}

static void
make(struct kit *k, struct buf *b)
{
	static const char kinds[] = "asska";
	unsigned char sum[EVP_MAX_MD_SIZE];
	uint8_t count[8] = {0};
	unsigned n, sum_len;

	buf_puts(b, BACKUP_FILE_MAGIC "1\n");
	for (n = 0; n < 200 && k->left > 3; n++) {
		size_t key_len = kit_byte(k), len;
		uint8_t kind = (uint8_t)kinds[key_len % 5];
		const uint8_t *key, *value;

		key_len = key_len / 5 == 51 ? 511 : key_len / 5;
		len = kit_number(k, 2) % 4096;
		key = kit_take(k, &key_len);
		value = kit_take(k, &len);
		put_record(b, kind, key, key_len, value, len);
	}
	count[0] = (uint8_t)n;
	put_record(b, 'e', "", 0, count, sizeof(count));
	must(EVP_Digest(buf_data(b), buf_len(b), sum, &sum_len, EVP_sha256(),
		 NULL)
	    == 1);
	buf_add(b, sum, 32);
}

static void
restore(const char *path)
{
	struct restore_rules rules = {.now_ms = 1790000000000};
	struct backup_file_record r;
	struct backup_file_in in;
	struct err e = {0};
	char dir[300];
	int rc;

	if (backup_file_open(&in, path, &e) == -1) {
		must(e.text[0] != '\0');
		return;
	}
	while ((rc = backup_file_next(&in, &r, &e)) == 1)
		must(r.key_len <= BACKUP_FILE_KEY_MAX
		    && r.key[r.key_len] == '\0');
	must(rc == 0 || e.text[0] != '\0');
	if (rc == 0 && backup_file_rewind(&in, &e) == 0) {
		must(str_copy(dir, kit_path("new"), sizeof(dir)) < sizeof(dir));
		(void)mkdir(dir, 0700);
		rc = restore_build(dir, &in, NULL, &rules, &e);
		must(rc == 0 || e.text[0] != '\0');
		restore_rules_free(&rules);
	}
	backup_file_close(&in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kit k = {data, size};
	struct buf b = {0};
	unsigned how = kit_byte(&k);
	char path[300];

	kit_empty();
	if (how % 4 == 0)
		buf_add(&b, k.p, k.left);
	else
		make(&k, &b);
	must(str_copy(path, kit_path("backup"), sizeof(path)) < sizeof(path));
	kit_write(path, buf_data(&b), buf_len(&b));
	restore(path);
	buf_free(&b);
	return 0;
}
