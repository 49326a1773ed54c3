/* SPDX-License-Identifier: MIT */
/* What persons say: new messages, changed and deleted ones, typing. */
#include "tools/sim/people/people.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/book/pings.h"
#include "tools/sim/act/act_thread.h"
#include "tools/sim/people/files.h"
#include "tools/sim/people/people_impl.h"
#include "tools/sim/people/who.h"
#include "tools/sim/rest/rest_file.h"
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/world/perm.h"
#include "tools/sim/world/user.h"

#include "shared/base/clock.h"

#include <ctype.h>
#include <string.h>

#define CONTENT_MAX 2000 /* characters */
#define MENTIONS_MAX 100
#define NAME_CHARS                                                             \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

enum { TYPE_PLAIN = 0, TYPE_REPLY = 19 };

/* ---- mentions ---------------------------------------------------------- */

struct mentioned {
	json_object *users, *roles;
	bool everyone;
};

static bool
has_id(json_object *list, const char *id)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);
		const char *has = json_object_is_type(o, json_type_object)
		    ? jso_get_text(o, "id")
		    : json_object_get_string(o);

		if (strcmp(has, id) == 0)
			return true;
	}
	return false;
}

static void
mention_user(struct who *who, struct mentioned *m, unsigned user)
{
	json_object *o = world_render_user(who->w, user);

	if (json_object_array_length(m->users) < MENTIONS_MAX
	    && !has_id(m->users, jso_get_text(o, "id")))
		json_object_array_add(m->users, o);
	else
		json_object_put(o);
}

static void
mention_role(struct who *who, struct mentioned *m, const char *id)
{
	json_object *role = who->g ? guild_get_key(who->g, GUILD_ROLES, id)
				   : NULL;

	if (role == NULL || has_id(m->roles, id))
		return;
	if (json_object_get_boolean(jso_get(role, "mentionable"))
	    || (perm_channel(who->w, &who->ch, who->user)
		& PERM_MENTION_EVERYONE))
		json_object_array_add(m->roles, json_object_new_string(id));
}

/* "@name" of n bytes becomes what Discord's own client makes of it; false: it
 * is nobody's name. */
static bool
add_named(struct who *who, const char *name, size_t n, struct sbuf *out)
{
	char word[128];
	int64_t user;

	if (n == 0 || !str_format(word, sizeof(word), "%.*s", (int)n, name))
		return false;
	user = user_named(who->w, word);
	if (user >= 0) {
		sbuf_fmt(out, "<@%" PRIu64 ">",
		    user_id(who->w, (unsigned)user));
		return true;
	}
	if (who->g == NULL)
		return false;
	json_object_object_foreach (guild_docs(who->g, GUILD_ROLES), id, role) {
		if (strcasecmp(jso_get_text(role, "name"), word) == 0) {
			sbuf_fmt(out, "<@&%s>", id);
			return true;
		}
	}
	return false;
}

/* The text with its names as mentions. */
static void
with_mentions(struct who *who, const char *text, struct sbuf *out)
{
	while (*text != '\0') {
		size_t plain = strcspn(text, "@"), n;
		bool begins = plain == 0
		    || !isalnum((unsigned char)text[plain - 1]);

		begins = begins && (plain == 0 || text[plain - 1] != '<');
		sbuf_add(out, text, plain);
		text += plain;
		if (*text == '\0')
			return;
		n = strspn(text + 1, NAME_CHARS);
		while (n > 0 && text[n] == '.')
			n--;
		if (begins && add_named(who, text + 1, n, out)) {
			text += n + 1;
		} else {
			sbuf_add(out, text, 1);
			text++;
		}
	}
}

static void
find_mentions(struct who *who, const char *content, struct mentioned *m)
{
	bool all = perm_channel(who->w, &who->ch, who->user)
	    & PERM_MENTION_EVERYONE;
	char id[24];

	*m = (struct mentioned) {.users = json_object_new_array(),
	    .roles = json_object_new_array()};
	m->everyone = all && who->g != NULL
	    && (strstr(content, "@everyone") || strstr(content, "@here"));
	for (const char *s = content; (s = strstr(s, "<@")) != NULL; s += 2) {
		bool role = s[2] == '&';
		const char *digits = s + 2 + (role || s[2] == '!');
		size_t n = strspn(digits, "0123456789");
		int64_t user;

		if (digits[n] != '>'
		    || !str_format(id, sizeof(id), "%.*s", (int)n, digits))
			continue;
		user = role ? -1 : user_find(who->w, strtoull(id, NULL, 10));
		if (role)
			mention_role(who, m, id);
		else if (user >= 0)
			mention_user(who, m, (unsigned)user);
	}
}

static void
set_mentions(json_object *o, const struct mentioned *m)
{
	jso_set(o, "mentions", m->users);
	jso_set(o, "mention_roles", m->roles);
	jso_set_bool(o, "mention_everyone", m->everyone);
}

/* ---- the message ------------------------------------------------------- */

static bool
right_text(const char *text, bool maybe_empty, struct sbuf *why)
{
	bool blank = text[strspn(text, " \t\r\n")] == '\0';

	if (blank && !maybe_empty) {
		sbuf_str(why, "a message is not empty");
		return false;
	}
	if (rest_form_chars(text) <= CONTENT_MAX)
		return true;
	sbuf_fmt(why, "a message has up to %d characters", CONTENT_MAX);
	return false;
}

json_object *
people_message(struct who *who, uint64_t id, const char *content)
{
	json_object *m = json_object_new_object();

	jso_set_int(m, "type", TYPE_PLAIN);
	jso_set_bool(m, "tts", false);
	jso_set_text(m, "timestamp", world_render_now(who->w));
	jso_set_bool(m, "pinned", false);
	jso_set_id(m, "id", id);
	jso_set_int(m, "flags", 0);
	jso_set(m, "embeds", json_object_new_array());
	jso_set(m, "edited_timestamp", NULL);
	jso_set_text(m, "content", content);
	jso_set(m, "components", json_object_new_array());
	jso_set_id(m, "channel_id", who->ch.id);
	jso_set(m, "author", world_render_user(who->w, who->user));
	return m;
}

/* An answer mentions whom it answers. */
static void
set_reply(struct who *who, json_object *m, struct mentioned *at,
    const struct world_msg *to)
{
	json_object *ref = json_object_new_object();
	json_object *old = world_render_msg(who->w, to);

	jso_set_int(ref, "type", 0);
	jso_set_id(ref, "message_id", to->id);
	jso_set_id(ref, "channel_id", to->channel);
	if (who->g != NULL)
		jso_set_id(ref, "guild_id", guild_id(who->g));
	json_object_object_del(old, "referenced_message");
	jso_set(m, "message_reference", ref);
	jso_set(m, "referenced_message", old);
	jso_set_int(m, "type", TYPE_REPLY);
	mention_user(who, at, to->user);
}

/* Tells of one as a gateway event; m gets what REST leaves out.  False: nobody
 * heard. */
static bool
announce(struct who *who, const char *t, json_object *m)
{
	jso_set_int(m, "channel_type", who->ch.type);
	if (who->g != NULL)
		jso_set(m, "member",
		    world_render_member(who->w, guild_index(who->g), who->user,
			false));
	return who_tell(who->sim, who->g, &who->ch, t, m);
}

void
people_post(struct who *who, json_object *m, uint64_t id, const char *content)
{
	struct world_msg wm = {.id = id,
	    .channel = who->ch.id,
	    .guild = who->ch.guild,
	    .user = who->user,
	    .ping = strncmp(content, "!ping", 5) == 0};
	json_object *event = NULL;

	wm.json = base_strdup(jso_text(m));
	world_msg_add(who->w, WORLD_PING, &wm);
	people_heard(wm.channel, id);
	if (world_channel_said(who->w, &who->ch, id)) {
		struct act act = people_act(who);

		act_thread_changed(&act, &who->ch);
	}
	must(json_object_deep_copy(m, &event, NULL) == 0);
	jso_set_id(event, "nonce", id + 1);
	if (announce(who, "MESSAGE_CREATE", event) && wm.ping)
		pings_sent(who->sim, id);
	json_object_put(event);
}

/* The words of a text, as if they had been one. */
static void
join_words(struct words *w, int first, struct sbuf *out)
{
	for (int i = first; i < w->n; i++)
		sbuf_fmt(out, "%s%s", i > first ? " " : "", w->plain[i]);
	if (out->p == NULL)
		sbuf_str(out, "");
}

/* The message that is answered; false: it can't be. */
static bool
find_reply(struct who *who, struct words *w, struct world_msg **to)
{
	struct who there;

	*to = NULL;
	if (w->reply == NULL)
		return true;
	if (strcmp(w->reply, "last") == 0) {
		struct world_msg *list[100];
		size_t n = world_msg_list(who->w, who->ch.id, 0, 0, list, 100);

		for (size_t i = 0; i < n && *to == NULL; i++)
			if (user_bot_number(who->w, list[i]->user) >= 0)
				*to = list[i];
		if (*to == NULL)
			sbuf_str(who->why, "the bot has said nothing there");
	} else {
		*to = who_message(&there, who->sim, w->reply, NULL,
		    who_name(who->w, who->user), WHO_BOTS, who->why);
	}
	if (*to == NULL)
		return false;
	if ((*to)->channel == who->ch.id && !(*to)->hidden)
		return who_may(who, PERM_READ_MESSAGE_HISTORY);
	sbuf_str(who->why, "that message is not of this channel");
	return false;
}

static bool
may_say(struct who *who, bool files)
{
	uint64_t bits = world_channel_is_thread(&who->ch)
	    ? PERM_SEND_MESSAGES_IN_THREADS
	    : PERM_SEND_MESSAGES;

	if (!world_channel_is_text(&who->ch)) {
		sbuf_fmt(who->why, "nobody can talk in %s", who->ch.name);
		return false;
	}
	return who_may(who, bits | (files ? PERM_ATTACH_FILES : 0));
}

static int
say(struct who *who, struct words *w, int first)
{
	struct sbuf typed = {0}, text = {0};
	struct world_msg *to;
	json_object *m, *files;
	struct mentioned at;
	uint64_t id;

	join_words(w, first, &typed);
	sbuf_str(&text, "");
	with_mentions(who, typed.p, &text);
	sbuf_free(&typed);
	if (!right_text(text.p, w->files > 0, w->out)
	    || !may_say(who, w->files > 0) || !find_reply(who, w, &to)
	    || (files = files_attach(who->sim, w, who->ch.id, false)) == NULL) {
		sbuf_free(&text);
		return EXIT_DEGRADED;
	}
	id = world_snowflake(who->w);
	m = people_message(who, id, text.p);
	find_mentions(who, text.p, &at);
	if (to != NULL)
		set_reply(who, m, &at, to);
	set_mentions(m, &at);
	jso_set(m, "attachments", files);
	people_post(who, m, id, text.p);
	sbuf_free(&text);
	words_made_id(w, m);
	return EXIT_FINE;
}

int
people_say(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct words w;
	struct who who;

	if (!words_read(&w, argc, argv, 1, WORDS_MAX, "as reply file",
		people_usage("say"), out)
	    || (w.n == 1 && w.files == 0 && sbuf_say(out, 1, "say what?")))
		return EXIT_USAGE;
	if (!who_where(&who, sim, w.plain[0], w.as, out))
		return EXIT_DEGRADED;
	return say(&who, &w, 1);
}

int
people_dm(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct words w;
	struct who who;

	if (!words_read(&w, argc, argv, 1, WORDS_MAX, "as reply file",
		people_usage("dm"), out))
		return EXIT_USAGE;
	if (!who_where(&who, sim, "dm", w.as, out))
		return EXIT_DEGRADED;
	return say(&who, &w, 0);
}

int
people_edit(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct sbuf typed = {0}, text = {0};
	struct mentioned at;
	struct world_msg *wm;
	struct words w;
	struct who who;
	json_object *m;

	if (!words_read(&w, argc, argv, 2, WORDS_MAX, "as in",
		people_usage("edit"), out))
		return EXIT_USAGE;
	wm = who_message(&who, sim, w.plain[0], w.in, w.as, WHO_OWN, out);
	if (wm == NULL)
		return EXIT_DEGRADED;
	if (w.as == NULL && user_bot_number(who.w, wm->user) < 0)
		who.user = wm->user;
	if (wm->user != who.user)
		return sbuf_say(out, EXIT_DEGRADED,
		    "%s did not write that message",
		    who_name(sim->world, who.user));
	join_words(&w, 1, &typed);
	sbuf_str(&text, "");
	with_mentions(&who, typed.p, &text);
	sbuf_free(&typed);
	if (!right_text(text.p, false, out)) {
		sbuf_free(&text);
		return EXIT_DEGRADED;
	}
	m = world_render_msg(sim->world, wm);
	jso_set_text(m, "content", text.p);
	jso_set_text(m, "edited_timestamp", world_render_now(sim->world));
	find_mentions(&who, text.p, &at);
	set_mentions(m, &at);
	world_msg_set(wm, base_strdup(jso_text(m)));
	sbuf_free(&text);
	(void)announce(&who, "MESSAGE_UPDATE", m);
	words_made_id(&w, m);
	return EXIT_FINE;
}

static void
drop_files(struct sim *sim, struct world_msg *wm)
{
	json_object *m = world_render_msg(sim->world, wm);
	json_object *list = jso_get(m, "attachments");

	for (size_t i = 0; i < json_object_array_length(list); i++)
		rest_file_drop(sim->rest,
		    jso_get_text(json_object_array_get_idx(list, i), "id"));
	json_object_put(m);
}

/* Their own, or, as a moderator, anybody's; ephemeral ones are dismissed, of
 * which bots hear nothing. */
int
people_delete(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct world_msg *wm;
	struct words w;
	struct who who;
	json_object *d;

	if (!words_read(&w, argc, argv, 1, 1, "as in", people_usage("delete"),
		out))
		return EXIT_USAGE;
	wm = who_message(&who, sim, w.plain[0], w.in, w.as, WHO_OWN, out);
	if (wm == NULL
	    || (wm->user != who.user && !wm->hidden
		&& (who.g == NULL || !who_may(&who, PERM_MANAGE_MESSAGES)))) {
		if (out->len == 0)
			sbuf_str(out, "in a DM everybody deletes their own");
		return EXIT_DEGRADED;
	}
	d = json_object_new_object();
	jso_set_id(d, "id", wm->id);
	jso_set_id(d, "channel_id", wm->channel);
	drop_files(sim, wm);
	if (!wm->hidden)
		(void)who_tell(sim, who.g, &who.ch, "MESSAGE_DELETE", d);
	if (!wm->hidden)
		world_channel_unsaid(sim->world, &who.ch);
	world_msg_drop(wm);
	words_made_id(&w, d);
	return EXIT_FINE;
}

int
people_typing(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct words w;
	struct who who;
	json_object *d;

	if (!words_read(&w, argc, argv, 1, 1, "as", people_usage("typing"),
		out))
		return EXIT_USAGE;
	if (!who_where(&who, sim, w.plain[0], w.as, out)
	    || !may_say(&who, false))
		return EXIT_DEGRADED;
	d = json_object_new_object();
	jso_set_id(d, "user_id", user_id(sim->world, who.user));
	jso_set_id(d, "channel_id", who.ch.id);
	jso_set_int(d, "timestamp", clock_wall_ms() / 1000);
	if (who.g != NULL)
		jso_set(d, "member", guild_member(who.g, who.user));
	(void)who_tell(sim, who.g, &who.ch, "TYPING_START", d);
	words_made(&w, d, "typing");
	return EXIT_FINE;
}
