/* SPDX-License-Identifier: MIT */
/* REST paths; see endpoint.h. */
#include "handler/rest/endpoint.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define SEGMENTS_MAX 16

struct segment {
	const char *p;
	size_t len;
};

static bool
segment_is(const struct segment *s, const char *word)
{
	return s->len == strlen(word) && memcmp(s->p, word, s->len) == 0;
}

static bool
segment_is_id(const struct segment *s)
{
	for (size_t i = 0; i < s->len; i++)
		if (!isdigit((unsigned char)s->p[i]))
			return false;
	return s->len > 0;
}

static const char *
path_fault(const char *path)
{
	if (path[0] != '/')
		return "path must begin with a slash";
	if (strlen(path) >= ENDPOINT_PATH_MAX)
		return "path is too long";
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f
		    || *p == '#' || *p == '\\')
			return "path holds characters that must be "
			       "percent-encoded";
	return NULL;
}

/* A server or a proxy may take %2e for a dot, and leave the api's folder. */
static bool
segment_is_dotted(const struct segment *s)
{
	size_t dots = 0;

	for (size_t i = 0; i < s->len; dots++)
		if (s->p[i] == '.')
			i++;
		else if (s->len - i >= 3
		    && strncasecmp(s->p + i, "%2e", 3) == 0)
			i += 3;
		else
			return false;
	return dots == 1 || dots == 2;
}

static const char *
path_split(const char *path, struct segment *seg, size_t *n)
{
	const char *end = path + strcspn(path, "?");

	for (*n = 0; path < end; path = seg[*n - 1].p + seg[*n - 1].len) {
		if (*n == SEGMENTS_MAX)
			return "path has too many segments";
		seg[*n].p = ++path;
		seg[*n].len = strcspn(path, "/?");
		if (seg[*n].len == 0 || segment_is_dotted(&seg[*n]))
			return "path has an empty or dotted segment";
		(*n)++;
	}
	return *n == 0 ? "path is empty" : NULL;
}

/* Segments of the route that are neither ids nor words. */
static const char *
route_word(const struct segment *seg, size_t i)
{
	if (i == 2
	    && (segment_is(&seg[0], "webhooks")
		|| segment_is(&seg[0], "interactions")))
		return ":token";
	if (i > 0 && segment_is(&seg[i - 1], "reactions"))
		return ":emoji";
	return segment_is_id(&seg[i]) ? ":id" : NULL;
}

static bool
route_build(struct endpoint *e, const char *method, const struct segment *seg,
    size_t n)
{
	size_t at = (size_t)snprintf(e->route, sizeof(e->route), "%s ", method);

	for (size_t i = 0; i < n; i++) {
		const char *word = route_word(seg, i);
		int len = word ? (int)strlen(word) : (int)seg[i].len;

		at += (size_t)snprintf(e->route + at, sizeof(e->route) - at,
		    "/%.*s", len, word ? word : seg[i].p);
		if (at >= sizeof(e->route))
			return false;
	}
	return true;
}

static void
major_build(struct endpoint *e, const struct segment *seg, size_t n)
{
	uint64_t token;

	e->major[0] = '\0';
	if (n < 2)
		return;
	if (!segment_is(&seg[0], "channels") && !segment_is(&seg[0], "guilds")
	    && !segment_is(&seg[0], "webhooks")
	    && !segment_is(&seg[0], "interactions"))
		return;
	/* Tokens are long and secret: their hash tells them apart. */
	token = n > 2 && e->bare ? base_hash64(seg[2].p, seg[2].len) : 0;
	snprintf(e->major, sizeof(e->major), "%.*s/%.*s/%llx", (int)seg[0].len,
	    seg[0].p, seg[1].len > 40 ? 40 : (int)seg[1].len, seg[1].p,
	    (unsigned long long)token);
}

static bool
method_known(const char *method)
{
	static const char *const known[] = {"GET", "POST", "PUT", "PATCH",
	    "DELETE"};

	for (size_t i = 0; i < nitems(known); i++)
		if (strcmp(method, known[i]) == 0)
			return true;
	return false;
}

int
endpoint_parse(struct endpoint *e, const char *method, const char *path,
    const char **why)
{
	struct segment seg[SEGMENTS_MAX];
	size_t n = 0;

	*why = method_known(method)
	    ? path_fault(path)
	    : "method must be GET, POST, PUT, PATCH or DELETE";
	if (*why == NULL)
		*why = path_split(path, seg, &n);
	if (*why != NULL)
		return -1;
	e->interaction = segment_is(&seg[0], "interactions");
	e->exempt = e->interaction;
	e->hook = false;
	e->bare = e->interaction || (segment_is(&seg[0], "webhooks") && n >= 3);
	if (!route_build(e, method, seg, n)) {
		*why = "path is too long";
		return -1;
	}
	major_build(e, seg, n);
	return 0;
}

bool
endpoint_encode(char *out, size_t size, const char *segment)
{
	size_t at = 0;

	for (const char *p = segment; *p; p++) {
		unsigned char c = (unsigned char)*p;
		bool plain = isalnum(c) || strchr("-_.~:", c) != NULL;

		if (at + 4 > size)
			return false;
		if (plain)
			out[at++] = (char)c;
		else
			at += (size_t)snprintf(out + at, size - at, "%%%02X",
			    c);
	}
	out[at] = '\0';
	return true;
}
