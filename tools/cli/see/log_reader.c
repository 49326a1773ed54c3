/* SPDX-License-Identifier: MIT */
#include "tools/cli/see/log_reader.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 65536

bool
log_reader_open(struct log_reader_file *f, const char *path, uint32_t n)
{
	char name[1024];

	memset(f, 0, sizeof(*f));
	str_format(name, sizeof(name), n == 0 ? "%s" : "%s.%u", path, n);
	f->fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->fd != -1 || n == 0)
		return f->fd != -1;
	str_format(name, sizeof(name), "%s.%u.gz", path, n);
	f->gz = gzopen(name, "rbe");
	return f->gz != NULL;
}

void
log_reader_close(struct log_reader_file *f)
{
	if (f->fd != -1)
		close(f->fd);
	if (f->gz != NULL)
		gzclose(f->gz);
	f->fd = -1;
	f->gz = NULL;
}

void
log_reader_rewind(struct log_reader_file *f)
{
	if (f->gz != NULL)
		gzrewind(f->gz);
	else
		lseek(f->fd, 0, SEEK_SET);
	f->have = 0;
	f->wanted = false;
}

static ssize_t
some(struct log_reader_file *f, char *block, size_t size)
{
	int n;

	if (f->gz == NULL)
		return read(f->fd, block, size);
	n = gzread(f->gz, block, (unsigned)size);
	f->bad |= n < 0;
	return n;
}

static bool
in_name(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '-';
}

/*
 * "plugin greeter" in the line, whoever says it.  What stands behind "plugin
 * other:" is that one's own, whatever it names.
 */
static bool
tells_of(const char *line, const char *kind, const char *name)
{
	size_t len = strlen(name);
	bool first = true;

	for (const char *p = line; (p = strcasestr(p, kind)) != NULL;
	     first = false) {
		const char *end = p += strlen(kind);

		if (strncmp(p, name, len) == 0 && !in_name(p[len])
		    && (p[len] != '.' || !in_name(p[len + 1])))
			return true;
		while (in_name(*end) || (*end == '.' && in_name(end[1])))
			end++;
		if (first && *end == ':')
			return false;
	}
	return false;
}

static bool
has_subject(const struct log_reader_want *w)
{
	return w->shard >= 0 || w->plugin != NULL || w->client != NULL;
}

static bool
is_subject(const struct log_reader_want *w, const struct logline *l,
    const char *line)
{
	return !has_subject(w)
	    || (w->shard >= 0 && logline_shard(l) == w->shard)
	    || (w->plugin != NULL && tells_of(line, "plugin ", w->plugin))
	    || (w->client != NULL && tells_of(line, "client ", w->client));
}

/* What is no record of ours belongs to the one before it. */
static bool
judge(struct log_reader_file *f, const struct log_reader_want *w,
    struct logline *l, bool *ours)
{
	bool held = w->grep == NULL || strcasestr(f->line, w->grep) != NULL;

	*ours = logline_read(f->line, l);
	if (*ours)
		f->wanted = held && l->wall_ms >= w->since_ms
		    && l->level >= w->least && is_subject(w, l, f->line);
	return f->wanted
	    || (!*ours && held && !has_subject(w) && w->since_ms == INT64_MIN
		&& w->least == LOG_L_DEBUG);
}

struct out {
	const struct log_reader_want *want;
	size_t skip, n;
	log_reader_fn *fn;
	void *arg;
};

static void
finish_line(struct log_reader_file *f, struct out *o)
{
	struct logline l;
	bool ours;

	f->line[f->have] = '\0';
	f->have = 0;
	if (!judge(f, o->want, &l, &ours))
		return;
	if (o->n++ >= o->skip && o->fn != NULL)
		o->fn(f->line, ours ? &l : NULL, o->arg);
}

size_t
log_reader_lines(struct log_reader_file *f, const struct log_reader_want *w,
    size_t skip, log_reader_fn *fn, void *arg)
{
	struct out o = {w, skip, 0, fn, arg};
	static char block[BLOCK];
	ssize_t n;

	while ((n = some(f, block, sizeof(block))) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (block[i] == '\n' || f->have + 1 == sizeof(f->line))
				finish_line(f, &o);
			if (block[i] != '\n')
				f->line[f->have++] = block[i];
		}
	return o.n;
}

void
log_reader_rest(struct log_reader_file *f, const struct log_reader_want *w,
    log_reader_fn *fn, void *arg)
{
	struct out o = {w, 0, 0, fn, arg};

	if (f->have > 0)
		finish_line(f, &o);
}

int64_t
log_reader_begin(struct log_reader_file *f)
{
	char head[512];
	struct logline l;
	ssize_t n;

	log_reader_rewind(f);
	n = some(f, head, sizeof(head) - 1);
	log_reader_rewind(f);
	head[n > 0 ? n : 0] = '\0';
	return logline_read(head, &l) ? l.wall_ms : INT64_MIN;
}
