/* SPDX-License-Identifier: MIT */
/*
 * Routes that misbehave on command: errors of every kind, pages that are no
 * JSON, answers that come late or not at all.  Never set by a request.
 */
#include "tools/sim/rest/rest_call.h"

#include <fnmatch.h>
#include <string.h>

struct rest_fault {
	char pattern[128]; /* "": free */
	int status;
	enum rest_fault_kind kind;
	double retry_after;
	unsigned delay_ms;
	int count; /* < 0: until cleared */
	uint64_t used;
};

struct rest_faults {
	struct rest_fault fault[REST_FAULTS_MAX];
};

static const char *const kind_name[REST_FAULT_KIND_COUNT] = {
#define X(name, word) word,
    REST_FAULT_KINDS(X)
#undef X
};

int
rest_fault_kind(const char *word)
{
	for (int i = 0; i < REST_FAULT_KIND_COUNT; i++)
		if (strcmp(kind_name[i], word) == 0)
			return i;
	return -1;
}

struct rest_faults *
rest_faults_new(void)
{
	return base_alloc(sizeof(struct rest_faults));
}

static struct rest_fault *
slot_for(struct rest_faults *fs, const char *pattern)
{
	struct rest_fault *empty = NULL;

	for (size_t i = 0; i < REST_FAULTS_MAX; i++) {
		struct rest_fault *f = &fs->fault[i];

		if (strcmp(f->pattern, pattern) == 0)
			return f;
		if (f->pattern[0] == '\0' && empty == NULL)
			empty = f;
	}
	return empty;
}

int
rest_fault_set(struct sim *sim, const char *pattern, int status,
    enum rest_fault_kind kind, double retry_after_s, unsigned delay_ms,
    int count)
{
	struct rest_fault *f, new = {.status = status,
			     .kind = kind,
			     .retry_after = retry_after_s,
			     .delay_ms = delay_ms,
			     .count = count};

	if (pattern[0] == '\0' || count == 0 || delay_ms > REST_DELAY_MAX_MS ||
	    !str_format(new.pattern, sizeof(new.pattern), "%s", pattern))
		return -1;
	if (kind != REST_FAULT_PASS && kind != REST_FAULT_CUT &&
	    (status < 200 || status >= REST_STATUS_MAX))
		return -1;
	f = slot_for(sim->rest->faults, pattern);
	if (f == NULL)
		return -1;
	*f = new;
	return 0;
}

void
rest_fault_drop(struct sim *sim, const char *pattern)
{
	for (size_t i = 0; i < REST_FAULTS_MAX; i++) {
		struct rest_fault *f = &sim->rest->faults->fault[i];

		if (strcmp(f->pattern, pattern) == 0)
			memset(f, 0, sizeof(*f));
	}
}

void
rest_fault_clear(struct sim *sim)
{
	memset(sim->rest->faults, 0, sizeof(*sim->rest->faults));
}

void
rest_fault_list(const struct sim *sim, struct sbuf *out)
{
	for (size_t i = 0; i < REST_FAULTS_MAX; i++) {
		const struct rest_fault *f = &sim->rest->faults->fault[i];

		if (f->pattern[0] == '\0')
			continue;
		sbuf_fmt(out, "%s status=%d kind=%s delay=%ums", f->pattern,
		    f->status, kind_name[f->kind], f->delay_ms);
		if (f->retry_after >= 0)
			sbuf_fmt(out, " retry-after=%g", f->retry_after);
		if (f->count >= 0)
			sbuf_fmt(out, " left=%d", f->count);
		sbuf_fmt(out, " used=%llu\n", (unsigned long long)f->used);
	}
}

static struct rest_fault *
fault_of(struct rest_call *c)
{
	char whole[REST_URL_MAX + 16];

	(void)str_format(whole, sizeof(whole), "%s %s", c->method, c->path);
	for (size_t i = 0; i < REST_FAULTS_MAX; i++) {
		struct rest_fault *f = &c->rest->faults->fault[i];

		if (f->pattern[0] != '\0' &&
		    (fnmatch(f->pattern, whole, 0) == 0 ||
			fnmatch(f->pattern, c->path, 0) == 0))
			return f;
	}
	return NULL;
}

static void
answer_json(struct rest_call *c, int status)
{
	char text[128];

	if (status == 401)
		rest_reply_error(c, REST_UNAUTHORIZED);
	else if (status == 403)
		rest_reply_error(c, REST_MISSING_ACCESS);
	else {
		must(str_format(text, sizeof(text),
		    "{\"message\":\"%d: Internal Server Error\",\"code\":0}",
		    status));
		rest_reply_text(c, status, text);
	}
}

static void
answer(struct rest_call *c, const struct rest_fault *f)
{
	double wait = f->retry_after >= 0 ? f->retry_after : 1;

	switch (f->kind) {
	case REST_FAULT_SHARED:
		rest_reply_limit(c, "shared", wait);
		break;
	case REST_FAULT_GLOBAL:
		rest_reply_limit(c, "global", wait);
		break;
	case REST_FAULT_HTML:
		rest_reply_html(c, f->status);
		break;
	case REST_FAULT_GARBAGE:
		rest_reply_text(c, f->status, "{\"url\":\"wss://,]\x01 {{{");
		break;
	case REST_FAULT_EMPTY:
		rest_reply_text(c, f->status, "");
		break;
	default:
		if (f->status == 429)
			rest_reply_limit(c, "user", wait);
		else
			answer_json(c, f->status);
	}
	/* Asked for or not, the header is the operator's choice. */
	c->retry_after = f->retry_after;
}

bool
rest_fault_apply(struct rest_call *c)
{
	struct rest_fault *f = fault_of(c);
	struct rest_fault now;

	if (f == NULL)
		return false;
	now = *f;
	f->used++;
	if (f->count > 0 && --f->count == 0)
		memset(f, 0, sizeof(*f));
	c->rest->faulted++;
	c->delay_ms = now.delay_ms;
	c->cut = now.kind == REST_FAULT_CUT;
	if (now.kind == REST_FAULT_PASS || c->cut)
		return false;
	answer(c, &now);
	return true;
}
