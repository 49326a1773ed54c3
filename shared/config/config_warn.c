/* SPDX-License-Identifier: MIT */
/*
 * What a config may say and hardly ever means.  Nothing here is an error: an
 * event may be newer than this list, and messages may be wanted without their
 * content.
 */
#include "shared/config/config_perms.h"
#include "shared/config/config_keys.h"

#include "shared/process/confine.h"
#include "shared/process/executable.h"
#include "shared/base/text.h"

#include <pwd.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define EVENT_NAME_MAX 64

/* discord-protocol.md section 6.3 */
static const char *const event_name[] = {
    "APPLICATION_COMMAND_PERMISSIONS_UPDATE",
    "AUTO_MODERATION_ACTION_EXECUTION",
    "AUTO_MODERATION_RULE_CREATE",
    "AUTO_MODERATION_RULE_DELETE",
    "AUTO_MODERATION_RULE_UPDATE",
    "CHANNEL_CREATE",
    "CHANNEL_DELETE",
    "CHANNEL_INFO",
    "CHANNEL_PINS_UPDATE",
    "CHANNEL_UPDATE",
    "ENTITLEMENT_CREATE",
    "ENTITLEMENT_DELETE",
    "ENTITLEMENT_UPDATE",
    "GUILD_AUDIT_LOG_ENTRY_CREATE",
    "GUILD_BAN_ADD",
    "GUILD_BAN_REMOVE",
    "GUILD_CREATE",
    "GUILD_DELETE",
    "GUILD_EMOJIS_UPDATE",
    "GUILD_INTEGRATIONS_UPDATE",
    "GUILD_MEMBERS_CHUNK",
    "GUILD_MEMBER_ADD",
    "GUILD_MEMBER_REMOVE",
    "GUILD_MEMBER_UPDATE",
    "GUILD_ROLE_CREATE",
    "GUILD_ROLE_DELETE",
    "GUILD_ROLE_UPDATE",
    "GUILD_SCHEDULED_EVENT_CREATE",
    "GUILD_SCHEDULED_EVENT_DELETE",
    "GUILD_SCHEDULED_EVENT_UPDATE",
    "GUILD_SCHEDULED_EVENT_USER_ADD",
    "GUILD_SCHEDULED_EVENT_USER_REMOVE",
    "GUILD_SOUNDBOARD_SOUNDS_UPDATE",
    "GUILD_SOUNDBOARD_SOUND_CREATE",
    "GUILD_SOUNDBOARD_SOUND_DELETE",
    "GUILD_SOUNDBOARD_SOUND_UPDATE",
    "GUILD_STICKERS_UPDATE",
    "GUILD_UPDATE",
    "INTEGRATION_CREATE",
    "INTEGRATION_DELETE",
    "INTEGRATION_UPDATE",
    "INTERACTION_CREATE",
    "INVITE_CREATE",
    "INVITE_DELETE",
    "MESSAGE_CREATE",
    "MESSAGE_DELETE",
    "MESSAGE_DELETE_BULK",
    "MESSAGE_POLL_VOTE_ADD",
    "MESSAGE_POLL_VOTE_REMOVE",
    "MESSAGE_REACTION_ADD",
    "MESSAGE_REACTION_REMOVE",
    "MESSAGE_REACTION_REMOVE_ALL",
    "MESSAGE_REACTION_REMOVE_EMOJI",
    "MESSAGE_UPDATE",
    "PRESENCE_UPDATE",
    "RATE_LIMITED",
    "READY",
    "RESUMED",
    "SOUNDBOARD_SOUNDS",
    "STAGE_INSTANCE_CREATE",
    "STAGE_INSTANCE_DELETE",
    "STAGE_INSTANCE_UPDATE",
    "SUBSCRIPTION_CREATE",
    "SUBSCRIPTION_DELETE",
    "SUBSCRIPTION_UPDATE",
    "THREAD_CREATE",
    "THREAD_DELETE",
    "THREAD_LIST_SYNC",
    "THREAD_MEMBERS_UPDATE",
    "THREAD_MEMBER_UPDATE",
    "THREAD_UPDATE",
    "TYPING_START",
    "USER_UPDATE",
    "VOICE_CHANNEL_EFFECT_SEND",
    "VOICE_CHANNEL_START_TIME_UPDATE",
    "VOICE_CHANNEL_STATUS_UPDATE",
    "VOICE_SERVER_UPDATE",
    "VOICE_STATE_UPDATE",
    "WEBHOOKS_UPDATE",
};

struct warn {
	const struct config *config;
	config_problem_fn *fn;
	void *arg;
};

static void warn(struct warn *, int line, const char *fmt, ...)
    printflike(3, 4);

static void
warn(struct warn *w, int line, const char *fmt, ...)
{
	char text[512], out[CONFIG_PATH_MAX + 600], at[16] = "";
	va_list ap;

	va_start(ap, fmt);
	text_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (line > 0)
		str_format(at, sizeof(at), ":%d", line);
	str_format(out, sizeof(out), "%s%s: %s", w->config->path, at, text);
	w->fn(out, w->arg);
}

static bool
is_known(const char *name)
{
	for (size_t i = 0; i < nitems(event_name); i++)
		if (strcmp(event_name[i], name) == 0)
			return true;
	return false;
}

static void
warn_event(struct warn *w, const struct config_plugin *p, const char *name)
{
	const char *near = config_nearest(name, event_name, nitems(event_name));

	if (near != NULL)
		warn(w, p->line,
		    "[plugin \"%s\"] events: %s is no event known to this "
		    "version; did you mean %s?",
		    p->name, name, near);
	else
		warn(w, p->line,
		    "[plugin \"%s\"] events: %s is no event known to this "
		    "version; the plugin gets it if Discord sends it",
		    p->name, name);
}

static void
warn_events(struct warn *w, const struct config_plugin *p)
{
	char name[EVENT_NAME_MAX + 1];
	const char *s = p->events;
	size_t n;

	for (; *(s += strspn(s, ", \t*")) != '\0'; s += n) {
		n = strcspn(s, ", \t");
		str_format(name, sizeof(name), "%.*s", (int)n, s);
		if (!is_known(name))
			warn_event(w, p, name);
	}
}

static bool
intends(const struct config *c, const char *name)
{
	for (unsigned b = 0; b < 64; b++) {
		const char *one = config_intent_name(b);

		if (one != NULL && strcmp(one, name) == 0)
			return (c->intents >> b & 1) != 0;
	}
	return false;
}

static void
warn_prefix(struct warn *w)
{
	const struct config *c = w->config;

	if (c->prefix[0] == '\0')
		return;
	if (!intends(c, "GUILD_MESSAGES") && !intends(c, "DIRECT_MESSAGES"))
		warn(w, 0,
		    "[handler] prefix: [bot] intents has neither "
		    "GUILD_MESSAGES nor DIRECT_MESSAGES, so no message can be "
		    "a command");
	else if (strcmp(c->prefix, "@") != 0 && !intends(c, "MESSAGE_CONTENT"))
		warn(w, 0,
		    "[handler] prefix: without MESSAGE_CONTENT in [bot] "
		    "intents Discord sends no text of messages in guilds: %s "
		    "works in direct messages only, there it takes a mention "
		    "of the bot",
		    c->prefix);
}

/* A command line's program; line 0: one that only has its key. */
static void
warn_program(struct warn *w, int line, const char *key, const char *exec)
{
	char why[300];
	struct err e;
	int argc;
	char **argv = config_split(exec, &argc, &e);

	if (argv != NULL && argc > 0
	    && executable_fault(argv[0], why, sizeof(why)))
		warn(w, line, "%s: %s can't be run: %s", key, argv[0], why);
	free(argv);
}

static void
warn_plugin_program(struct warn *w, const struct config_plugin *p)
{
	char key[sizeof(p->name) + 32];

	str_format(key, sizeof(key), "[plugin \"%s\"] exec", p->name);
	warn_program(w, p->line, key, p->exec);
}

/* Does it run as we do?  Root's go by the owner of the program, see child.h. */
static bool
is_own_user(const struct config_plugin *p)
{
	const struct passwd *pw;

	if (p->user == NULL || p->user[0] == '\0')
		return true;
	pw = getpwnam(p->user);
	return pw != NULL && pw->pw_uid == geteuid();
}

/* The promise that plugins never hold the token, where it does not hold. */
static void
warn_confined(struct warn *w)
{
	const struct config *c = w->config;
	const char *first = NULL;

	for (size_t i = 0; i < c->plugins; i++) {
		const struct config_plugin *p = &c->plugin[i];

		if (!is_own_user(p))
			continue;
		if (!p->sandbox)
			warn(w, p->line,
			    "[plugin \"%s\"] sandbox is off: the plugin can "
			    "read the token and command the fleet",
			    p->name);
		else if (first == NULL)
			first = p->name;
	}
	if (first != NULL && (confine_probe() & CONFINE_FILES) == 0)
		warn(w, 0,
		    "plugins that run as user %d, like %s, can read the token "
		    "file and command the fleet: this system lets us hide "
		    "nothing from them (no mount or user namespaces%s). Give "
		    "them a user of their own, which takes root",
		    (int)geteuid(), first,
		    confine_probe() & CONFINE_PROCESSES
			? ""
			: ", no Landlock either");
}

void
config_warn(const struct config *c, config_problem_fn *fn, void *arg)
{
	struct warn w = {.config = c, .fn = fn, .arg = arg};

	warn_prefix(&w);
	warn_confined(&w);
	if (c->alert_exec[0] != '\0')
		warn_program(&w, 0, "[alerts] exec", c->alert_exec);
	for (size_t i = 0; i < c->plugins; i++) {
		warn_events(&w, &c->plugin[i]);
		warn_plugin_program(&w, &c->plugin[i]);
	}
	config_perms_warn(c, fn, arg);
}
