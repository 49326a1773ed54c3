/* SPDX-License-Identifier: MIT */
#include "tools/sim/rest/rest_fault.h"

#include "tools/sim/base/answer.h"
#include "tools/sim/rest/rest_reply.h"

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

static int
find_kind(const char *word)
{
	for (int i = 0; i < REST_FAULT_KIND_COUNT; i++)
		if (strcmp(kind_name[i], word) == 0)
			return i;
	return -1;
}

struct rest_faults *
rest_fault_new(void)
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

/* An equal pattern is replaced. */
static bool
set(struct rest_faults *fs, struct rest_fault f, const char *pattern)
{
	struct rest_fault *slot = slot_for(fs, pattern);

	if (slot == NULL || pattern[0] == '\0'
	    || !str_format(f.pattern, sizeof(f.pattern), "%s", pattern))
		return false;
	if (f.kind != REST_FAULT_PASS && f.kind != REST_FAULT_CUT
	    && f.status == 0)
		return false;
	*slot = f;
	return true;
}

static void
row(const struct rest_fault *f, struct sbuf *out)
{
	answer_row(out);
	sbuf_str(out, "{\"pattern\":");
	sbuf_quote(out, f->pattern);
	sbuf_fmt(out,
	    ",\"status\":%d,\"kind\":\"%s\",\"delay_ms\":%u,\"used\":%llu",
	    f->status, kind_name[f->kind], f->delay_ms,
	    (unsigned long long)f->used);
	if (f->retry_after >= 0)
		sbuf_fmt(out, ",\"retry_after\":%g", f->retry_after);
	/* Forever: none. */
	if (f->count >= 0)
		sbuf_fmt(out, ",\"count\":%d", f->count);
	sbuf_str(out, "}");
}

static int
list(const struct sim *sim, bool rows, struct sbuf *out)
{
	for (size_t i = 0; i < REST_FAULTS_MAX; i++) {
		const struct rest_fault *f = &sim->rest->faults->fault[i];

		if (f->pattern[0] == '\0')
			continue;
		if (rows) {
			row(f, out);
			continue;
		}
		sbuf_fmt(out, "%s status=%d kind=%s delay=%ums", f->pattern,
		    f->status, kind_name[f->kind], f->delay_ms);
		if (f->retry_after >= 0)
			sbuf_fmt(out, " retry-after=%g", f->retry_after);
		if (f->count >= 0)
			sbuf_fmt(out, " left=%d", f->count);
		sbuf_fmt(out, " used=%llu\n", (unsigned long long)f->used);
	}
	return 0;
}

static struct rest_fault *
fault_of(struct rest_call *c)
{
	char whole[REST_URL_MAX + 16];

	(void)str_format(whole, sizeof(whole), "%s %s", c->method, c->path);
	for (size_t i = 0; i < REST_FAULTS_MAX; i++) {
		struct rest_fault *f = &c->rest->faults->fault[i];

		if (f->pattern[0] != '\0'
		    && (fnmatch(f->pattern, whole, 0) == 0
			|| fnmatch(f->pattern, c->path, 0) == 0))
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
	/* Of what is no limit the header is the operator's choice; a limit has
	 * one, or libraries that go by it try again at once. */
	if (f->retry_after >= 0 || c->scope == NULL)
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

/* ---- the command ---------------------------------------------------- */

static bool
wish_number(const char *word, const char *key, double *out)
{
	size_t n = strlen(key);

	return strncmp(word, key, n) == 0 && str_to_double(word + n, out);
}

static bool
wish_word(struct rest_fault *f, const char *word)
{
	double n;
	int kind = find_kind(word);

	if (kind >= 0)
		f->kind = (enum rest_fault_kind)kind;
	else if (wish_number(word, "retry-after=", &n) && n >= 0 && n < 1e7)
		f->retry_after = n;
	else if (wish_number(word, "delay=", &n) && n >= 0
	    && n * 1000 <= REST_FAULT_DELAY_MAX_MS)
		f->delay_ms = (unsigned)(n * 1000);
	else if (wish_number(word, "count=", &n) && n >= 1 && n < 1e9)
		f->count = (int)n;
	else
		return false;
	return true;
}

static bool
wish_status(struct rest_fault *f, const char *word)
{
	int64_t status;

	if (strcmp(word, "ok") == 0) {
		f->kind = REST_FAULT_PASS;
		return true;
	}
	if (!str_to_i64(word, &status) || status < 200
	    || status >= REST_STATUS_MAX)
		return false;
	f->status = (int)status;
	return true;
}

/* argv: STATUS|ok and the words after it. */
static int
fault_verb(struct sim *sim, const char *pattern, int argc, char **argv,
    struct sbuf *out)
{
	struct rest_fault f = {.kind = REST_FAULT_JSON,
			      .retry_after = -1,
			      .count = -1},
			  *old;

	if (argc < 1 || !wish_status(&f, argv[0]))
		return sbuf_say(out, EXIT_USAGE,
		    "expected a status of 200 to 599 or \"ok\"");
	for (int i = 1; i < argc; i++)
		if (!wish_word(&f, argv[i]))
			return sbuf_say(out, EXIT_USAGE,
			    "%s is none of json, html, garbage, empty, shared, "
			    "global, cut, retry-after=SECONDS, delay=SECONDS, "
			    "count=N",
			    argv[i]);
	if (f.kind == REST_FAULT_PASS && f.delay_ms == 0) {
		if ((old = slot_for(sim->rest->faults, pattern)) != NULL)
			memset(old, 0, sizeof(*old));
		return 0;
	}
	if (set(sim->rest->faults, f, pattern))
		return 0;
	return sbuf_say(out, 1,
	    "no more than %d faults, of at most 127 characters",
	    REST_FAULTS_MAX);
}

int
rest_fault_command(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	if (strcmp(argv[0], "gateway-bot") == 0)
		return fault_verb(sim, "/gateway/bot", argc - 1, argv + 1, out);
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return list(sim, answer_rows(argc, argv), out);
	if (argc == 2 && strcmp(argv[1], "clear") == 0) {
		memset(sim->rest->faults, 0, sizeof(*sim->rest->faults));
		limit_reset(sim->rest->limit);
		return 0;
	}
	if (argc >= 3)
		return fault_verb(sim, argv[1], argc - 2, argv + 2, out);
	return sbuf_say(out, EXIT_USAGE,
	    "expected: rest PATTERN STATUS|ok ..., rest list, rest clear");
}
