/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target without a fuzzer: every seed file as it is, then ROUNDS
 * mutations of the seeds, the same ones for the same SEED, so a failure can be
 * repeated.  The target is the usual LLVMFuzzerTestOneInput(), and the same
 * files are built for libFuzzer by tools/fuzz.  Never allocates more than one
 * input of INPUT_MAX.
 *
 *	fuzz_NAME ROUNDS SEED FILE|DIR...
 */
#include "tests/fuzz/kit.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_MAX (1u << 20)
#define FILES_MAX 1024
#define CHANGES_MAX 8 /* per round */
#define CHUNK_MAX 24  /* bytes taken out at once */

#pragma weak LLVMFuzzerCustomMutator

struct seed {
	char *path;
	uint8_t *data;
	size_t size;
};

static struct seed seeds[FILES_MAX];
static size_t nseeds;
static uint64_t state, round_now;
static const char *file_now;

/* xorshift64*: small, fast, repeatable; not for secrets. */
static uint32_t
pick(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 2685821657736338717u) >> 33) % below;
}

static int
load_file(const char *path)
{
	struct seed *s = &seeds[nseeds];
	FILE *f = fopen(path, "rb");

	if (f == NULL || nseeds == FILES_MAX)
		return -1;
	s->path = base_strdup(path);
	s->data = base_alloc(INPUT_MAX);
	s->size = fread(s->data, 1, INPUT_MAX, f);
	s->data = base_realloc(s->data, s->size + 1);
	nseeds++;
	return fclose(f);
}

/* In the order of their names: a run is repeatable everywhere. */
static int
load_dir(const char *dir)
{
	char path[4096];
	struct dirent **found;
	int n = scandir(dir, &found, NULL, alphasort), rc = 0;

	for (int i = 0; i < n; i++) {
		if (found[i]->d_name[0] != '.'
		    && (!str_format(path, sizeof(path), "%s/%s", dir,
			    found[i]->d_name)
			|| load_file(path) == -1))
			rc = -1;
		free(found[i]);
	}
	if (n >= 0)
		free(found);
	return n < 0 ? -1 : rc;
}

static int
load(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return -1;
	return S_ISDIR(st.st_mode) ? load_dir(path) : load_file(path);
}

/* What breaks parsers: a byte that means something, in the wrong place. */
static void
change(uint8_t *data, size_t *size)
{
	static const char words[] = "{}[]\":,\\\0\n\r\x80\xff-+.eE0u;#=";
	size_t at = *size > 0 ? pick((uint32_t)*size) : 0, n;

	switch (*size == 0 ? 2 : pick(20) % 7) { /* 6, a cut, is rare */
	case 0:
		data[at] = (uint8_t)pick(256);
		break;
	case 1:
		data[at] = (uint8_t)words[pick(sizeof(words) - 1)];
		break;
	case 2:
		if (*size == INPUT_MAX)
			break;
		memmove(data + at + 1, data + at, *size - at);
		data[at] = (uint8_t)words[pick(sizeof(words) - 1)];
		++*size;
		break;
	case 3:
		n = *size - at < CHUNK_MAX ? *size - at : CHUNK_MAX;
		n = 1 + pick((uint32_t)n);
		memmove(data + at, data + at + n, *size - at - n);
		*size -= n;
		break;
	case 4:
		data[at] ^= (uint8_t)(1u << pick(8));
		break;
	case 5:
		data[at] = data[pick((uint32_t)*size)];
		break;
	case 6:
		*size = at;
		break;
	}
}

size_t
LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
{
	must(max >= INPUT_MAX);
	change(data, &size);
	return size;
}

/* The input gets a block of its own size, so that ASan sees a byte beyond. */
static void
run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	must(copy != NULL);
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void
mutate(uint8_t *work)
{
	const struct seed *s = &seeds[pick((uint32_t)nseeds)];
	size_t size = s->size;

	file_now = s->path;
	memcpy(work, s->data, size);
	for (uint32_t n = 1 + pick(CHANGES_MAX); n > 0; n--)
		if (LLVMFuzzerCustomMutator == NULL || pick(4) == 0)
			change(work, &size);
		else
			size = LLVMFuzzerCustomMutator(work, size, INPUT_MAX,
			    pick(UINT32_MAX));
	run(work, size);
}

static void
died(int sig)
{
	char text[512];

	if (str_format(text, sizeof(text),
		"not ok 1 - signal %d in round %llu on %s\n", sig,
		(unsigned long long)round_now, file_now))
		(void)fd_write_all(STDOUT_FILENO, text, strlen(text));
	signal(sig, SIG_DFL);
	raise(sig);
}

int
main(int argc, char **argv)
{
	uint64_t rounds, seed;
	uint8_t *work = base_alloc(INPUT_MAX + 1);

	if (argc < 4 || !str_to_u64(argv[1], &rounds)
	    || !str_to_u64(argv[2], &seed)) {
		fprintf(stderr, "usage: %s ROUNDS SEED FILE...\n", argv[0]);
		return 64;
	}
	state = seed * 2 + 1;
	signal(SIGABRT, died);
	for (int i = 3; i < argc; i++)
		if (load(argv[i]) == -1) {
			fprintf(stderr, "%s: cannot be read\n", argv[i]);
			return 1;
		}
	for (size_t i = 0; i < nseeds; i++) {
		file_now = seeds[i].path;
		run(seeds[i].data, seeds[i].size);
	}
	for (round_now = 1; round_now <= rounds; round_now++)
		mutate(work);
	printf("ok 1 - %zu files and %llu mutations of them\n1..1\n", nseeds,
	    (unsigned long long)rounds);
	for (size_t i = 0; i < nseeds; i++) {
		free(seeds[i].data);
		free(seeds[i].path);
	}
	free(work);
	return 0;
}
