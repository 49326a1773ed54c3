/* SPDX-License-Identifier: MIT */
/*
 * The way of every request: what the edge refuses, the route, the token, the
 * limits, the body, the handler; and the start and end of the REST side.
 */
#include "tools/sim/rest/rest.h"

#include "shared/base/clock.h"
#include "tools/sim/base/hostnames.h"
#include "tools/sim/book/asked.h"
#include "tools/sim/rest/rest_http.h"
#include "tools/sim/rest/route.h"
#include "tools/sim/rest/rest_body.h"
#include "tools/sim/rest/rest_fault.h"
#include "tools/sim/rest/rest_file.h"
#include "tools/sim/rest/rest_reply.h"
#include "tools/sim/rest/rest_seen.h"
#include "tools/sim/world/world_interaction.h"
#include "tools/sim/world/user.h"

#include <string.h>

/* What a front end refuses before Discord's own code sees a request. */
static bool
edge_refused(struct rest_call *c)
{
	const char *agent = rest_body_header(c, "User-Agent");
	uint64_t ban = limit_banned(c->rest->limit, clock_boot_ms());

	if (ban > 0) {
		rest_reply_html(c, 429);
		c->retry_after = (double)ban / 1000;
	} else if (agent == NULL || agent[0] == '\0')
		rest_reply_html(c, 403);
	return c->status != 0;
}

/* Finds the path below /api/vN; v9 and v10 are alike here. */
static bool
version_refused(struct rest_call *c)
{
	const char *s = c->url;

	if (strncmp(s, "/api/", 5) != 0) {
		rest_reply_error(c, REST_NOT_FOUND);
		return true;
	}
	s += 5;
	if (strncmp(s, "v10/", 4) == 0)
		c->path = s + 3;
	else if (strncmp(s, "v9/", 3) == 0)
		c->path = s + 2;
	else
		rest_reply_error(c, REST_BAD_VERSION);
	return c->status != 0;
}

static bool
token_refused(struct rest_call *c)
{
	const char *auth = rest_body_header(c, "Authorization");
	int n = -1;

	c->bot = user_bot(c->w, c->app);
	if (c->route->flags & ROUTE_OPEN)
		return false;
	if (auth != NULL && strncmp(auth, "Bot ", 4) == 0) {
		n = sim_bot_find(c->sim, auth + 4);
		c->other_bot = c->sim->other_token[0] != '\0'
		    && strcmp(auth + 4, c->sim->other_token) == 0;
	}
	if (n < 0 && !c->other_bot) {
		rest_reply_error(c, REST_UNAUTHORIZED);
		return true;
	}
	c->app = n < 0 ? 0 : (unsigned)n;
	c->bot = user_bot(c->w, c->app);
	return false;
}

/* Whose limits it counts against. */
static unsigned
limited_bot(const struct rest_call *c)
{
	_Static_assert(LIMIT_BOTS_MAX == SIM_BOTS_MAX + 1, "and the other one");
	return c->other_bot ? SIM_BOTS_MAX : c->app;
}

static bool
limit_refused(struct rest_call *c)
{
	struct rest *r = c->rest;
	uint64_t now = clock_boot_ms(), wait = 0;

	if (!(c->route->flags & ROUTE_NO_GLOBAL))
		wait = limit_take_global(r->limit, limited_bot(c), now);
	if (wait > 0) {
		r->global_limited++;
		rest_reply_limit(c, "global", (double)wait / 1000);
		return true;
	}
	return rest_limited(c, c->route->cls, route_major(c));
}

bool
rest_limited(struct rest_call *c, enum limit_class cls, uint64_t major)
{
	struct limit_answer a;

	limit_take(c->rest->limit, limited_bot(c), cls, major, clock_boot_ms(),
	    &a);
	/* A hidden limit shows no headers of its own. */
	if (cls == c->route->cls)
		c->limit = a;
	if (!a.refused)
		return false;
	c->rest->limited[cls]++;
	rest_reply_limit(c, "user", (double)a.reset_after_ms / 1000);
	return true;
}

static void
count(struct rest_call *c)
{
	struct rest *r = c->rest;

	/* It took effect, but nobody will see a status. */
	if (c->cut)
		return;
	r->by_status[c->status]++;
	if (c->status == 429)
		r->rate_limited++;
	if (c->status == 401 || c->status == 403
	    || (c->status == 429
		&& (c->scope == NULL || strcmp(c->scope, "shared") != 0))) {
		r->invalid++;
		limit_invalid(r->limit, clock_boot_ms());
	}
}

/* Absent: Discord may know it, the simulator has no such route. */
static void
note(struct rest_call *c)
{
	bool absent = c->status == 501
	    || (c->route == NULL && (c->status == 404 || c->status == 405));

	asked_note(c->sim, c->method, c->url, c->cut ? 0 : c->status, absent);
}

static rest_door_fn *
door_of(const struct rest_call *c)
{
	const struct rest_door *best = NULL;

	if (strncmp(c->url, "/api/", 5) == 0)
		return NULL;
	for (unsigned i = 0; i < c->rest->doors; i++) {
		const struct rest_door *d = &c->rest->door[i];

		if (strncmp(c->url, d->prefix, strlen(d->prefix)) == 0
		    && (best == NULL
			|| strlen(d->prefix) > strlen(best->prefix)))
			best = d;
	}
	return best != NULL ? best->fn : NULL;
}

void
rest_door(struct sim *sim, const char *prefix, rest_door_fn *fn)
{
	struct rest *r = sim->rest;

	must(r->doors < REST_DOORS_MAX);
	r->door[r->doors++] = (struct rest_door) {prefix, fn};
}

static void
handle(struct rest_call *c)
{
	rest_door_fn *door = door_of(c);

	if (rest_file_get(c))
		return;
	if (door != NULL) {
		door(c);
		must(c->status != 0);
		return;
	}
	c->rest->requests++;
	if (!version_refused(c) && !rest_fault_apply(c) && !edge_refused(c)
	    && route_find(c) && !token_refused(c) && !limit_refused(c)
	    && rest_body_parse(c))
		c->route->fn(c);
	must(c->status != 0);
	note(c);
	count(c);
}

static void
rest_free(struct rest *r)
{
	limit_free(r->limit);
	rest_file_close(r->kept);
	json_object_put(r->app_emojis);
	json_object_put(r->absent);
	free(r->faults);
	r->sim->rest = NULL;
	free(r);
}

int
rest_start(struct sim *sim, const struct route *const *routes, struct err *e)
{
	struct rest *r = base_alloc(sizeof(*r));
	char name[SIM_URL_MAX];

	r->sim = sim;
	sim->rest = r;
	r->limit = limit_new(sim->cfg.seed);
	r->app_emojis = json_object_new_object();
	r->absent = json_object_new_object();
	r->faults = rest_fault_new();
	r->kept = rest_file_open();
	r->routes = routes;
	r->handle = handle;
	rest_door(sim, "/sim/seen", rest_seen);
	if (rest_http_start(r, e) == -1) {
		rest_free(r);
		return -1;
	}
	hostnames_host(sim, name, sizeof(name));
	must(
	    str_format(sim->url_api, sizeof(sim->url_api), "%s://%s:%u/api/v10",
		sim->cfg.plain ? "http" : "https", name, r->port));
	return 0;
}

void
rest_stop(struct sim *sim)
{
	if (sim->rest == NULL)
		return;
	rest_http_stop(sim->rest);
	rest_free(sim->rest);
}

void
rest_report(struct sim *sim, struct sbuf *out)
{
	const struct rest *r = sim->rest;
	const struct world_interactions *n = world_interaction_counts(
	    sim->world);
	unsigned waiting = world_interaction_waiting(sim->world);
	const char *comma = "";

	sbuf_fmt(out, "{\"requests\":%" PRIu64 ",\"by_status\":{", r->requests);
	for (unsigned s = 0; s < REST_STATUS_MAX; s++)
		if (r->by_status[s] > 0) {
			sbuf_fmt(out, "%s\"%u\":%" PRIu64, comma, s,
			    r->by_status[s]);
			comma = ",";
		}
	sbuf_fmt(out,
	    "},\"rate_limited\":%" PRIu64 ",\"rate_limited_global\":%" PRIu64
	    ",\"rate_limited_by\":{",
	    r->rate_limited, r->global_limited);
	comma = "";
	for (unsigned c = 0; c < LIMIT_CLASSES; c++)
		if (r->limited[c] > 0) {
			sbuf_fmt(out, "%s\"%s\":%" PRIu64, comma, limit_name(c),
			    r->limited[c]);
			comma = ",";
		}
	sbuf_fmt(out,
	    "},\"invalid\":%" PRIu64 ",\"faulted\":%" PRIu64
	    ",\"interactions\":{\"made\":%" PRIu64 ",\"answered\":%" PRIu64
	    ",\"waiting\":%u,\"unanswered\":%" PRIu64 ",\"twice\":%" PRIu64
	    ",\"late\":%" PRIu64 ",\"wrong\":%" PRIu64 "},\"absent\":%s}",
	    r->invalid, r->faulted, n->made, n->answered, waiting,
	    n->made - n->answered - waiting, n->twice, n->late, n->wrong,
	    jso_text(r->absent));
}
