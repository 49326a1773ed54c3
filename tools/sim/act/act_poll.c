/* SPDX-License-Identifier: MIT */
#include "tools/sim/act/act_poll.h"

#include "tools/sim/gateway/gateway.h"
#include "tools/sim/base/jso.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_mark.h"

#include "shared/base/clock.h"

#include <string.h>
#include <time.h>

#define HOURS_DEFAULT 24

/* ---- the object ---------------------------------------------------------- */

static json_object *
stamp(int64_t wall_ms)
{
	time_t at = (time_t)(wall_ms / 1000);
	char text[40], out[56];
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	must(str_format(out, sizeof(out), "%s.%03d000+00:00", text,
	    (int)(wall_ms % 1000)));
	return json_object_new_string(out);
}

static json_object *
media(json_object *form, bool with_emoji)
{
	json_object *o = json_object_new_object();

	jso_set(o, "text", json_object_get(jso_get(form, "text")));
	if (with_emoji && jso_get(form, "emoji") != NULL)
		jso_set(o, "emoji", json_object_get(jso_get(form, "emoji")));
	return o;
}

json_object *
act_poll_make(json_object *form)
{
	json_object *o = json_object_new_object(), *v;
	json_object *list = json_object_new_array();
	json_object *answers = jso_get(form, "answers");
	int64_t hours = HOURS_DEFAULT;

	if ((v = jso_get(form, "duration")) != NULL)
		hours = json_object_get_int64(v);
	for (size_t i = 0; i < json_object_array_length(answers); i++) {
		json_object *a = json_object_new_object();

		jso_set_int(a, "answer_id", (int64_t)i + 1);
		jso_set(a, "poll_media",
		    media(jso_get(json_object_array_get_idx(answers, i),
			      "poll_media"),
			true));
		json_object_array_add(list, a);
	}
	jso_set(o, "question", media(jso_get(form, "question"), false));
	jso_set(o, "answers", list);
	jso_set(o, "expiry", stamp(clock_wall_ms() + hours * 3600000));
	jso_set_bool(o, "allow_multiselect",
	    json_object_get_boolean(jso_get(form, "allow_multiselect")));
	jso_set_int(o, "layout_type", 1);
	return o;
}

/* Texts of one form compare as times do. */
bool
act_poll_ended(json_object *poll)
{
	json_object *now = stamp(clock_wall_ms());
	bool ended = strcmp(jso_get_text(poll, "expiry"),
			 json_object_get_string(now))
	    <= 0;

	json_object_put(now);
	return ended;
}

static int64_t
votes(struct world *w, const struct world_msg *m, unsigned answer)
{
	json_object *ids = world_mark_voters(w, m->id, answer);

	return ids ? (int64_t)json_object_array_length(ids) : 0;
}

void
act_poll_show(struct world *w, const struct world_msg *wm, unsigned bot,
    json_object *m)
{
	json_object *poll = jso_get(m, "poll"), *results, *counts;
	size_t n;

	if (poll == NULL)
		return;
	n = json_object_array_length(jso_get(poll, "answers"));
	results = json_object_new_object();
	counts = json_object_new_array();
	for (unsigned id = 1; id <= n; id++) {
		json_object *o;

		if (votes(w, wm, id) == 0)
			continue;
		o = json_object_new_object();
		jso_set_int(o, "id", id);
		jso_set_int(o, "count", votes(w, wm, id));
		jso_set_bool(o, "me_voted",
		    world_mark_has(w, world_mark_voters(w, wm->id, id), bot));
		json_object_array_add(counts, o);
	}
	jso_set_bool(results, "is_finalized", act_poll_ended(poll));
	jso_set(results, "answer_counts", counts);
	jso_set(poll, "results", results);
}

/* ---- votes --------------------------------------------------------------- */

static void
tell(struct sim *sim, const struct world_msg *m, unsigned user, unsigned answer,
    const char *t)
{
	json_object *o = json_object_new_object();

	jso_set_id(o, "user_id", user_id(sim->world, user));
	jso_set_id(o, "channel_id", m->channel);
	jso_set_id(o, "message_id", m->id);
	if (m->guild != WORLD_NOWHERE)
		jso_set_id(o, "guild_id", world_guild_id(sim->world, m->guild));
	jso_set_int(o, "answer_id", answer);
	gateway_emit_json(sim, m->guild, t, o);
	json_object_put(o);
}

static bool
take(struct sim *sim, const struct world_msg *m, unsigned user, unsigned answer)
{
	if (!world_mark_unvote(sim->world, m->id, answer, user))
		return false;
	tell(sim, m, user, answer, "MESSAGE_POLL_VOTE_REMOVE");
	return true;
}

/* Why nobody can vote so, or NULL. */
static const char *
closed(json_object *poll, unsigned answer)
{
	if (poll == NULL)
		return "that message has no poll";
	if (act_poll_ended(poll))
		return "that poll has ended";
	if (answer < 1
	    || answer > json_object_array_length(jso_get(poll, "answers")))
		return "that poll has no such answer";
	return NULL;
}

static const char *
give(struct sim *sim, const struct world_msg *m, json_object *poll,
    unsigned user, unsigned answer)
{
	struct world *w = sim->world;
	size_t n = json_object_array_length(jso_get(poll, "answers"));

	if (world_mark_has(w, world_mark_voters(w, m->id, answer), user))
		return "that vote was given already";
	if (!json_object_get_boolean(jso_get(poll, "allow_multiselect")))
		for (unsigned id = 1; id <= n; id++)
			(void)take(sim, m, user, id);
	if (world_mark_vote(w, m->id, answer, user) == WORLD_MARKED_FULL)
		return "no more votes are kept for that answer";
	tell(sim, m, user, answer, "MESSAGE_POLL_VOTE_ADD");
	return NULL;
}

const char *
act_poll_vote(struct sim *sim, const struct world_msg *m, unsigned user,
    unsigned answer, bool add)
{
	json_object *msg = world_render_msg(sim->world, m);
	json_object *poll = jso_get(msg, "poll");
	const char *why = closed(poll, answer);

	if (why == NULL && add)
		why = give(sim, m, poll, user, answer);
	else if (why == NULL && !take(sim, m, user, answer))
		why = "no such vote was given";
	json_object_put(msg);
	return why;
}

/* ---- the result ---------------------------------------------------------- */

static void
field(json_object *fields, const char *name, json_object *value)
{
	json_object *o = json_object_new_object();

	jso_set_text(o, "name", name);
	jso_set(o, "value", value);
	jso_set_bool(o, "inline", false);
	json_object_array_add(fields, o);
}

static json_object *
as_text(int64_t n)
{
	char text[24];

	must(str_format(text, sizeof(text), "%" PRId64, n));
	return json_object_new_string(text);
}

/* Of equal ones nobody has won. */
json_object *
act_poll_result(struct world *w, const struct world_msg *wm, json_object *m)
{
	json_object *poll = jso_get(m, "poll"), *o = json_object_new_object();
	json_object *answers = jso_get(poll, "answers");
	json_object *fields = json_object_new_array();
	int64_t total = 0, most = 0;
	unsigned victor = 0;

	for (unsigned id = 1; id <= json_object_array_length(answers); id++) {
		int64_t n = votes(w, wm, id);

		total += n;
		if (n >= most && n > 0)
			victor = n > most ? id : 0;
		most = n > most ? n : most;
	}
	field(fields, "poll_question_text",
	    json_object_get(jso_get(jso_get(poll, "question"), "text")));
	field(fields, "victor_answer_votes", as_text(most));
	field(fields, "total_votes", as_text(total));
	if (victor > 0) {
		json_object *a = json_object_array_get_idx(answers, victor - 1);

		field(fields, "victor_answer_id", as_text(victor));
		field(fields, "victor_answer_text",
		    json_object_get(jso_get(jso_get(a, "poll_media"), "text")));
	}
	jso_set_text(o, "type", "poll_result");
	jso_set(o, "fields", fields);
	return o;
}
