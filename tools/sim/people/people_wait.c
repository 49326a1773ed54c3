/* SPDX-License-Identifier: MIT */
/* What came: how the bot answered, and the lines people read of messages. */
#include "tools/sim/people/people.h"

#include "tools/sim/act/act_poll.h"
#include "tools/sim/base/answer.h"
#include "tools/sim/base/jso.h"
#include "tools/sim/people/who.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_interaction.h"
#include "tools/sim/world/world_mark.h"

#include "shared/base/clock.h"

#include <string.h>

#define EPHEMERAL 64
#define LOADING 128
#define HEARD_MAX 256 /* channels whose last heard message is remembered */
#define LOOK_MAX 1000 /* messages of a channel that are looked through */
#define SAID 10	      /* messages, when no number is given */
#define NESTED_MAX 8  /* components within components */

enum { MESSAGE = 4, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL };

const char *
people_usage(const char *verb)
{
#define X(name, topic, usage, what)                                            \
	if (strcmp(verb, #name) == 0)                                          \
		return usage;
	PEOPLE_VERBS(X)
#undef X
	return "";
}

/* ---- lines ------------------------------------------------------------- */

static const char *
text_of(json_object *o, const char *key)
{
	const char *text = jso_get_text(o, key);

	return text != NULL ? text : "";
}

/* What people see of one component: its text, label, what can be chosen. */
static void
add_component(json_object *o, struct sbuf *out)
{
	const char *label = jso_get_text(o, "label");
	json_object *options = jso_get(o, "options");

	if (label == NULL)
		label = jso_get_text(o, "content");
	if (label == NULL)
		label = jso_get_text(o, "placeholder");
	if (label == NULL && jso_get(o, "components") == NULL)
		label = jso_get_text(o, "custom_id");
	if (label != NULL)
		sbuf_fmt(out, "  [%s%s]", label,
		    json_object_get_boolean(jso_get(o, "disabled"))
			? " (disabled)"
			: "");
	for (size_t i = 0; i < jso_count(options); i++)
		sbuf_fmt(out, " (%s)",
		    text_of(json_object_array_get_idx(options, i), "label"));
}

static void
add_components(json_object *list, unsigned deep, struct sbuf *out)
{
	for (size_t i = 0; deep < NESTED_MAX && i < jso_count(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);
		json_object *side[] = {jso_get(o, "accessory"),
		    jso_get(o, "component")};

		add_component(o, out);
		add_components(jso_get(o, "components"), deep + 1, out);
		for (size_t k = 0; k < nitems(side); k++)
			if (side[k] != NULL)
				add_component(side[k], out);
	}
}

static void
add_names(json_object *list, const char *word, const char *key,
    struct sbuf *out)
{
	for (size_t i = 0; i < jso_count(list); i++)
		sbuf_fmt(out, "%s%s", i == 0 ? word : ", ",
		    text_of(json_object_array_get_idx(list, i), key));
}

static json_object *
render(struct sim *sim, const struct world_msg *m)
{
	json_object *o = world_render_msg(sim->world, m);

	world_mark_show(sim->world, m->id, WORLD_BOT, o);
	act_poll_show(sim->world, m, WORLD_BOT, o);
	return o;
}

/* One line of a message, or its row. */
static void
say_message(struct sim *sim, const struct world_msg *m, bool json,
    struct sbuf *out)
{
	json_object *o = render(sim, m);
	json_object *embeds = jso_get(o, "embeds");

	if (json) {
		answer_row(out);
		sbuf_str(out, jso_text(o));
		json_object_put(o);
		return;
	}
	sbuf_fmt(out, "%" PRIu64 "  %s  ", m->id,
	    text_of(jso_get(o, "author"), "username"));
	sbuf_quote(out, text_of(o, "content"));
	if (jso_count(embeds) > 0)
		sbuf_fmt(out, "  embeds %s", jso_text(embeds));
	if (m->hidden)
		sbuf_str(out, "  ephemeral");
	add_names(jso_get(o, "attachments"), "  files ", "filename", out);
	add_components(jso_get(o, "components"), 0, out);
	sbuf_str(out, "\n");
	json_object_put(o);
}

/* ---- messages ---------------------------------------------------------- */

/* The last heard of the channels that were heard last. */
static struct {
	uint64_t channel, message;
} heard[HEARD_MAX];

/* The channel's place, or that of the one that was heard longest ago. */
static size_t
place(uint64_t channel)
{
	size_t oldest = 0;

	for (size_t i = 0; i < HEARD_MAX; i++) {
		if (heard[i].channel == channel)
			return i;
		if (heard[i].message < heard[oldest].message)
			oldest = i;
	}
	return oldest;
}

void
people_heard(uint64_t channel, uint64_t message)
{
	size_t i = place(channel);

	if (heard[i].channel == channel && heard[i].message > message)
		return;
	heard[i].channel = channel;
	heard[i].message = message;
}

static uint64_t
last_heard(uint64_t channel)
{
	size_t i = place(channel);

	return heard[i].channel == channel ? heard[i].message : 0;
}

/* Is the part in some text of the message: content, embeds, components? */
static bool
says(json_object *o, const char *part)
{
	if (json_object_is_type(o, json_type_string))
		return strstr(json_object_get_string(o), part) != NULL;
	for (size_t i = 0; i < jso_count(o); i++)
		if (says(json_object_array_get_idx(o, i), part))
			return true;
	if (!json_object_is_type(o, json_type_object))
		return false;
	json_object_object_foreach (o, key, v) {
		(void)key;
		if (says(v, part))
			return true;
	}
	return false;
}

static bool
says_so(struct sim *sim, const struct world_msg *m, const char *part)
{
	static const char *const in[] = {"content", "embeds", "components"};
	json_object *o;
	bool so = part[0] == '\0';

	if (so)
		return true;
	o = world_render_msg(sim->world, m);
	for (size_t i = 0; i < nitems(in) && !so; i++)
		so = says(jso_get(o, in[i]), part);
	json_object_put(o);
	return so;
}

static bool
is_loading(struct sim *sim, const struct world_msg *m)
{
	json_object *o = world_render_msg(sim->world, m);
	int flags = json_object_get_int(jso_get(o, "flags"));

	json_object_put(o);
	return (flags & LOADING) != 0;
}

/* The oldest that fits; a placeholder is none yet. */
static const struct world_msg *
find_message(struct sim *sim, const struct people_wait *p)
{
	struct world_msg *list[LOOK_MAX];
	size_t n = world_msg_list_all(sim->world, p->channel, 0, list,
	    LOOK_MAX);

	while (n-- > 0) {
		const struct world_msg *m = list[n];

		if (m->id > p->after && who_sees(sim->world, m, p->viewer)
		    && (p->from < 0 || m->user == (unsigned)p->from)
		    && !is_loading(sim, m) && says_so(sim, m, p->says))
			return m;
	}
	return NULL;
}

static bool
judge_message(struct sim *sim, const struct people_wait *p, bool late,
    int *code, struct sbuf *out)
{
	const struct world_msg *m = find_message(sim, p);

	if (m != NULL) {
		say_message(sim, m, p->json, out);
		people_heard(p->channel, m->id);
		*code = EXIT_FINE;
		return true;
	}
	*code = EXIT_WAIT;
	return late;
}

/* ---- answers to interactions ------------------------------------------- */

static const char *const kinds[] = {[MESSAGE] = "message",
    [DEFERRED] = "deferred",
    [DEFERRED_UPDATE] = "deferred update",
    [UPDATE] = "update",
    [CHOICES] = "choices",
    [MODAL] = "modal"};

/* A follow-up of an interaction that is no first answer. */
static const struct world_msg *
follow_up(struct sim *sim, const struct world_interaction *i)
{
	const struct world_msg *m;

	for (uint64_t k = 0;
	     (m = world_msg_recent(sim->world, WORLD_OWN, k)) != NULL; k++) {
		json_object *o;
		const char *of;
		bool is;

		if (m->id < i->id)
			return NULL;
		if (m->gone || m->channel != i->channel || m->id == i->original)
			continue;
		o = world_render_msg(sim->world, m);
		of = jso_get_text(jso_get(o, "interaction_metadata"), "id");
		is = of != NULL && strtoull(of, NULL, 10) == i->id;
		json_object_put(o);
		if (is)
			return m;
	}
	return NULL;
}

/* Its message, when that was edited since. */
static const struct world_msg *
edited(struct sim *sim, const struct world_interaction *i, const char *before)
{
	const struct world_msg *m = world_msg_find(sim->world, i->message);
	json_object *o;
	bool is;

	if (m == NULL)
		return NULL;
	o = world_render_msg(sim->world, m);
	is = strcmp(text_of(o, "edited_timestamp"), before) != 0;
	json_object_put(o);
	return is ? m : NULL;
}

/* The message it was answered with in the end; NULL: not yet. */
static const struct world_msg *
answer_message(struct sim *sim, const struct world_interaction *i,
    const struct people_wait *p)
{
	const struct world_msg *m = world_msg_find(sim->world, i->original);

	if (i->callback == DEFERRED)
		return m != NULL && !is_loading(sim, m) ? m : follow_up(sim, i);
	if (i->callback != DEFERRED_UPDATE)
		return m;
	m = edited(sim, i, p->edited);
	return m != NULL ? m : follow_up(sim, i);
}

static void
tell_json(struct sim *sim, const struct world_interaction *i,
    const struct world_msg *m, struct sbuf *out)
{
	json_object *o = json_object_new_object();

	jso_set_id(o, "interaction", i->id);
	jso_set_int(o, "type", i->callback);
	jso_set_text(o, "kind", kinds[i->callback]);
	if (m != NULL)
		jso_set(o, "message", render(sim, m));
	if (i->callback == MODAL)
		jso_set(o, "modal", json_object_get(i->shown));
	if (i->callback == CHOICES)
		jso_set(o, "choices",
		    json_object_get(jso_get(i->shown, "choices")));
	answer_row(out);
	sbuf_str(out, jso_text(o));
	json_object_put(o);
}

static void
tell_choices(json_object *list, struct sbuf *out)
{
	for (size_t i = 0; i < jso_count(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);

		sbuf_fmt(out, "choice  %s  %s\n", text_of(o, "value"),
		    text_of(o, "name"));
	}
	if (jso_count(list) == 0)
		sbuf_str(out, "no choices\n");
}

static void
tell_text(struct sim *sim, const struct world_interaction *i,
    const struct world_msg *m, struct sbuf *out)
{
	if (i->callback == MODAL) {
		sbuf_fmt(out, "modal  %s  %s", text_of(i->shown, "custom_id"),
		    text_of(i->shown, "title"));
		add_components(jso_get(i->shown, "components"), 0, out);
		sbuf_str(out, "\n");
	} else if (i->callback == CHOICES) {
		tell_choices(jso_get(i->shown, "choices"), out);
	} else if (m != NULL) {
		say_message(sim, m, false, out);
	} else {
		sbuf_fmt(out, "%s\n", kinds[i->callback]);
	}
}

static bool
judge_answer(struct sim *sim, const struct people_wait *p, bool late, int *code,
    struct sbuf *out)
{
	const struct world_interaction *i = world_interaction_find(sim->world,
	    p->interaction);
	const struct world_msg *m;
	bool whole;

	if (i == NULL
	    || (!i->answered
		&& clock_boot_ms() - i->made_ms > WORLD_INTERACTION_MS)) {
		*code = sbuf_say(out, EXIT_DEGRADED,
		    "the bot did not answer within 3 seconds: \"The "
		    "application did not respond\"");
		return true;
	}
	if (!i->answered) {
		*code = EXIT_WAIT;
		return late;
	}
	m = answer_message(sim, i, p);
	whole = m != NULL || i->callback == MODAL || i->callback == CHOICES
	    || i->callback == UPDATE || i->callback == MESSAGE;
	if (!whole && !late)
		return false;
	if (p->json)
		tell_json(sim, i, m, out);
	else
		tell_text(sim, i, m, out);
	if (m != NULL)
		people_heard(m->channel, m->id);
	*code = whole ? EXIT_FINE : EXIT_WAIT;
	return true;
}

bool
people_judge(struct sim *sim, const struct people_wait *p, bool late, int *code,
    struct sbuf *out)
{
	struct sbuf rows = {0};
	bool over = p->interaction != 0
	    ? judge_answer(sim, p, late, code, &rows)
	    : judge_message(sim, p, late, code, &rows);
	bool framed = p->json && *code != EXIT_DEGRADED;

	if (over && framed)
		answer_begin(out, p->verb);
	if (over && rows.len > 0)
		sbuf_add(out, rows.p, rows.len);
	if (over && framed)
		answer_end(out);
	sbuf_free(&rows);
	return over;
}

int
people_made(struct sim *sim, struct words *w, const struct world_interaction *i,
    struct people_wait *p)
{
	const struct world_msg *m;
	json_object *o;

	if (i == NULL)
		return EXIT_DEGRADED;
	if (w->wait_s > 0) {
		if (p == NULL)
			return sbuf_say(w->out, EXIT_USAGE,
			    "--wait can't be used here");
		*p = (struct people_wait) {.seconds = w->wait_s,
		    .interaction = i->id,
		    .json = w->json};
		str_copy(p->verb, w->verb, sizeof(p->verb));
		m = world_msg_find(sim->world, i->message);
		o = m ? world_render_msg(sim->world, m) : NULL;
		str_copy(p->edited, text_of(o, "edited_timestamp"),
		    sizeof(p->edited));
		json_object_put(o);
		return EXIT_FINE;
	}
	o = json_object_new_object();
	jso_set_id(o, "id", i->id);
	words_made_id(w, o);
	return EXIT_FINE;
}

/* ---- the verb ---------------------------------------------------------- */

int
people_await(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct words w;
	struct who who;
	unsigned from;

	if (!words_read(&w, argc, argv, 1, 1, "after from says as wait",
		people_usage("await"), out))
		return EXIT_USAGE;
	if (p == NULL)
		return sbuf_say(out, EXIT_USAGE, "await can't be used here");
	if (!who_where(&who, sim, w.plain[0], w.as, out))
		return EXIT_DEGRADED;
	*p = (struct people_wait) {.channel = who.ch.id,
	    .from = -1,
	    .viewer = who.user,
	    .json = w.json,
	    .after = last_heard(who.ch.id),
	    .seconds = w.wait_s > 0 ? w.wait_s : WORDS_WAIT_S};
	str_copy(p->verb, w.verb, sizeof(p->verb));
	if (w.after != NULL && !str_to_u64(w.after, &p->after))
		return sbuf_say(out, EXIT_USAGE,
		    "--after is a message's id, not %s", w.after);
	if (w.from != NULL) {
		if (!who_named(sim, who.g, w.from, &from, out))
			return EXIT_DEGRADED;
		p->from = from;
	}
	if (w.says != NULL
	    && str_copy(p->says, w.says, sizeof(p->says)) >= sizeof(p->says))
		return sbuf_say(out, EXIT_USAGE, "--says is too long");
	return EXIT_FINE;
}

int
people_said(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct world_msg *list[LOOK_MAX];
	uint64_t n = SAID;
	struct words w;
	struct who who;
	size_t seen = 0, all;

	if (!words_read(&w, argc, argv, 1, 2, "as", people_usage("said"), out))
		return EXIT_USAGE;
	if (w.n > 1 && (!str_to_u64(w.plain[1], &n) || n == 0 || n > LOOK_MAX))
		return sbuf_say(out, EXIT_USAGE,
		    "expected a number of messages from 1 to %d, got %s",
		    LOOK_MAX, w.plain[1]);
	if (!who_where(&who, sim, w.plain[0], w.as, out))
		return EXIT_DEGRADED;
	all = world_msg_list_all(sim->world, who.ch.id, 0, list, LOOK_MAX);
	for (size_t i = 0; i < all && seen < n; i++)
		if (who_sees(sim->world, list[i], who.user))
			list[seen++] = list[i];
	if (w.json)
		answer_begin(out, w.verb);
	while (seen-- > 0)
		say_message(sim, list[seen], w.json, out);
	if (w.json)
		answer_end(out);
	return EXIT_FINE;
}
