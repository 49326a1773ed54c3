/* SPDX-License-Identifier: MIT */
#include "tools/cli/cli_main.h"

#include "shared/base/log.h"
#include "shared/base/version.h"
#include "shared/json/json.h"
#include "tools/cli/base/option.h"
#include "tools/cli/base/table.h"
#include "tools/cli/data/verb.h"
#include "tools/cli/orders/verb.h"
#include "tools/cli/plugin/verb.h"
#include "tools/cli/see/verb.h"
#include "tools/cli/status/verb.h"
#include "tools/cli/why/verb.h"

#include <curl/curl.h>
#include <ev.h>
#include <json-c/json.h>
#include <lmdb.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <string.h>
#include <wslay/wslay.h>
#include <zlib.h>
#include <zstd.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#define HELP_INDENT 13 /* behind a verb in the list */
#define USAGE_INDENT 7

static cli_fn help, version;

static const struct cli_verb verbs[] = {
    {"init",
	"DIR [--token-file FILE] [--api URL] [--ca-file FILE] [--set "
	"SECTION.KEY=VALUE]... [--offline]",
	"write a config and a token file into DIR and check the token",
	verb_init},
    {"run", "[--hold-plugins]", "run the fleet in the foreground", verb_run},
    {"start", "[--wait[=SECONDS]] [--hold-plugins]",
	"run the fleet in the background", verb_start},
    {"ensure", "[--wait[=SECONDS]] [--even-if-stopped]",
	"start the fleet unless it runs or was stopped (for cron)",
	verb_ensure},
    {"stop", "[--end-sessions] [--timeout SECONDS]",
	"stop the fleet; the sessions stay resumable", verb_stop},
    {"restart", "[--wait[=SECONDS]] [--timeout SECONDS]",
	"stop the fleet and start it again; the sessions are resumed",
	verb_restart},
    {"status", "[--all] [--wide] [-w|--watch[=SECONDS]] [SHARD...]",
	"show the fleet (the default)", verb_status},
    {"check", "", "one line for a monitoring system", verb_check},
    {"why", "[SHARD|PLUGIN|CLIENT | --guild ID]",
	"what is wrong, and what happened, to all or to one, in sentences",
	verb_why},
    {"shard", "ID|--guild ID [show|reconnect|restart|identify --force]",
	"show one shard, or act on it", verb_shard},
    {"reload", "[--check] [--no-wait]",
	"read the config again and replace the handler, without a shard "
	"noticing",
	verb_reload},
    {"rollout",
	"[begin | undo | stop | status] [--canary N] [--pause SECONDS] "
	"[--parallel N] [--max-failures N] [--all] [--dry-run] "
	"[--wait[=SECONDS]|--no-wait] [--timeout SECONDS]",
	"replace the shards' processes one by one, each with one RESUME",
	verb_rollout},
    {"upgrade",
	"[BINARY] [--dry-run] [--force] [--no-handler] [--wait] [--timeout "
	"SECONDS]",
	"become another program, without a shard noticing", verb_upgrade},
    {"plugin",
	"[list] | load|restart NAME | unload NAME [--drop] | new NAME --lang "
	"python|node|c [--dir DIR] | test DIR|FILE|LINE [--config KEY=VALUE]... "
	"[--say TEXT]... [--slow N] [--keep] | test --conf FILE NAME ...",
	"show the plugins, act on one, write one, try one", verb_plugin},
    {"probe", "[--setup CHANNEL]",
	"see whether the way to Discord and back works, and how long it takes",
	verb_probe},
    {"deadletter", "[list] | show ID | replay ID|all | drop ID|all",
	"events that were set aside because they ended a plugin",
	verb_deadletter},
    {"rank", "[list] | set user|role ID RANK | unset user|role ID",
	"who may use which of the bot's commands", verb_rank},
    {"client",
	"[list] | add NAME | token NAME | lines [LIBRARY] | restart NAME | "
	"kick NAME [--end] | why NAME",
	"the bots that connect to the gate: their tokens, connections and "
	"processes",
	verb_client},
    {"cache", "[stat] | show GUILD [--kind KIND] | rebuild [--shard ID]",
	"what the gate knows of guilds, and getting it again", verb_cache},
    {"budget", "[--entries N] [--ask] [--force N]",
	"show what the IDENTIFYs were spent on, or let some pass the reserve",
	verb_budget},
    {"release", "[--timeout SECONDS]",
	"let a fleet on hold IDENTIFY again, after the cause was checked",
	verb_release},
    {"logs",
	"[-f] [-n LINES] [--since TIME] [--shard ID] [--level LEVEL] | level "
	"[LEVEL]",
	"show the log, or set how much is logged", verb_logs},
    {"config",
	"[check] [--quiet] [--as-if DIR=OTHER]... | show | sample | mdoc",
	"check the config file, show the values in force, print the sample",
	verb_config},
    {"db", "[stat|dump]", "look into the store", verb_db},
    {"token",
	"[check] [--quiet] | reload [--token-file FILE] [--dry-run] [--yes] "
	"[--force] [--no-wait]",
	"ask the API whose token it is; move the fleet to another one",
	verb_token},
    {"help", "[VERB]", "this list, or one verb", help},
    {"version", "",
	"the version, the id of this build, and the libraries in use", version},
};

static void
print_versions(void)
{
	char build[VERSION_BUILD];

	printf("shardherd %s\n", SHARDHERD_VERSION);
	printf("build %s\n", version_build(build));
	printf("libev %d.%d\n", ev_version_major(), ev_version_minor());
	printf("wslay %s\n", WSLAY_VERSION);
	printf("%s\n", curl_version());
	printf("libmicrohttpd %s\n", MHD_get_version());
	printf("json-c %s\n", json_c_version());
	printf("%s\n", mdb_version(NULL, NULL, NULL));
	printf("%s\n", OpenSSL_version(OPENSSL_VERSION));
	printf("zlib %s\nzstd %s\n", zlibVersion(), ZSTD_versionString());
#ifdef INIH_VERSION /* it can't tell: tools/static passes it */
	printf("inih %s\n", INIH_VERSION);
#endif
#ifdef __GLIBC__
	printf("glibc %s, ", gnu_get_libc_version());
#elif defined(MUSL_VERSION)
	printf("musl %s, ", MUSL_VERSION);
#else
	printf("musl, ");
#endif
	printf("built with %s\n", __VERSION__);
}

static int
version(struct cli *c)
{
	char build[VERSION_BUILD];
	struct json_object *o;

	if (option_take(c, NULL, 0) == -1 || option_end(c) == -1)
		return cli_fail(c);
	if (!c->json) {
		print_versions();
		return EXIT_FINE;
	}
	o = json_object_new_object();
	json_put_text(o, "version", SHARDHERD_VERSION);
	json_put_text(o, "build", version_build(build));
	cli_print_json(o);
	return EXIT_FINE;
}

static int
verb_find(struct cli *c, const char *word)
{
	const char *names[nitems(verbs)];

	for (size_t i = 0; i < nitems(verbs); i++)
		names[i] = verbs[i].name;
	return option_choose(c, word, names, nitems(verbs));
}

static void
help_verb(const struct cli_verb *v)
{
	char line[512];

	str_format(line, sizeof(line),
	    "usage: shardherd [-c FILE] %s%s%s [--json]", v->name,
	    v->args[0] != '\0' ? " " : "", v->args);
	table_wrap(stdout, line, 0, USAGE_INDENT, TABLE_ROOM);
	putchar('\n');
	table_wrap(stdout, v->help, 0, 0, TABLE_ROOM);
}

static int
help(struct cli *c)
{
	int i;

	if (option_take(c, NULL, 0) == -1)
		return cli_fail(c);
	if (c->argc > 0) {
		if ((i = verb_find(c, c->argv[0])) == -1)
			return cli_fail(c);
		help_verb(&verbs[i]);
		return EXIT_FINE;
	}
	puts("usage: shardherd [-c FILE] [VERB ...]\n");
	for (size_t j = 0; j < nitems(verbs); j++) {
		printf("  %-10s ", verbs[j].name);
		table_wrap(stdout, verbs[j].help, HELP_INDENT, HELP_INDENT,
		    TABLE_ROOM);
	}
	puts("\nNo verb means status. \"shardherd help VERB\" shows its "
	     "arguments,\nshardherd(1) tells more.");
	return EXIT_FINE;
}

static bool
is_word(const char *arg, const char *a, const char *b)
{
	return strcmp(arg, a) == 0 || strcmp(arg, b) == 0;
}

/*
 * Options in front of the verb.  Returns the index of the first word or option
 * that is not ours, -1 after a problem, 0 when all is done.
 */
static int
leading_options(struct cli *c, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (is_word(argv[i], "--help", "-h"))
			return help(c);
		if (is_word(argv[i], "--version", "-V")) {
			print_versions();
			return 0;
		}
		if (strcmp(argv[i], "--json") == 0)
			c->json = true;
		else if (strncmp(argv[i], "--config=", 9) == 0)
			c->config_path = argv[i] + 9;
		else if (strncmp(argv[i], "-c", 2) == 0 && argv[i][2] != '\0')
			c->config_path = argv[i] + 2;
		else if (!is_word(argv[i], "-c", "--config"))
			break;
		else if (i + 1 == argc)
			return err_set(&c->err, EXIT_USAGE, "%s needs a file",
			    argv[i]);
		else
			c->config_path = argv[++i];
	}
	return i;
}

static int
dispatch(struct cli *c, int argc, char **argv)
{
	int at = leading_options(c, argc, argv), v;

	if (at == 0)
		return EXIT_FINE;
	if (at == -1)
		return cli_fail(c);
	v = verb_find(c,
	    at == argc || argv[at][0] == '-' ? "status" : argv[at++]);
	if (v == -1)
		return cli_fail(c);
	c->verb = &verbs[v];
	c->argc = argc - at;
	c->argv = argv + at;
	for (int i = 0; i < c->argc; i++) {
		if (is_word(c->argv[i], "--help", "-h")) {
			help_verb(c->verb);
			return EXIT_FINE;
		}
	}
	return c->verb->fn(c);
}

int
cli_main(int argc, char **argv, supervisor_fn *supervise)
{
	static struct cli c; /* a config is large */
	int code;

	c.main_argv = argv;
	c.supervise = supervise;
	log_init(LOG_TO_PEOPLE, LOG_L_INFO);
	code = dispatch(&c, argc, argv);
	config_free(&c.config);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		cli_say("Cannot write to standard output.");
		if (code == EXIT_FINE)
			code = EXIT_DEGRADED;
	}
	return code;
}
