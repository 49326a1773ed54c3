/* SPDX-License-Identifier: MIT */
#include "tools/sim/people/files.h"

#include "tools/sim/rest/rest_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a browser would say of a file. */
static const struct {
	const char *ending, *type;
} types[] = {
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".txt", "text/plain; charset=utf-8"},
    {".json", "application/json; charset=utf-8"},
    {".csv", "text/csv; charset=utf-8"},
    {".pdf", "application/pdf"},
    {".zip", "application/zip"},
    {".mp3", "audio/mpeg"},
    {".ogg", "audio/ogg"},
    {".mp4", "video/mp4"},
};

static const char *
type_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < nitems(types); i++)
		if (strcasecmp(dot, types[i].ending) == 0)
			return types[i].type;
	return "application/octet-stream";
}

/* A regular file of at most REST_FILE_MAX bytes; the caller frees them. */
static char *
read_file(const char *path, size_t *size, struct sbuf *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *bytes = NULL;
	struct stat st;
	ssize_t n = -1;

	if (fd < 0 || fstat(fd, &st) < 0) {
		sbuf_fmt(why, "cannot read %s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		sbuf_fmt(why, "%s is no file", path);
	} else if (st.st_size > (off_t)REST_FILE_MAX) {
		sbuf_fmt(why, "%s has over %u MiB", path, REST_FILE_MAX >> 20);
	} else {
		bytes = base_alloc((size_t)st.st_size + 1);
		n = read(fd, bytes, (size_t)st.st_size);
		if (n < 0)
			sbuf_fmt(why, "cannot read %s: %s", path,
			    strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	if (n < 0) {
		free(bytes);
		return NULL;
	}
	*size = (size_t)n;
	return bytes;
}

static bool
add_file(struct rest_call *c, const char *path, struct sbuf *why)
{
	struct rest_file *f = &c->file[c->files];
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;

	f->bytes = read_file(path, &f->size, why);
	if (f->bytes == NULL)
		return false;
	str_copy(f->name, name, sizeof(f->name));
	str_copy(f->type, type_of(name), sizeof(f->type));
	f->number = c->files++;
	return true;
}

json_object *
files_attach(struct sim *sim, struct words *w, uint64_t channel, bool ephemeral)
{
	struct rest_call *c = base_alloc(sizeof(*c));
	json_object *list = NULL;
	bool fine = true;

	c->sim = sim;
	c->rest = sim->rest;
	c->w = sim->world;
	for (unsigned i = 0; fine && i < w->files; i++)
		fine = add_file(c, w->file[i], w->out);
	if (fine)
		list = rest_file_attach(c, channel, NULL, ephemeral);
	for (unsigned i = 0; i < c->files; i++)
		free((void *)c->file[i].bytes);
	free(c);
	return list;
}
