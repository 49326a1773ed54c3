/* SPDX-License-Identifier: MIT */
/*
 * events: without -f what happened to the fleet, from the stats page; with it
 * what happens from now on, Discord's own events among it as they pass.
 */
#include "shared/base/clock.h"
#include "shared/base/text.h"
#include "shared/discord/dispatch.h"
#include "shared/json/json.h"
#include "shared/view/view.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/events/event_line.h"
#include "tools/cli/events/happenings.h"
#include "tools/cli/events/live.h"
#include "tools/cli/events/verb.h"

#include <ctype.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS 250  /* between two looks at the page */
#define SETTLE_MS 50 /* what is being written now is left for the next */
#define TELL_MS 1000 /* between two sentences on what is left out */
#define AGAIN_MS 500 /* between two questions to a handler, at first */
#define AGAIN_MOST_MS 8000
#define GIVE_UP_MS 30000 /* with nobody there to ask */
#define LINE_BYTES 1024

struct events_view {
	struct cli *cli;
	bool follow, raw, only_fleet, only_discord;
	struct option_list names;
	const char *guild;
	int64_t shard, count; /* -1: not said */
	struct live_want want;
	struct live live;
	int64_t mark_ms;   /* the page is shown up to here */
	uint64_t look_ms;  /* at it next, boot */
	uint64_t ask_ms;   /* the handler next, boot */
	uint64_t pause_ms; /* and after that */
	uint64_t lost_ms;  /* since when there is no stream, boot; 0: one is */
	uint64_t missed;   /* not told yet */
	uint64_t told_ms;  /* boot */
	int64_t shown;
};

static bool
enough(const struct events_view *v)
{
	return v->count != -1 && v->shown >= v->count;
}

/* ---- lines ---------------------------------------------------------- */

static void
show_happening(struct events_view *v, const struct past_event *e)
{
	char line[PAST_LINE];
	struct json_object *o;

	v->shown++;
	if (!v->cli->json) {
		past_line(e, line, sizeof(line));
		cli_print("%s", line);
		return;
	}
	o = json_object_new_object();
	json_put_text(o, "kind", "fleet");
	json_put_int(o, "time_ms", e->at_ms);
	json_object_object_add(o, "shard",
	    e->shard == -1 ? NULL : json_object_new_int(e->shard));
	if (e->of != NULL)
		json_put_text(o, e->of, e->name);
	json_put_text(o, "text", e->text);
	cli_print_json(o);
}

/* Discord's own bytes on one line, but for what would steer a terminal. */
static void
show_raw(const char *raw, size_t len)
{
	char *copy = base_alloc(len + 1), *clean;

	memcpy(copy, raw, len);
	for (size_t i = 0; i < len; i++)
		if (copy[i] == '\0' || copy[i] == '\n' || copy[i] == '\r')
			copy[i] = ' ';
	clean = text_json(copy);
	puts(clean);
	free(clean);
	free(copy);
}

static void
show_event(struct events_view *v, const struct live_hdr *h, const char *raw)
{
	struct json_object *o;
	struct event_line e;
	char line[LINE_BYTES];

	v->shown++;
	if (v->raw) {
		show_raw(raw, h->len);
		return;
	}
	event_line_read(&e, h, raw);
	if (!v->cli->json) {
		event_line_text(&e, line, sizeof(line));
		cli_print("%s", line);
		return;
	}
	o = event_line_json(&e);
	json_put_text(o, "kind", "discord");
	cli_print_json(o);
}

/* At most once a second, and of all that was left out since. */
static void
tell_missed(struct events_view *v)
{
	uint64_t now = clock_boot_ms();
	struct json_object *o;

	if (v->missed == 0 || now - v->told_ms < TELL_MS)
		return;
	cli_say("%llu event%s not shown: too fast for %s.",
	    (unsigned long long)v->missed, v->missed == 1 ? "" : "s",
	    isatty(STDOUT_FILENO) ? "this terminal" : "what reads them");
	if (v->cli->json) {
		o = json_object_new_object();
		json_put_text(o, "kind", "missed");
		json_put_int(o, "events", (int64_t)v->missed);
		cli_print_json(o);
	}
	v->missed = 0;
	v->told_ms = now;
}

/* ---- the fleet's ---------------------------------------------------- */

static int
show_past(struct events_view *v)
{
	struct happenings h;
	size_t at;

	if (happenings_read(&h, v->cli->config.state_dir, v->shard, 0,
		INT64_MAX, &v->cli->err)
	    == -1)
		return cli_fail(v->cli);
	at = v->count != -1 && (size_t)v->count < h.n ? h.n - (size_t)v->count
						      : 0;
	for (; at < h.n; at++)
		show_happening(v, &h.event[at]);
	happenings_free(&h);
	return EXIT_FINE;
}

/* What is new on the page.  A clock that was set back begins anew. */
static void
show_news(struct events_view *v)
{
	uint64_t now = clock_boot_ms();
	int64_t until = clock_wall_ms() - SETTLE_MS;
	struct happenings h;
	struct err none;

	if (now < v->look_ms)
		return;
	v->look_ms = now + LOOK_MS;
	if (v->only_discord || until <= v->mark_ms) {
		if (until < v->mark_ms - LOOK_MS)
			v->mark_ms = until;
		return;
	}
	if (happenings_read(&h, v->cli->config.state_dir, v->shard, v->mark_ms,
		until, &none)
	    == 0) {
		for (size_t i = 0; i < h.n && !enough(v); i++)
			show_happening(v, &h.event[i]);
		happenings_free(&h);
	}
	v->mark_ms = until;
}

/* ---- Discord's ------------------------------------------------------ */

static int
take_frames(struct events_view *v)
{
	const char *payload;
	struct live_hdr h;
	int r;

	while (!enough(v)
	    && (r = live_next(&v->live, &h, &payload, &v->cli->err)) != 0) {
		if (r == -1)
			return -1;
		if (h.type == LIVE_EVENT)
			show_event(v, &h, payload);
		else if (h.type == LIVE_MISSED)
			v->missed += h.count;
	}
	return 0;
}

/* Once more, after a stream that ended.  -1: nobody is there any more. */
static int
ask_again(struct events_view *v)
{
	uint64_t now = clock_boot_ms();
	struct cli *c = v->cli;

	if (now < v->ask_ms)
		return 0;
	v->ask_ms = now + v->pause_ms;
	if (v->pause_ms < AGAIN_MOST_MS)
		v->pause_ms *= 2;
	if (live_open(&v->live, &c->config, &v->want, &c->err) == 0) {
		cli_say("Events are shown again, by handler generation %u. "
			"What passed in between, in %.1f s, is not.",
		    v->live.generation,
		    (double)(clock_boot_ms() - v->lost_ms) / 1000);
		v->lost_ms = 0;
		return 0;
	}
	return c->err.code != EXIT_USAGE
		&& (c->err.code != EXIT_DOWN || now - v->lost_ms < GIVE_UP_MS)
	    ? 0
	    : -1;
}

static void
lose(struct events_view *v)
{
	live_close(&v->live);
	v->lost_ms = v->ask_ms = clock_boot_ms();
	v->pause_ms = AGAIN_MS;
}

static int
follow(struct events_view *v)
{
	struct pollfd p[2] = {
	    {.fd = STDOUT_FILENO, .events = 0}, /* the reader's end */
	    {.events = POLLIN},
	};

	while (!enough(v)) {
		show_news(v);
		tell_missed(v);
		if (fflush(stdout) == EOF)
			break;
		if (v->lost_ms != 0 && ask_again(v) == -1)
			return cli_fail(v->cli);
		p[1].fd = v->live.fd;
		p[1].revents = 0;
		if (poll(p, 2, LOOK_MS) > 0 && p[0].revents != 0)
			break;
		if (p[1].revents == 0)
			continue;
		if (live_read(&v->live) == -1) {
			lose(v);
			cli_say("The handler is being replaced, or has ended.");
		} else if (take_frames(v) == -1) {
			return cli_fail(v->cli);
		}
	}
	return EXIT_FINE;
}

/* What happens to the fleet can be seen all the same, and says why. */
static int
without_stream(struct events_view *v)
{
	struct cli *c = v->cli;

	if (v->only_discord || c->err.code == EXIT_DOWN
	    || c->err.code == EXIT_USAGE)
		return -1;
	cli_say("%s What happens to the fleet is shown, and Discord's events "
		"as soon as they can be.",
	    c->err.text);
	lose(v);
	return 0;
}

static int
begin_to_follow(struct events_view *v)
{
	struct cli *c = v->cli;
	int rc;

	v->want = (struct live_want) {.name = v->names.text,
	    .names = v->names.n,
	    .guild = v->guild,
	    .shard = v->shard};
	v->mark_ms = clock_wall_ms() - SETTLE_MS;
	if (!v->only_fleet
	    && live_open(&v->live, &c->config, &v->want, &c->err) == -1
	    && without_stream(v) == -1)
		return cli_fail(c);
	rc = follow(v);
	live_close(&v->live);
	return rc;
}

/* ---- what is asked for ---------------------------------------------- */

/* Names as Discord has them; one we don't know may be newer than we are. */
static void
check_name(struct events_view *v, char *name)
{
	const char *known[DISPATCH_ALL], *near;
	enum dispatch d;
	size_t n = 0;

	for (char *s = name; *s != '\0'; s++)
		*s = (char)toupper((unsigned char)*s);
	d = dispatch_of(name, strlen(name));
	if (d == DISPATCH_UNKNOWN) {
		for (int i = DISPATCH_UNKNOWN + 1; i < DISPATCH_ALL; i++)
			known[n++] = dispatch_row[i].name;
		near = config_nearest(name, known, n);
		cli_say("%s is no event that this version knows%s%s%s. It is "
			"waited for all the same.",
		    TEXT_OF(name, 60), near != NULL ? "; did you mean " : "",
		    near != NULL ? near : "", near != NULL ? "?" : "");
	} else if (!dispatch_wanted(d, v->cli->config.intents, false)
	    && !dispatch_wanted(d, v->cli->config.intents, true)) {
		cli_say("Discord sends no %s to this bot: [bot] intents lacks "
			"the intent for it.",
		    name);
	}
}

/* discord-protocol.md section 4: shard_id = (guild_id >> 22) % count */
static int
check_places(struct events_view *v)
{
	struct cli *c = v->cli;
	struct view view;
	uint64_t id = (uint64_t)v->shard, guild;
	int rc;

	if (v->guild == NULL && v->shard == -1)
		return 0;
	if (v->guild != NULL && (!str_to_u64(v->guild, &guild) || guild == 0)) {
		return err_set(&c->err, EXIT_USAGE, "\"%s\" is no guild id",
		    TEXT_OF(v->guild, 40));
	}
	if (view_read(&view, &c->config, &c->err) == -1)
		return -1;
	if (v->guild != NULL && view.cluster.shard_count > 0)
		id = (guild >> 22) % view.cluster.shard_count;
	rc = view_shard(&view, id, &c->err) == NULL ? -1 : 0;
	view_free(&view);
	return rc;
}

static int
check(struct events_view *v)
{
	struct cli *c = v->cli;

	v->only_discord = v->names.n > 0 || v->guild != NULL || v->raw;
	if (v->only_discord && !v->follow)
		return cli_error(c, EXIT_USAGE,
		    "Discord's events are not kept: with -f they are shown as "
		    "they pass.");
	if (v->only_discord && v->only_fleet)
		return cli_error(c, EXIT_USAGE,
		    "--fleet is what happens to the fleet alone; --event, "
		    "--guild and --raw are about Discord's events.");
	if (v->raw && c->json)
		return cli_error(c, EXIT_USAGE,
		    "--raw is JSON as Discord sent it, --json a few fields of "
		    "it: one of them, please.");
	if (load_look(c) == -1 || check_places(v) == -1)
		return cli_fail(c);
	for (size_t i = 0; i < v->names.n; i++) {
		char *name = base_strdup(v->names.text[i]);

		check_name(v, name);
		v->names.text[i] = name;
	}
	return EXIT_FINE;
}

int
verb_events(struct cli *c)
{
	static struct events_view v;
	const struct option options[] = {
	    {"--follow", &v.follow},
	    {"--event", &v.names},
	    {"--guild", &v.guild},
	    {"--shard", &v.shard},
	    {"--fleet", &v.only_fleet},
	    {"--raw", &v.raw},
	    {"--lines", &v.count},
	};
	int rc;

	v = (struct events_view) {.cli = c,
	    .live.fd = -1,
	    .shard = -1,
	    .count = -1};
	if (option_take(c, options, nitems(options)) == -1)
		return cli_fail(c);
	if ((rc = check(&v)) != EXIT_FINE)
		return rc;
	return v.follow ? begin_to_follow(&v) : show_past(&v);
}
