/* SPDX-License-Identifier: MIT */
#include "tools/cli/cli_main.h"

#include "shared/base/log.h"
#include "shared/base/version.h"
#include "shared/json/json.h"
#include "tools/cli/base/form.h"
#include "tools/cli/base/option.h"
#include "tools/cli/help.h"
#include "tools/cli/top/verb.h"
#include "tools/cli/verb_table.h"

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
	printf("%s\n", verb_top_curses());
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

int
cli_main_version(struct cli *c)
{
	char build[VERSION_BUILD];
	struct json_object *o;

	if (option_take(c, NULL, 0) == -1)
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

int
cli_main_help(struct cli *c)
{
	const struct cli_verb *v = NULL;

	if (option_take(c, NULL, 0) == 0 && form_is(c, "mdoc")) {
		help_mdoc(stdout);
		return EXIT_FINE;
	}
	if (c->err.code != 0
	    || (c->argc > 0 && (v = verb_table_find(c, c->argv[0])) == NULL))
		return cli_fail(c);
	if (v != NULL)
		help_verb(v);
	else
		help_list();
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
		if (is_word(argv[i], "--help", "-h")) {
			help_list();
			return 0;
		}
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
	int at = leading_options(c, argc, argv);

	if (at == 0)
		return EXIT_FINE;
	if (at == -1)
		return cli_fail(c);
	c->verb = verb_table_find(c,
	    at == argc || argv[at][0] == '-' ? "status" : argv[at++]);
	/* Who asked for JSON has the error in it, whatever stands before. */
	for (int i = at; c->verb == NULL && i < argc; i++)
		c->json |= strcmp(argv[i], "--json") == 0;
	if (c->verb == NULL)
		return cli_fail(c);
	c->argc = argc - at;
	c->argv = argv + at;
	for (int i = 0; i < c->argc && strcmp(c->argv[i], "--") != 0; i++) {
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
