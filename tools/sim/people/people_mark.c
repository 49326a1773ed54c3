/* SPDX-License-Identifier: MIT */
/* What persons put on messages: reactions, votes, pins. */
#include "tools/sim/people/people.h"

#include "tools/sim/act/act_poll.h"
#include "tools/sim/act/act_react.h"
#include "tools/sim/base/jso.h"
#include "tools/sim/people/near.h"
#include "tools/sim/people/people_impl.h"
#include "tools/sim/world/perm.h"
#include "tools/sim/world/user.h"

#include <string.h>

#define TYPE_PINNED 6 /* of the message that tells of a pin */

/* ---- reactions --------------------------------------------------------- */

/* The emoji as in a path: Unicode, "name:id", or a name of the guild's; false
 * with why. */
static bool
find_emoji(struct who *who, const char *word, char out[WORLD_EMOJI_MAX])
{
	size_t n = strspn(word, "<:");
	struct near near = {0};
	char name[WORLD_EMOJI_MAX];

	if (world_mark_emoji_ok(word) && n == 0) {
		str_copy(out, word, WORLD_EMOJI_MAX);
		return true;
	}
	(void)str_format(name, sizeof(name), "%.*s",
	    (int)strcspn(word + n, ":>"), word + n);
	if (who->g != NULL) {
		json_object_object_foreach (guild_docs(who->g, GUILD_EMOJIS),
		    id, doc) {
			const char *has = jso_get_text(doc, "name");

			if (strcmp(has, name) == 0)
				return str_format(out, WORLD_EMOJI_MAX, "%s:%s",
				    has, id);
			near_offer(&near, has);
		}
	}
	sbuf_fmt(who->why,
	    "there is no emoji %s in the guild; one of Unicode "
	    "is given itself",
	    word);
	near_say(&near, name, who->why);
	return false;
}

int
people_react(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct world_msg *wm;
	struct words w;
	struct who who;
	char emoji[WORLD_EMOJI_MAX];
	enum world_marked done = WORLD_MARKED_NEW;
	json_object *o;

	if (!words_read(&w, argc, argv, 2, 2, "as in remove",
		people_usage("react"), out))
		return EXIT_USAGE;
	wm = who_message(&who, sim, w.plain[0], w.in, w.as, WHO_BOTS, out);
	if (wm == NULL || !find_emoji(&who, w.plain[1], emoji)
	    || !who_may(&who, PERM_READ_MESSAGE_HISTORY))
		return EXIT_DEGRADED;
	if (wm->hidden)
		return sbuf_say(out, EXIT_DEGRADED,
		    "nobody reacts to an ephemeral message");
	if (w.remove && !act_react_take(sim, wm, who.user, emoji, false))
		return sbuf_say(out, EXIT_DEGRADED, "%s has not reacted so",
		    who_name(sim->world, who.user));
	if (!w.remove && !world_mark_reacted(sim->world, wm->id, emoji)
	    && !who_may(&who, PERM_ADD_REACTIONS))
		return EXIT_DEGRADED;
	if (!w.remove)
		done = act_react_put(sim, wm, who.user, emoji, false);
	if (done != WORLD_MARKED_NEW)
		return sbuf_say(out, EXIT_DEGRADED,
		    done == WORLD_MARKED_FULL
			? "that message takes no more reactions"
			: "they have reacted so already");
	o = json_object_new_object();
	jso_set_id(o, "id", wm->id);
	jso_set(o, "emoji", world_mark_emoji(sim->world, emoji));
	words_made_id(&w, o);
	return EXIT_FINE;
}

/* ---- votes ------------------------------------------------------------- */

/* The answer's id by its number or text; 0 with why. */
static unsigned
find_answer(struct who *who, const struct world_msg *wm, const char *word)
{
	json_object *m = world_render_msg(who->w, wm);
	json_object *answers = jso_get(jso_get(m, "poll"), "answers");
	struct near near = {0};
	unsigned found = 0;
	size_t n = answers ? json_object_array_length(answers) : 0;

	for (size_t i = 0; i < n; i++) {
		json_object *o = json_object_array_get_idx(answers, i);
		const char *text = jso_get_text(jso_get(o, "poll_media"),
		    "text");
		const char *id = jso_get_text(o, "answer_id");

		if (strcmp(id, word) == 0
		    || (text != NULL && strcasecmp(text, word) == 0))
			found = (unsigned)json_object_get_int(
			    jso_get(o, "answer_id"));
		near_offer(&near, text);
	}
	if (found == 0) {
		sbuf_str(who->why,
		    n > 0 ? "that poll has no such answer" : "that is no poll");
		near_say(&near, word, who->why);
	}
	json_object_put(m);
	return found;
}

int
people_vote(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct world_msg *wm;
	struct words w;
	struct who who;
	const char *fault;
	unsigned answer;
	json_object *o;

	if (!words_read(&w, argc, argv, 2, 2, "as in remove",
		people_usage("vote"), out))
		return EXIT_USAGE;
	wm = who_message(&who, sim, w.plain[0], w.in, w.as, WHO_BOTS, out);
	if (wm == NULL || (answer = find_answer(&who, wm, w.plain[1])) == 0)
		return EXIT_DEGRADED;
	fault = act_poll_vote(sim, wm, who.user, answer, !w.remove);
	if (fault != NULL)
		return sbuf_say(out, EXIT_DEGRADED, "%s", fault);
	o = json_object_new_object();
	jso_set_id(o, "id", wm->id);
	jso_set_int(o, "answer_id", answer);
	words_made_id(&w, o);
	return EXIT_FINE;
}

/* ---- pins -------------------------------------------------------------- */

static void
tell_pins(struct who *who)
{
	json_object *pins = world_mark_pins(who->w, who->ch.id), *last = NULL;
	json_object *o = json_object_new_object();

	if (pins != NULL) {
		json_object_object_foreach (pins, id, when) {
			(void)id;
			last = when;
		}
	}
	if (who->ch.doc != NULL) {
		guild_change(who->g);
		jso_set(who->ch.doc, "last_pin_timestamp",
		    json_object_get(last));
	}
	jso_set_id(o, "channel_id", who->ch.id);
	jso_set(o, "last_pin_timestamp", json_object_get(last));
	(void)who_tell(who->sim, who->g, &who->ch, "CHANNEL_PINS_UPDATE", o);
	json_object_put(o);
}

static void
set_pinned(struct who *who, struct world_msg *wm, bool pinned)
{
	json_object *m = world_render_msg(who->w, wm);

	jso_set_bool(m, "pinned", pinned);
	world_msg_set(wm, base_strdup(jso_text(m)));
	jso_set_int(m, "channel_type", who->ch.type);
	if (who->g != NULL)
		jso_set(m, "member",
		    world_render_member(who->w, guild_index(who->g), wm->user,
			false));
	(void)who_tell(who->sim, who->g, &who->ch, "MESSAGE_UPDATE", m);
	json_object_put(m);
}

static void
audit(struct who *who, const struct world_msg *wm, int type)
{
	json_object *options = json_object_new_object();
	struct act act = people_act(who);

	jso_set_id(options, "channel_id", wm->channel);
	jso_set_id(options, "message_id", wm->id);
	act_audit(&act, type, user_id(who->w, wm->user), NULL, options);
}

/* Discord itself says who pinned what. */
static void
say_pinned(struct who *who, const struct world_msg *wm)
{
	uint64_t id = world_snowflake(who->w);
	json_object *m = people_message(who, id, "");
	json_object *ref = json_object_new_object();

	jso_set_int(ref, "type", 0);
	jso_set_id(ref, "message_id", wm->id);
	jso_set_id(ref, "channel_id", wm->channel);
	if (who->g != NULL)
		jso_set_id(ref, "guild_id", guild_id(who->g));
	jso_set_int(m, "type", TYPE_PINNED);
	jso_set(m, "message_reference", ref);
	jso_set(m, "mentions", json_object_new_array());
	jso_set(m, "mention_roles", json_object_new_array());
	jso_set_bool(m, "mention_everyone", false);
	jso_set(m, "attachments", json_object_new_array());
	people_post(who, m, id, "");
	json_object_put(m);
}

static int
pin(struct sim *sim, int argc, char **argv, bool add, struct sbuf *out)
{
	enum world_marked done = WORLD_MARKED_NEW;
	struct world_msg *wm;
	struct words w;
	struct who who;
	json_object *o;

	if (!words_read(&w, argc, argv, 1, 1, "as in", people_usage(argv[0]),
		out))
		return EXIT_USAGE;
	wm = who_message(&who, sim, w.plain[0], w.in, w.as, WHO_BOTS, out);
	if (wm == NULL || !who_may(&who, PERM_PIN_MESSAGES))
		return EXIT_DEGRADED;
	if (wm->hidden)
		return sbuf_say(out, EXIT_DEGRADED,
		    "nobody pins an ephemeral message");
	if (add)
		done = world_mark_pin(sim->world, who.ch.id, wm->id);
	else if (!world_mark_unpin(sim->world, who.ch.id, wm->id))
		return sbuf_say(out, EXIT_DEGRADED, "that is not pinned");
	if (done != WORLD_MARKED_NEW)
		return sbuf_say(out, EXIT_DEGRADED,
		    done == WORLD_MARKED_FULL
			? "that channel has as many pins as it can have"
			: "that is pinned already");
	set_pinned(&who, wm, add);
	tell_pins(&who);
	if (who.g != NULL)
		audit(&who, wm, add ? ACT_MESSAGE_PIN : ACT_MESSAGE_UNPIN);
	if (add)
		say_pinned(&who, wm);
	o = json_object_new_object();
	jso_set_id(o, "id", wm->id);
	words_made_id(&w, o);
	return EXIT_FINE;
}

int
people_pin(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	return pin(sim, argc, argv, true, out);
}

int
people_unpin(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	return pin(sim, argc, argv, false, out);
}
