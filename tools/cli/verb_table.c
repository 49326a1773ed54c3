/* SPDX-License-Identifier: MIT */
/*
 * A row for each verb.  Words in capitals say what stands there, and with that
 * what completes it (completion.c): SHARD, PLUGIN, CLIENT, FILE, DIR, ...
 */
#include "tools/cli/verb_table.h"

#include "tools/cli/cli_main.h"
#include "tools/cli/completion.h"
#include "tools/cli/data/verb.h"
#include "tools/cli/doctor/doctor.h"
#include "tools/cli/events/verb.h"
#include "tools/cli/orders/verb.h"
#include "tools/cli/plugin/verb.h"
#include "tools/cli/see/verb.h"
#include "tools/cli/status/verb.h"
#include "tools/cli/top/verb.h"
#include "tools/cli/why/verb.h"

#define FORMS(...)                                                             \
	.forms = (const struct cli_form[])                                     \
	{                                                                      \
		__VA_ARGS__,                                                   \
		{                                                              \
			0                                                      \
		}                                                              \
	}
#define OPTIONS(...)                                                           \
	.options = (const struct option_row[])                                 \
	{                                                                      \
		__VA_ARGS__,                                                   \
		{                                                              \
			0                                                      \
		}                                                              \
	}

#define LEVELS "debug|info|notice|warn|error"

#define WAIT(forms)                                                             \
	{                                                                       \
		"--wait", 0, OPTION_SECONDS_IF, "SECONDS",                      \
		    "return when every shard is ready; exit code 99 when that " \
		    "takes longer than so many seconds (300)",                  \
		    forms                                                       \
	}
#define HOLD_PLUGINS                                                           \
	{                                                                      \
		"--hold-plugins", 0, OPTION_FLAG, NULL,                        \
		    "hold every plugin, as plugin unload does, until it is "   \
		    "loaded"                                                   \
	}
#define QUIET(forms)                                                           \
	{                                                                      \
		"--quiet", 'q', OPTION_FLAG, NULL,                             \
		    "say nothing when all is well: for cron", forms            \
	}
#define NO_WAIT(forms)                                                         \
	{                                                                      \
		"--no-wait", 0, OPTION_FLAG, NULL,                             \
		    "return when it begins; the log tells how it ended", forms \
	}
#define TIMEOUT(help)                                                          \
	{                                                                      \
		"--timeout", 't', OPTION_SECONDS, "SECONDS", help              \
	}

const char *const verb_table_group[CLI_GROUPS] = {
    [CLI_LOOK] = "Look, which changes nothing:",
    [CLI_ACT] = "Act on the fleet, or on a part of it:",
    [CLI_CHANGE] = "Change what runs, without a gap:",
    [CLI_DATA] = "Data: set up, and what lies on disk:",
};

const struct cli_verb verb_table[] = {
    /* ---- look ------------------------------------------------------- */
    {"status", "show the fleet (the default)", verb_status, CLI_LOOK,
	FORMS({"[SHARD...]", "the fleet, or these shards of it"}),
	OPTIONS({"--all", 'a', OPTION_FLAG, NULL,
		    "every shard and client, those that are well too"},
	    {"--wide", 0, OPTION_FLAG, NULL,
		"every column, as long as lines get"},
	    {"--watch", 'w', OPTION_SECONDS_IF, "SECONDS",
		"again every so many seconds (2) until q is pressed"}),
	.exits = "0 all is well, 1 degraded, 2 down, 3 it cannot be told",
	.examples = "shardherd\nshardherd status --json 7"},
    {"top", "the same live: rates, bars, sorted, down to one of it", verb_top,
	CLI_LOOK,
	FORMS({"",
	    "shards, plugins, clients and processes on a terminal; its "
	    "last line has the keys"}),
	OPTIONS({"--every", 0, OPTION_SECONDS, "SECONDS",
	    "look again so often (1s)"}),
	.exits = "as status; 64 without a terminal, or with one it does not "
		 "know"},
    {"check", "one line for a monitoring system", verb_check, CLI_LOOK,
	FORMS({"", "one line with performance data, whatever is wrong"}),
	.exits = "0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN"},
    {"doctor",
	"what is wrong, since when, by what evidence, and what to do about it",
	verb_doctor, CLI_LOOK,
	FORMS({"", "the fleet, its config and the machine it runs on"}),
	OPTIONS({"--ask", 0, OPTION_FLAG, NULL,
	    "also ask Discord whether it takes the token"}),
	.exits = "0 all is well, 1 degraded, 2 down, 3 it cannot be told",
	.examples = "shardherd doctor\nshardherd doctor --ask"},
    {"why", "what is wrong, and what happened, to all or to one, in sentences",
	verb_why, CLI_LOOK,
	FORMS({"[SHARD|PLUGIN|CLIENT]",
	    "how it is, and a dated history of it; without a name, of the "
	    "fleet"}),
	OPTIONS({"--guild", 'g', OPTION_TEXT, "ID",
	    "of the shard that serves this guild"}),
	.exits = "0 told, 2 there is no fleet, 64 there is nothing of this "
		 "name",
	.examples = "shardherd why\nshardherd why 7\nshardherd why greeter"},
    {"logs", "show the log, or set how much is logged", verb_logs, CLI_LOOK,
	FORMS({"", "the end of the log, rotated and compressed files included"},
	    {"level [" LEVELS "]",
		"how much is logged; with a word, set it until the supervisor "
		"is started again"}),
	OPTIONS({"--follow", 'f', OPTION_FLAG, NULL,
		    "and what follows, through rotations", "-"},
	    {"--lines", 'n', OPTION_NUMBER, "N",
		"the last so many (20; all with --since)", "-"},
	    {"--since", 0, OPTION_TEXT, "TIME",
		"10m or 2h back from now, or a UTC time such as 2026-11-21 or "
		"2026-11-21T03:00:00",
		"-"},
	    {"--shard", 0, OPTION_NUMBER, "SHARD",
		"of this shard; of several of these three, what is of any",
		"-"},
	    {"--plugin", 0, OPTION_TEXT, "PLUGIN",
		"of this plugin: what it says and what is said of it", "-"},
	    {"--client", 0, OPTION_TEXT, "CLIENT",
		"of this client and its process", "-"},
	    {"--grep", 0, OPTION_TEXT, "TEXT",
		"with this text in it, in capitals or not", "-"},
	    {"--level", 0, OPTION_TEXT, LEVELS, "of this level and above",
		"-"}),
	.exits = "0 shown, 2 there is no log, 64 nobody has this name",
	.examples = "shardherd logs -f --plugin greeter\n"
		    "shardherd logs --since 2h --level warn --grep timeout",
	.instead = "What is said of one: --plugin PLUGIN, --shard SHARD, "
		   "--client CLIENT."},
    {"events",
	"what happened to the fleet; with -f what happens, and Discord's "
	"events as they pass",
	verb_events, CLI_LOOK,
	FORMS({"", "what happened, dated; with -f what happens from now on"}),
	OPTIONS({"--follow", 'f', OPTION_FLAG, NULL,
		    "from now on, with Discord's events, a line each; what is "
		    "too fast for the terminal is left out and counted"},
	    {"--fleet", 0, OPTION_FLAG, NULL,
		"what happens to the fleet alone, without Discord's events"},
	    {"--event", 0, OPTION_LIST, "EVENT",
		"Discord's events of this name alone; may be repeated"},
	    {"--guild", 'g', OPTION_TEXT, "ID",
		"Discord's events of this guild alone"},
	    {"--shard", 0, OPTION_NUMBER, "SHARD", "of this shard"},
	    {"--raw", 0, OPTION_FLAG, NULL,
		"Discord's events alone, as it sent them: JSON, one a line"},
	    {"--lines", 'n', OPTION_NUMBER, "N",
		"the last so many; with -f, end after so many"}),
	.exits = "0 shown, 2 there is no fleet, 75 the handler is not ready, "
		 "or four look at Discord's events already",
	.examples = "shardherd events -f\n"
		    "shardherd events -f --event MESSAGE_CREATE --guild "
		    "41771983423143936"},
    {"budget",
	"show what the IDENTIFYs were spent on, or let some pass the reserve",
	verb_budget, CLI_LOOK,
	FORMS({"", "what is left, the forecast, what was spent on what"}),
	OPTIONS({"--entries", 'n', OPTION_NUMBER, "N",
		    "the last so many IDENTIFYs (10)"},
	    {"--ask", 0, OPTION_FLAG, NULL, "ask Discord for its count first"},
	    {"--force", 0, OPTION_NUMBER, "N",
		"let the next N IDENTIFYs, within an hour, pass the reserve; 0 "
		"takes that back"}),
	.exits = "0 above the reserve, 1 at it, 2 none is left"},
    {"probe",
	"see whether the way to Discord and back works, and how long it takes",
	verb_probe, CLI_LOOK,
	FORMS({"", "react on the message [probe] names, and take its time"}),
	OPTIONS({"--setup", 0, OPTION_TEXT, "CHANNEL",
	    "post such a message there, and print the section [probe]"}),
	.exits = "0 all is well, 1 slow, 2 it did not come back, 75 not now, "
		 "78 something is to be set right"},
    /* ---- act -------------------------------------------------------- */
    {"start", "run the fleet in the background", verb_start, CLI_ACT,
	FORMS({"", "return when the supervisor is up"}),
	OPTIONS(WAIT(NULL), HOLD_PLUGINS),
	.exits = "0 it runs, 75 it runs already, 78 the config or the token, "
		 "99 --wait ran out",
	.examples = "shardherd start --wait"},
    {"stop", "stop the fleet; the sessions stay resumable", verb_stop, CLI_ACT,
	FORMS({"",
	    "stop it in order and wait for that; said again meanwhile, the "
	    "fleet ends at once, and what plugins still work on is left"}),
	OPTIONS({"--end-sessions", 0, OPTION_FLAG, NULL,
		    "end the sessions for good: every shard must IDENTIFY "
		    "again"},
	    TIMEOUT("give up waiting then, exit code 99")),
	.exits = "0 it is stopped, or was; 99 it still stops",
	.instead = "This stops the whole fleet; a plugin is stopped by "
		   "\"shardherd plugin unload PLUGIN\"."},
    {"restart", "stop the fleet and start it again; the sessions are resumed",
	verb_restart, CLI_ACT,
	FORMS({"[SHARD|PLUGIN|CLIENT]",
	    "the whole fleet; or the process of one: of a shard, which RESUMEs, "
	    "of a plugin or of a client, the next one first; returns when that "
	    "one is well again, or says why it is not"}),
	OPTIONS(WAIT(NULL),
	    TIMEOUT("for the stop; of a shard, until it is ready; exit code "
		    "99"),
	    {"--no-wait", 0, OPTION_FLAG, NULL,
		"of a shard: return once the restart is under way"}),
	.exits = "0 done, 1 failed, 64 nobody has this name, 75 not now, 99 "
		 "still under way",
	.examples = "shardherd restart --wait\nshardherd restart greeter",
	.instead = "Its number or name alone says which one: \"shardherd "
		   "restart 3\", \"shardherd restart greeter\"."},
    {"run", "run the fleet in the foreground", verb_run, CLI_ACT,
	FORMS({"", "for systemd, containers and a terminal"}),
	OPTIONS(HOLD_PLUGINS)},
    {"ensure", "start the fleet unless it runs or was stopped (for cron)",
	verb_ensure, CLI_ACT, FORMS({"", "silent when it runs already"}),
	OPTIONS(WAIT(NULL),
	    {"--even-if-stopped", 0, OPTION_FLAG, NULL,
		"also one that was stopped by stop"})},
    {"shard", "show one shard, or act on it", verb_shard, CLI_ACT,
	.lead = "SHARD|--guild ID",
	FORMS({"[show]", "all that is known of it"},
	    {"reconnect", "close its connection, connect and RESUME"},
	    {"restart",
		"replace its process; the session is resumed; returns when it "
		"is ready again, or says why it is not"},
	    {"why", "how it is, and a dated history of it"},
	    {"reidentify",
		"give its session up for a new one: what it costs is said "
		"first, and asked"},
	    {"identify",
		"let one that waits for its IDENTIFY pass the reserve, the "
		"brake and its own spacing, once"}),
	OPTIONS({"--guild", 'g', OPTION_TEXT, "ID",
		    "the shard that serves this guild"},
	    {"--yes", 0, OPTION_FLAG, NULL, "do not ask", "reidentify"},
	    {"--force", 0, OPTION_FLAG, NULL,
		"also when it takes an IDENTIFY of the reserve",
		"reidentify identify"},
	    {"--no-wait", 0, OPTION_FLAG, NULL,
		"return once the restart is under way", "restart"},
	    {"--timeout", 't', OPTION_SECONDS, "SECONDS",
		"give up waiting for it then, exit code 99", "restart"}),
	.exits = "0 ready, or done; 1 not ready, 2 it has no process, 64 there "
		 "is no such shard, 75 not now, 99 it is still under way",
	.examples = "shardherd shard 7\nshardherd shard 7 reconnect\n"
		    "shardherd shard 7 reidentify"},
    {"plugin", "show the plugins, act on one, write one, try one", verb_plugin,
	CLI_ACT,
	FORMS({"[list]", "their state, events, errors, and what waits"},
	    {"load PLUGIN", "start one, by its section as it is now"},
	    {"restart PLUGIN", "replace its process, the next one first"},
	    {"unload PLUGIN",
		"let it finish and hold it; its events wait for it"},
	    {"new NAME", "write a plugin that works into a new folder"},
	    {"test DIR|FILE|LINE...",
		"run it in a fleet of its own against the simulator, and judge "
		"what it says; with --conf the plugin NAME of that file"}),
	OPTIONS({"--drop", 0, OPTION_FLAG, NULL,
		    "nothing waits: its events are dropped until it is loaded",
		    "unload"},
	    {"--lang", 0, OPTION_TEXT, "python|node|c", "in this language",
		"new"},
	    {"--dir", 0, OPTION_TEXT, "DIR", "the folder (NAME)", "new"},
	    {"--conf", 'c', OPTION_TEXT, "FILE",
		"the plugin of that name in this config", "test"},
	    {"--config", 0, OPTION_LIST, "KEY=VALUE",
		"set one of the plugin's own keys", "test"},
	    {"--say", 0, OPTION_LIST, "TEXT", "a message that somebody writes",
		"test"},
	    {"--slow", 0, OPTION_NUMBER, "N",
		"every wait so many times as long, up to 20", "test"},
	    {"--keep", 0, OPTION_FLAG, NULL,
		"leave the folder with the record of every line", "test"}),
	.exits = "0 all are well, or done; 1 some are not, or a check failed; "
		 "2 there is no handler",
	.examples = "shardherd plugin restart greeter\n"
		    "shardherd plugin new greeter --lang python"},
    {"client",
	"the bots that connect to the gate: their tokens, connections and "
	"processes",
	verb_client, CLI_ACT,
	FORMS({"[list]", "all of them, in the order of the config"},
	    {"add CLIENT",
		"make its token, shown once, and what to change in "
		"the bot"},
	    {"token CLIENT", "make another token in place of the one before"},
	    {"lines [LIBRARY]", "what to change in a bot, by library"},
	    {"restart CLIENT", "replace its process: a deploy in one command"},
	    {"kick CLIENT", "have its connections closed: it RESUMEs"},
	    {"why CLIENT", "how it is, and a dated history of it"}),
	OPTIONS({"--end", 0, OPTION_FLAG, NULL,
	    "its sessions end too: it IDENTIFYs anew", "kick"}),
	.exits = "0 done, 1 failed, 64 there is no such client, 75 not now",
	.examples = "shardherd client restart mybot"},
    {"release",
	"let a fleet on hold IDENTIFY again, after the cause was checked",
	verb_release, CLI_ACT,
	FORMS({"", "what Discord can be asked about is checked first"}),
	OPTIONS(TIMEOUT("for Discord's answer (40), exit code 75")),
	.exits = "0 released, 1 the cause is still there, 75 no answer yet"},
    /* ---- change ----------------------------------------------------- */
    {"reload",
	"read the config again and replace the handler, without a shard "
	"noticing",
	verb_reload, CLI_CHANGE,
	FORMS({"", "the next handler is ready before the present one goes"}),
	OPTIONS({"--check", 0, OPTION_FLAG, NULL,
		    "only show what would change"},
	    NO_WAIT(NULL)),
	.exits = "0 done, 1 the handler before came back, 75 not now, 78 the "
		 "config"},
    {"rollout",
	"replace the shards' processes one by one, each with one RESUME",
	verb_rollout, CLI_CHANGE,
	FORMS({"[begin]",
		  "those of an older program, or with other values of keys "
		  "that live in shards"},
	    {"undo", "back to the values that the last rollout changed"},
	    {"stop", "begin with no more shards"},
	    {"status", "the one under way or the last one, and who is behind"}),
	OPTIONS({"--canary", 0, OPTION_NUMBER, "N", "so many first, one by one",
		    "begin undo"},
	    {"--pause", 0, OPTION_SECONDS, "SECONDS",
		"watch them for so long before the rest follows", "begin undo"},
	    {"--parallel", 0, OPTION_NUMBER, "N",
		"so many of the rest at once, at most 16", "begin undo"},
	    {"--max-failures", 0, OPTION_NUMBER, "N",
		"stop after more failures than that", "begin undo"},
	    {"--all", 'a', OPTION_FLAG, NULL, "also those that are up to date",
		"begin"},
	    {"--dry-run", 'n', OPTION_FLAG, NULL,
		"only show what would be done", "begin undo"},
	    NO_WAIT("begin undo"),
	    {"--wait", 'w', OPTION_SECONDS_IF, "SECONDS",
		"show how it goes until its end, as it does anyway",
		"begin undo"},
	    {"--timeout", 't', OPTION_SECONDS, "SECONDS",
		"stop watching then, exit code 99; it goes on", "begin undo"}),
	.exits = "0 done, 1 a shard failed, 75 not now, 99 it goes on",
	.examples = "shardherd rollout --dry-run\n"
		    "shardherd rollout --canary 2 --pause 60"},
    {"upgrade", "become another program, without a shard noticing",
	verb_upgrade, CLI_CHANGE,
	FORMS({"[FILE]",
	    "this program, or what is now where it was started "
	    "from"}),
	OPTIONS({"--dry-run", 0, OPTION_FLAG, NULL,
		    "only ask it whether it can take over"},
	    {"--force", 0, OPTION_FLAG, NULL,
		"also when the processes cannot be taken over: they stop in "
		"order and RESUME"},
	    {"--no-handler", 0, OPTION_FLAG, NULL,
		"leave the handler as it is"},
	    {"--wait", 0, OPTION_FLAG, NULL,
		"return when every shard is ready"},
	    TIMEOUT("stop watching then, exit code 99; it goes on")),
	.exits = "0 done, 1 the old program goes on, 75 not now, 99 it goes "
		 "on"},
    {"token", "ask the API whose token it is; move the fleet to another one",
	verb_token, CLI_CHANGE,
	FORMS({"[check]", "whose token is it?"},
	    {"reload",
		"check another one and move the running fleet over: "
		"one IDENTIFY for each shard"}),
	OPTIONS(QUIET("check"),
	    {"--token-file", 0, OPTION_TEXT, "FILE",
		"the token in this file, - for standard input", "reload"},
	    {"--dry-run", 0, OPTION_FLAG, NULL, "only show what it would cost",
		"reload"},
	    {"--yes", 0, OPTION_FLAG, NULL, "do not ask", "reload"},
	    {"--force", 0, OPTION_FLAG, NULL,
		"also when less than the reserve would remain", "reload"},
	    NO_WAIT("reload")),
	.exits = "0 it is good, or done; 75 not now, 78 it is refused"},
    /* ---- data ------------------------------------------------------- */
    {"init", "write a config and a token file into DIR and check the token",
	verb_init, CLI_DATA,
	FORMS({"DIR", "asks for the token, or reads it from standard input"}),
	OPTIONS({"--token-file", 0, OPTION_TEXT, "FILE", "read it from there"},
	    {"--api", 0, OPTION_TEXT, "URL", "another API than Discord's"},
	    {"--ca-file", 0, OPTION_TEXT, "FILE",
		"the certificate authorities to trust"},
	    {"--set", 0, OPTION_LIST, "SECTION.KEY=VALUE",
		"a value in the config"},
	    {"--offline", 0, OPTION_FLAG, NULL, "do not check the token"}),
	.exits = "0 written, 1 something is there already, 78 the token is "
		 "refused",
	.examples = "shardherd init bot"},
    {"config",
	"check the config file, show the values in force, print the sample",
	verb_config, CLI_DATA,
	FORMS({"[check]",
		  "every problem of the file, the token's and the CA's"},
	    {"show", "the values; what is commented out is a default"},
	    {"diff",
		"what the file says otherwise than the fleet that runs by "
		"it, and what brings it into force"},
	    {"sample", "the commented sample file"},
	    {"mdoc", "the list of keys of shardherd.conf(5)"}),
	OPTIONS(QUIET("check"),
	    {"--as-if", 0, OPTION_LIST, "DIR=OTHER",
		"look below OTHER for what the config names below DIR",
		"check"}),
	.exits = "0 fine, 1 diff found something, 2 diff found no fleet, 78 a "
		 "problem"},
    {"cache", "what the gate knows of guilds, and getting it again", verb_cache,
	CLI_DATA,
	FORMS({"[stat]", "how much, how old, how far behind the gate's log"},
	    {"show GUILD", "a guild as clients get it"},
	    {"rebuild",
		"begin a damaged cache anew; of a whole one, say what "
		"is missing"}),
	OPTIONS({"--kind", 'k', OPTION_TEXT, "KIND",
		    "only what there is of this: core, roles, channels, "
		    "threads, members ...",
		    "show"},
	    {"--shard", 's', OPTION_NUMBER, "SHARD",
		"have Discord send the guilds of this shard again, for one "
		"IDENTIFY",
		"rebuild"}),
	.exits = "0 it is whole, 1 cold, damaged or not whole"},
    {"deadletter", "events that were set aside because they ended a plugin",
	verb_deadletter, CLI_DATA,
	FORMS({"[list]", "all of them"}, {"show LETTER", "one in full"},
	    {"replay LETTER|all", "give it to its plugin once more"},
	    {"drop LETTER|all", "forget it"})},
    {"rank", "who may use which of the bot's commands", verb_rank, CLI_DATA,
	FORMS({"[list]", "who has a rank of his own"},
	    {"set user|role ID RANK", "0 to 999, or never"},
	    {"unset user|role ID", "the usual one again"}),
	.examples = "shardherd rank set role 41771983423143936 100"},
    {"db", "look into the store, copy it, put a copy back", verb_db, CLI_DATA,
	FORMS({"[stat]", "its size and readers"},
	    {"dump", "what is in it, without the session ids"},
	    {"backup FILE",
		"the store and the plugins' storage, of a fleet that may run, "
		"in one file; into a directory, with a name that tells when"},
	    {"restore FILE",
		"what plugins have stored as it was then; sessions and the "
		"ledger of IDENTIFYs stay as they are, where they are. The "
		"fleet is to be stopped; the old state is kept"}),
	OPTIONS({"--dry-run", 0, OPTION_FLAG, NULL,
		    "only read the file, and see whether it is whole",
		    "restore"},
	    {"--yes", 0, OPTION_FLAG, NULL,
		"without a question, where there is a state already",
		"restore"}),
	.examples = "shardherd db backup /var/backups/bot\n"
		    "shardherd db restore --dry-run bot.backup"},
    {"completion", "what makes a shell complete all of this", completion_verb,
	CLI_DATA,
	FORMS({"bash|zsh|fish", "the script for this shell, to be sourced"},
	    {"words [WORD...]",
		"what such a script asks: what the last of the words may be"}),
	.examples = "eval \"$(shardherd completion bash)\"\n"
		    "shardherd completion fish | source"},
    {"help", "this list, or one verb", cli_main_help, CLI_DATA,
	FORMS({"[VERB] [FORM]", "every form and option of it"},
	    {"mdoc", "every form of all, as in the SYNOPSIS of shardherd(1)"})},
    {"version", "the version, the id of this build, and the libraries in use",
	cli_main_version, CLI_DATA, FORMS({"", "this program's"})},
    {0},
};

/* What other programs of the kind call what has another name here. */
static const char *
known_as(const char *word)
{
	static const struct {
		const char *word, *here;
	} others[] = {
	    {"list", "status"},
	    {"ls", "status"},
	    {"ps", "status"},
	    {"describe", "why"},
	    {"show", "status"},
	    {"info", "status"},
	    {"monit", "top"},
	    {"monitor", "top"},
	    {"log", "logs"},
	    {"delete", "stop"},
	    {"kill", "stop"},
	    {"scale", "rollout"},
	    {"deploy", "reload"},
	    {"update", "upgrade"},
	};

	for (size_t i = 0; i < nitems(others); i++)
		if (strcmp(others[i].word, word) == 0)
			return others[i].here;
	return NULL;
}

const struct cli_verb *
verb_table_find(struct cli *c, const char *word)
{
	const char *names[64], *here = known_as(word);
	size_t n = 0;
	int i;

	if (here != NULL) {
		err_set(&c->err, EXIT_USAGE,
		    "There is no verb \"%s\" here; \"shardherd %s\" does "
		    "something of the kind, \"shardherd help %s\" says what.",
		    word, here, here);
		return NULL;
	}
	if (strcmp(word, "web") == 0 || strcmp(word, "metrics") == 0) {
		err_set(&c->err, EXIT_USAGE,
		    "There is no verb \"%s\": metrics and the status page are "
		    "served when [web] listen is set, see shardherd-web(7).",
		    word);
		return NULL;
	}

	for (; verb_table[n].name != NULL; n++) {
		must(n < nitems(names));
		names[n] = verb_table[n].name;
	}
	i = option_choose(c, word, names, n);
	return i == -1 ? NULL : &verb_table[i];
}
