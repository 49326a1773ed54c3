/* SPDX-License-Identifier: MIT */
#include "tools/sim/base/sample.h"

#include "shared/json/envelope.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

struct samples {
	struct sample one[SAMPLES_MAX];
	size_t count;
};

static char *
read_file(const char *path, size_t *len, struct err *err)
{
	FILE *f = fopen(path, "r");
	struct stat st;
	char *p;

	if (!f || fstat(fileno(f), &st) < 0) {
		err_sys(err, EXIT_DEGRADED, "cannot read %s", path);
		if (f)
			fclose(f);
		return NULL;
	}
	if (st.st_size > SAMPLE_BYTES_MAX) {
		err_set(err, EXIT_DEGRADED, "%s is too long.", path);
		fclose(f);
		return NULL;
	}
	p = base_alloc((size_t)st.st_size + 1);
	*len = fread(p, 1, (size_t)st.st_size, f);
	fclose(f);
	return p;
}

static uint64_t
guild_of(const struct sample *s)
{
	size_t off, len;
	char id[24];
	uint64_t v;

	if (envelope_find(s->d, s->len, "guild_id", &off, &len) < 0 || len < 3
	    || len >= sizeof(id))
		return 0;
	memcpy(id, s->d + off + 1, len - 2);
	id[len - 2] = '\0';
	return str_to_u64(id, &v) ? v : 0;
}

int
sample_read(const char *path, struct sample *s, struct err *err)
{
	size_t off, len;

	memset(s, 0, sizeof(*s));
	s->text = read_file(path, &s->text_len, err);
	if (!s->text)
		return -1;
	while (s->text_len > 0 && s->text[s->text_len - 1] == '\n')
		s->text[--s->text_len] = '\0';
	s->d = "null";
	s->len = 4;
	if (envelope_find(s->text, s->text_len, "d", &off, &len) == 0) {
		s->d = s->text + off;
		s->len = len;
		s->guild_id = guild_of(s);
	}
	if (envelope_find(s->text, s->text_len, "t", &off, &len) == 0 && len > 2
	    && len - 2 < sizeof(s->t) && s->text[off] == '"')
		memcpy(s->t, s->text + off + 1, len - 2);
	return 0;
}

static bool
is_json(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && strcmp(name + n - 5, ".json") == 0;
}

struct samples *
sample_load(const char *dir, struct err *err)
{
	struct samples *all = base_alloc(sizeof(*all));
	DIR *d = dir ? opendir(dir) : NULL;
	struct dirent *e;
	char path[1024];
	int r = 0;

	if (dir && !d) {
		err_sys(err, EXIT_USAGE, "--data: cannot read %s", dir);
		free(all);
		return NULL;
	}
	while (d && r == 0 && all->count < SAMPLES_MAX && (e = readdir(d))) {
		struct sample *s = &all->one[all->count];

		if (!is_json(e->d_name)
		    || !str_format(path, sizeof(path), "%s/%s", dir, e->d_name))
			continue;
		r = sample_read(path, s, err);
		if (r == 0)
			all->count++;
	}
	if (d)
		closedir(d);
	if (r == 0)
		return all;
	sample_free(all);
	return NULL;
}

const struct sample *
sample_find(const struct samples *all, const char *t)
{
	for (size_t i = 0; i < all->count; i++) {
		if (strcmp(all->one[i].t, t) == 0)
			return &all->one[i];
	}
	return NULL;
}

void
sample_free(struct samples *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->count; i++)
		free(all->one[i].text);
	free(all);
}
