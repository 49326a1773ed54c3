/* SPDX-License-Identifier: MIT */
/*
 * A plugin that costs as little as one can: it answers all events of a read at
 * once and looks no further than the head of each.
 *
 *	floor_plugin COUNT [STAMPS]
 *
 * COUNT gets the u64 of events so far, in memory that is shared; STAMPS pairs
 * of u64 as floor_server has them: shard << 40 | s, and when it was read.
 */
#include "shared/base/base.h"
#include "shared/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define READ 262144
#define HEAD 300 /* bytes: the members before an event */
#define STAMPS 4000000

static uint64_t *count, *stamps;
static size_t stamped;

static noreturn_fn void
die(const char *what)
{
	fprintf(stderr, "floor_plugin: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *
shared(const char *file, size_t size)
{
	int fd = open(file, O_RDWR | O_CREAT, 0600);
	void *p;

	if (fd == -1 || ftruncate(fd, (off_t)size) == -1)
		die(file);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die(file);
	close(fd);
	return p;
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* The number of the member, in the head alone; -1: there is none. */
static int64_t
number(const char *line, size_t len, const char *key, size_t key_len)
{
	const char *p = memmem(line, len < HEAD ? len : HEAD, key, key_len);

	if (p == NULL || p[key_len] < '0' || p[key_len] > '9')
		return -1;
	return strtoll(p + key_len, NULL, 10);
}

#define NUMBER(line, len, key) number(line, len, key, sizeof(key) - 1)

static bool
has(const char *line, size_t len, const char *text)
{
	return memmem(line, len < HEAD ? len : HEAD, text, strlen(text))
	    != NULL;
}

static void
told(const char *line, size_t len, uint64_t at, struct buf *out)
{
	int64_t id = NUMBER(line, len, "\"id\":"),
		shard = NUMBER(line, len, "\"shard\":"),
		seq = NUMBER(line, len, "\"seq\":");

	if (has(line, len, "\"method\":\"event\"")) {
		++*count;
		if (stamps != NULL && stamped < STAMPS) {
			stamps[2 * stamped] = (uint64_t)shard << 40
			    | (uint64_t)seq;
			stamps[2 * stamped++ + 1] = at;
		}
	}
	if (id >= 0)
		buf_printf(out,
		    "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":%s}\n",
		    (long long)id,
		    has(line, len, "\"method\":\"initialize\"") ? "{}"
								: "null");
}

int
main(int argc, char **argv)
{
	struct buf in = {0}, out = {0};
	const char *end;
	uint64_t at;
	ssize_t n;

	if (argc < 2) {
		fprintf(stderr, "floor_plugin: started by tools/bench\n");
		return 64;
	}
	count = shared(argv[1], sizeof(*count));
	if (argc > 2)
		stamps = shared(argv[2], STAMPS * 2 * sizeof(*stamps));
	while ((n = read(0, buf_space(&in, READ), READ)) > 0) {
		buf_filled(&in, (size_t)n);
		at = stamps == NULL ? 0 : now_ns();
		while (buf_len(&in) > 0
		    && (end = memchr(buf_data(&in), '\n', buf_len(&in)))) {
			told(buf_data(&in), (size_t)(end - buf_data(&in)), at,
			    &out);
			buf_eat(&in, (size_t)(end - buf_data(&in)) + 1);
		}
		for (; buf_len(&out) > 0; buf_eat(&out, (size_t)n))
			if ((n = write(1, buf_data(&out), buf_len(&out))) <= 0)
				die("write");
	}
	return 0;
}
