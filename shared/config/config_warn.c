/* SPDX-License-Identifier: MIT */
/*
 * What two values of a config must not say together, and what one may say and
 * hardly ever means.  Of that nothing is an error: an event may be newer than
 * this list, and messages may be wanted without their content.
 */
#include "shared/config/config_parsing.h"

#include "shared/config/config_keys.h"
#include "shared/config/config_perms.h"
#include "shared/config/config_ranges.h"
#include "shared/config/config_view.h"

#include "shared/process/confine.h"
#include "shared/process/executable.h"
#include "shared/base/text.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define EVENT_NAME_MAX 64
#define SOCKET_PATH_MAX 107 /* sun_path of a Unix socket */

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

/* ---- what two values must not say together -------------------------- */

static void
check_paths(struct config_parsing *p)
{
	const struct config *c = p->config;
	char seen[CONFIG_PATH_MAX];

	if (strcmp(c->state_dir, c->run_dir) == 0)
		config_parsing_complain(p,
		    config_parsing_line(p, "paths", "run_dir"),
		    "[paths] run_dir: must not be state_dir (%s): it may be "
		    "emptied at any time",
		    c->state_dir);
	if (strlen(c->run_dir) + strlen("/control.sock") > SOCKET_PATH_MAX)
		config_parsing_complain(p,
		    config_parsing_line(p, "paths", "run_dir"),
		    "[paths] run_dir: too long for a socket in it (%zu bytes, "
		    "at most %zu): %s",
		    strlen(c->run_dir),
		    SOCKET_PATH_MAX - strlen("/control.sock"), c->run_dir);
	if (!p->recall && c->ca_file[0] != '\0'
	    && access(config_view(c->ca_file, seen), R_OK) == -1)
		config_parsing_complain(p,
		    config_parsing_line(p, "gateway", "ca_file"),
		    "[gateway] ca_file: cannot read %s: %s", c->ca_file,
		    strerror(errno));
}

static void
check_numbers(struct config_parsing *p)
{
	const struct config *c = p->config;
	bool discord = strstr(c->api, "://discord.com") != NULL;

	if (c->restart_min_s > c->restart_max_s)
		config_parsing_complain(p,
		    config_parsing_line(p, "limits", "restart_max"),
		    "[limits] restart_max: %gs is below restart_min (%gs)",
		    c->restart_max_s, c->restart_min_s);
	if (c->queue_bytes < c->message_bytes)
		config_parsing_complain(p,
		    config_parsing_line(p, "limits", "queue_bytes"),
		    "[limits] queue_bytes: must hold one message of "
		    "message_bytes (%lld bytes)",
		    (long long)c->message_bytes);
	if (discord && c->identify_interval_s < 5)
		config_parsing_complain(p,
		    config_parsing_line(p, "gateway", "identify_interval"),
		    "[gateway] identify_interval: Discord refuses less than "
		    "5s, got %gs",
		    c->identify_interval_s);
	if (c->log_bytes > 0 && c->log_bytes < CONFIG_KIB(16))
		config_parsing_complain(p,
		    config_parsing_line(p, "log", "bytes"),
		    "[log] bytes: expected 0 or at least 16K, got %lld",
		    (long long)c->log_bytes);
}

/* Tokens and events go over networks only as somebody wanted it. */
static void
check_address(struct config_parsing *p, const char *key, const char *text)
{
	const struct config *c = p->config;

	if (text[0] != '\0' && c->gate_tls_cert[0] == '\0' && c->gate_clear == 0
	    && !config_address_loopback(text))
		config_parsing_complain(p, config_parsing_line(p, "gate", key),
		    "[gate] %s: %s is reached from other machines, where "
		    "tokens and events could be read on the way: give tls_cert "
		    "and tls_key, or clear = yes",
		    key, text);
}

/* Each is looked up one by one. */
static bool
too_many_guilds(const struct config_client *c)
{
	struct config_ranges list;
	uint64_t n = 0;

	if (config_ranges_parse(&list, c->guilds) < 0)
		return false;
	for (size_t i = 0; i < list.n && n <= CONFIG_CLIENT_GUILDS_MAX; i++)
		n += list.range[i].high - list.range[i].low < UINT32_MAX
		    ? list.range[i].high - list.range[i].low + 1
		    : UINT32_MAX;
	config_ranges_free(&list);
	return n > CONFIG_CLIENT_GUILDS_MAX;
}

static void
check_gate(struct config_parsing *p)
{
	const struct config *c = p->config;
	const struct config_client *shows = NULL;

	check_address(p, "listen", c->gate_listen);
	check_address(p, "rest_listen", c->gate_rest_listen);
	if ((c->gate_tls_cert[0] == '\0') != (c->gate_tls_key[0] == '\0'))
		config_parsing_complain(p,
		    config_parsing_line(p, "gate",
			c->gate_tls_cert[0] != '\0' ? "tls_cert" : "tls_key"),
		    "[gate] tls_cert and tls_key: one without the other");
	if (c->gate_listen[0] != '\0'
	    && strcmp(c->gate_listen, c->gate_rest_listen) == 0)
		config_parsing_complain(p,
		    config_parsing_line(p, "gate", "rest_listen"),
		    "[gate] rest_listen: the same as listen (%s); each needs "
		    "a port of its own",
		    c->gate_listen);
	for (size_t i = 0; i < c->clients; i++) {
		const struct config_client *one = &c->client[i];

		if (one->intents != UINT64_MAX
		    && (one->intents & ~c->intents) != 0)
			config_parsing_complain(p, one->line,
			    "[client \"%s\"] intents: some are not among "
			    "those of [bot]; Discord sends nothing for them",
			    one->name);
		if (too_many_guilds(one))
			config_parsing_complain(p, one->line,
			    "[client \"%s\"] guilds: more than %d of them; "
			    "leave it empty for all",
			    one->name, CONFIG_CLIENT_GUILDS_MAX);
		if (one->presence && shows != NULL)
			config_parsing_complain(p, one->line,
			    "[client \"%s\"] presence: \"%s\" has it "
			    "already, and the bot has one",
			    one->name, shows->name);
		if (one->presence)
			shows = one;
	}
}

void
config_parsing_check(struct config_parsing *p)
{
	check_paths(p);
	check_numbers(p);
	check_gate(p);
}
