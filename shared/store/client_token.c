/* SPDX-License-Identifier: MIT */
/* See client_token.h.  Blobs: client-token/NAME, the SHA-256. */
#include "shared/store/client_token.h"

#include "shared/base/base64.h"
#include "shared/wire/contract.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#define KEYS "client-token/"
#define KEY_MAX (sizeof(KEYS) + CLIENT_TOKEN_NAME_MAX)
#define SECRET_BYTES 32
#define RUN_BYTES 4  /* before the proof in the secret of a process */
#define NAME_LEAST 6 /* serenity wants as many in that part */

static void
token_key(char key[KEY_MAX], const char *client)
{
	must(strchr(client, '/') == NULL);
	must(str_format(key, KEY_MAX, KEYS "%s", client));
}

/* Text of letters, digits, '-', '_' and '.', filled up with blanks so that
 * there is no '='; out has room. */
static size_t
put_text(const char *text, size_t least, char *out)
{
	char padded[CLIENT_TOKEN_NAME_MAX + 8];
	size_t n = str_copy(padded, text, sizeof(padded));

	while (n < least || n % 3 != 0)
		padded[n++] = ' ';
	return (size_t)EVP_EncodeBlock((unsigned char *)out,
	    (unsigned char *)padded, (int)n);
}

/* In the alphabet for URLs, without '='. */
static size_t
put_secret(const unsigned char *bytes, size_t size, char *out)
{
	size_t n = (size_t)EVP_EncodeBlock((unsigned char *)out, bytes,
	    (int)size);

	while (out[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
	out[n] = '\0';
	return n;
}

/* All before the secret. */
static size_t
put_head(const char *client, uint64_t bot, char out[CLIENT_TOKEN_MAX])
{
	char id[24];
	size_t n;

	must(client[0] != '\0' && strlen(client) < CLIENT_TOKEN_NAME_MAX);
	str_format(id, sizeof(id), "%llu", (unsigned long long)bot);
	n = put_text(id, 0, out);
	out[n++] = '.';
	n += put_text(client, NAME_LEAST, out + n);
	out[n++] = '.';
	return n;
}

int
client_token_make(const char *client, uint64_t bot, char out[CLIENT_TOKEN_MAX],
    struct err *err)
{
	unsigned char bytes[SECRET_BYTES];
	size_t n;

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return err_sys(err, EXIT_DEGRADED, "no random bytes");
	n = put_head(client, bot, out);
	n += put_secret(bytes, sizeof(bytes), out + n);
	must(n < CLIENT_TOKEN_MAX);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return 0;
}

int
client_token_keep(const struct store *s, const char *client, const char *token,
    struct err *err)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];
	char key[KEY_MAX];

	SHA256((const unsigned char *)token, strlen(token), sum);
	token_key(key, client);
	return store_blob_put(s, key, sum, sizeof(sum), err);
}

int
client_token_bot(const struct store *s, uint64_t *id, struct err *err)
{
	char text[32];
	size_t len = 0;
	int rc = store_blob_get(s, CONTRACT_BOT_KEY, text, sizeof(text) - 1,
	    &len, err);

	if (rc != 1)
		return rc;
	text[len < sizeof(text) ? len : 0] = '\0';
	return str_to_u64(text, id);
}

/* The number of the process, and what proves all of the token. */
static void
run_secret(const uint8_t key[CLIENT_TOKEN_KEY], const char *head, size_t len,
    uint32_t run, unsigned char out[RUN_BYTES + SHA256_DIGEST_LENGTH])
{
	unsigned char text[CLIENT_TOKEN_MAX + RUN_BYTES];
	unsigned n = 0;

	must(len <= CLIENT_TOKEN_MAX);
	for (size_t i = 0; i < RUN_BYTES; i++)
		out[i] = (unsigned char)(run >> (24 - 8 * i));
	memcpy(text, out, RUN_BYTES);
	memcpy(text + RUN_BYTES, head, len);
	must(HMAC(EVP_sha256(), key, CLIENT_TOKEN_KEY, text, RUN_BYTES + len,
		 out + RUN_BYTES, &n)
		!= NULL
	    && n == SHA256_DIGEST_LENGTH);
}

void
client_token_run(const uint8_t key[CLIENT_TOKEN_KEY], const char *client,
    uint64_t bot, uint32_t run, char out[CLIENT_TOKEN_MAX])
{
	unsigned char secret[RUN_BYTES + SHA256_DIGEST_LENGTH];
	size_t n = put_head(client, bot, out);

	must(run != 0);
	run_secret(key, out, n, run, secret);
	n += put_secret(secret, sizeof(secret), out + n);
	must(n < CLIENT_TOKEN_MAX);
}

/* The process' whose it is; 0: it is no such token. */
static uint32_t
is_run(const uint8_t *key, const char *text, size_t len)
{
	unsigned char secret[RUN_BYTES + SHA256_DIGEST_LENGTH];
	const char *last = memrchr(text, '.', len);
	char want[CLIENT_TOKEN_MAX], first[8];
	unsigned char *number;
	uint32_t run = 0;
	size_t head = (size_t)(last - text) + 1, n;

	/* Four bytes are in six letters, the last of which has more. */
	if (key == NULL
	    || len - head != (RUN_BYTES + SHA256_DIGEST_LENGTH) / 3 * 4)
		return 0;
	for (size_t i = 0; i < sizeof(first); i++)
		first[i] = last[1 + i] == '-' ? '+'
		    : last[1 + i] == '_'      ? '/'
					      : last[1 + i];
	str_format(want, sizeof(want), "%.8s", first);
	number = base64_decode(want, &n);
	for (size_t i = 0; number != NULL && n >= RUN_BYTES && i < RUN_BYTES;
	     i++)
		run = run << 8 | number[i];
	free(number);
	run_secret(key, text, head, run, secret);
	n = put_secret(secret, sizeof(secret), want);
	return n == len - head && CRYPTO_memcmp(want, last + 1, n) == 0 ? run
									: 0;
}

/* The name in it: false when it has not the form. */
static bool
token_name(const char *text, size_t len, char client[CLIENT_TOKEN_NAME_MAX])
{
	char part[CLIENT_TOKEN_MAX];
	const char *first = memchr(text, '.', len), *second;
	unsigned char *name;
	size_t n;

	if (first++ == NULL)
		return false;
	second = memchr(first, '.', len - (size_t)(first - text));
	if (second == NULL || second == first)
		return false;
	str_format(part, sizeof(part), "%.*s", (int)(second - first), first);
	name = base64_decode(part, &n);
	if (name == NULL)
		return false;
	while (n > 0 && name[n - 1] == ' ')
		n--;
	if (n >= CLIENT_TOKEN_NAME_MAX)
		n = 0;
	memcpy(client, name, n);
	client[n] = '\0';
	free(name);
	return n > 0
	    && strspn(client,
		   "abcdefghijklmnopqrstuvwxyz"
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
	    == n;
}

static int
token_sum(const struct store *s, const char *client,
    unsigned char sum[SHA256_DIGEST_LENGTH], struct err *err)
{
	char key[KEY_MAX];
	size_t n = 0;
	int rc;

	token_key(key, client);
	rc = store_blob_get(s, key, sum, SHA256_DIGEST_LENGTH, &n, err);
	return rc == 1 && n != SHA256_DIGEST_LENGTH ? 0 : rc;
}

int
client_token_check(const struct store *s, const uint8_t *key, const char *text,
    size_t len, struct client_token_who *who, struct err *err)
{
	unsigned char is[SHA256_DIGEST_LENGTH], want[SHA256_DIGEST_LENGTH];
	int rc;

	while (len > 0 && (*text == ' ' || *text == '\t'))
		text++, len--;
	if (len > 4 && strncasecmp(text, "Bot ", 4) == 0)
		text += 4, len -= 4;
	while (len > 0 && (*text == ' ' || *text == '\t'))
		text++, len--;
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	if (len >= CLIENT_TOKEN_MAX || !token_name(text, len, who->client))
		return 0;
	if ((who->run = is_run(key, text, len)) != 0)
		return 1;
	if ((rc = token_sum(s, who->client, want, err)) != 1)
		return rc;
	SHA256((const unsigned char *)text, len, is);
	return CRYPTO_memcmp(is, want, sizeof(is)) == 0;
}

int
client_token_has(const struct store *s, const char *client, struct err *err)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];

	return token_sum(s, client, sum, err);
}

int
client_token_forget(const struct store *s, const char *client, struct err *err)
{
	char key[KEY_MAX];
	struct store_op op = {.kind = STORE_OP_DROP, .key = key};

	token_key(key, client);
	return store_write(s, &op, 1, err);
}
