/* SPDX-License-Identifier: MIT */
/* shardherd.conf: every problem in one run, each with its line. */
#include "shared/config/config_keys.h"

#include "shared/base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char top[512]; /* of the sources: where the test was started */

static struct {
	char dir[64];
	char said[32][1200];
	size_t n;
	struct config config;
	struct err err;
} t;

static void
on_problem(const char *line, void *arg)
{
	assert_true(t.n < nitems(t.said));
	str_copy(t.said[t.n++], line, sizeof(t.said[0]));
}

static int
set_up(void **state)
{
	memset(&t, 0, sizeof(t));
	str_copy(t.dir, "/tmp/shardherd-config-XXXXXX", sizeof(t.dir));
	return mkdtemp(t.dir) == NULL ? -1 : chdir(t.dir);
}

static int
tear_down(void **state)
{
	config_free(&t.config);
	unlink("token");
	unlink("plug in.py");
	unlink("shardherd.conf");
	return chdir("/") == -1 || rmdir(t.dir) == -1;
}

static int
parse(const char *text)
{
	t.n = 0;
	config_free(&t.config);
	return config_parse(&t.config, "shardherd.conf", text, on_problem, NULL,
	    &t.err);
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0700);

	assert_true(fd != -1);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

#define BOT "[bot]\nintents = GUILDS\n"

static void
test_defaults(void **state)
{
	char path[128];

	assert_int_equal(parse(BOT), 0);
	str_format(path, sizeof(path), "%s/state", t.dir);
	assert_string_equal(t.config.state_dir, path);
	str_format(path, sizeof(path), "%s/shardherd.conf", t.dir);
	assert_string_equal(t.config.path, path);
	assert_string_equal(t.config.api, "https://discord.com/api/v10");
	assert_int_equal(t.config.shards, 0);
	assert_int_equal(t.config.compress, COMPRESS_AUTO);
	assert_int_equal(t.config.queue_bytes, 64 << 20);
	assert_true(t.config.identify_interval_s == 5.0);
	assert_int_equal(t.config.log_level, LOG_L_INFO);
	assert_int_equal(t.config.intents, 1);
	assert_string_equal(t.config.text, BOT);
}

static void
test_every_problem_in_one_run(void **state)
{
	static const char *const want[] = {
	    "shardherd.conf:1: \"early\" stands before the first [section]",
	    "shardherd.conf:4: [bot] tokenfile: unknown key; did you mean "
	    "token_file?",
	    "shardherd.conf:6: [gatway]: unknown section; did you mean "
	    "[gateway]?",
	    "shardherd.conf:10: [gateway] shards: expected a number or "
	    "\"auto\", got \"fuor\"",
	    "shardherd.conf:11: [gateway] large_threshold: expected a number "
	    "from 50 to 250, got \"9\"",
	    "shardherd.conf:12: [gateway] large_threshold: given twice, first "
	    "in line 11",
	    "shardherd.conf:13: [gateway] state_dir: unknown key; it belongs "
	    "into [paths]",
	    "shardherd.conf:14: expected \"key = value\" or a [section], got "
	    "\"nonsense\"",
	    "shardherd.conf:15: the section's name is not closed with \"]\"",
	    "shardherd.conf:16: [limits] queue_bytes: expected a size such as "
	    "\"64M\" or \"512K\", got \"5 potatoes\"",
	    "shardherd.conf:17: [limits] stop_timeout: expected a duration "
	    "from 50ms to 10m, got \"3h\"",
	    "shardherd.conf:18: [plugin \"a b\"]: expected [plugin \"name\"], "
	    "the name of letters, digits, '-', '_' and '.'",
	    "shardherd.conf: [bot] intents: missing; for example: intents = "
	    "GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES",
	};

	assert_int_equal(parse("early = 1\n"
			       "[bot]\n"
			       "# a comment\n"
			       "tokenfile = x\n"
			       "\n"
			       "[gatway]\n"
			       "whatever = 1\n"
			       "\n"
			       "[gateway]\r\n"
			       "shards = fuor\n"
			       "large_threshold = 9\n"
			       "large_threshold = 60\n"
			       "state_dir = x\n"
			       "nonsense\n"
			       "[limits\n"
			       "queue_bytes = 5 potatoes\n"
			       "stop_timeout = 3h\n"
			       "[plugin \"a b\"]\n"
			       "exec = x"),
	    -1);
	for (size_t i = 0; i < nitems(want) && i < t.n; i++)
		assert_string_equal(t.said[i], want[i]);
	assert_int_equal(t.n, nitems(want));
	assert_string_equal(t.err.text, "13 problems in shardherd.conf");
	assert_int_equal(t.err.code, EXIT_CONFIG);
}

static void
test_cross_checks(void **state)
{
	assert_int_equal(
	    parse(BOT
		"[paths]\nstate_dir = x\nrun_dir = ./x/\n"
		"[limits]\nrestart_min = 9s\nrestart_max = 8\nqueue_bytes = 1M\n"
		"[gateway]\nidentify_interval = 1s\nca_file = gone.pem\n"),
	    -1);
	assert_int_equal(t.n, 5);
	assert_non_null(strstr(t.said[0], ":5: [paths] run_dir: must not be"));
	assert_non_null(strstr(t.said[1], ":12: [gateway] ca_file: cannot"));
	assert_non_null(strstr(t.said[2], ":8: [limits] restart_max: 8s is"));
	assert_non_null(strstr(t.said[3], ":9: [limits] queue_bytes: must"));
	assert_non_null(strstr(t.said[4],
	    ":11: [gateway] identify_interval: "
	    "Discord refuses less than 5s"));
	assert_int_equal(parse(BOT "[gateway]\nidentify_interval = 50ms\n"
				   "api = http://127.0.0.1:80/api/v10/\n"),
	    0);
	assert_string_equal(t.config.api, "http://127.0.0.1:80/api/v10");
}

struct scalar {
	const char *line;
	double want; /* < 0: refused */
};

static void
test_durations_and_sizes(void **state)
{
	static const struct scalar time[] =
	    {
		{"5", 5},
		{"5s", 5},
		{"250ms", .25},
		{"1.5s", 1.5},
		{"2m", 120},
		{"1 m", 60},
		{"0.1h", 360},
		{"-5s", -1},
		{"5d", -1},
		{"", -1},
		{"s", -1},
		{"1e3", -1},
		{"nan", -1},
		{"5s 5s", -1},
		{"99999999999999999999", -1},
	    },
				   size[] = {
				       {"1M", 1 << 20},
				       {"65536", 65536},
				       {"512K", 512 << 10},
				       {"1.5M", 3 << 19},
				       {"64k", 64 << 10},
				       {"1", -1},
				       {"64MB", -1},
				       {"0x10000", -1},
				   };
	char text[128];

	for (size_t i = 0; i < nitems(time); i++) {
		str_format(text, sizeof(text),
		    BOT "[limits]\nhello_timeout = "
			"%s\n",
		    time[i].line);
		assert_int_equal(parse(text), time[i].want < 0 ? -1 : 0);
		if (time[i].want >= 0)
			assert_true(t.config.hello_timeout_s == time[i].want);
	}
	for (size_t i = 0; i < nitems(size); i++) {
		str_format(text, sizeof(text),
		    BOT "[limits]\n"
			"message_bytes=64K\nqueue_bytes = %s\n",
		    size[i].line);
		assert_int_equal(parse(text), size[i].want < 0 ? -1 : 0);
		if (size[i].want >= 0)
			assert_true(
			    (double)t.config.queue_bytes == size[i].want);
	}
}

static void
test_intents(void **state)
{
	uint64_t bits;

	assert_int_equal(config_intents("GUILDS, 512|MESSAGE_CONTENT", &bits,
			     &t.err),
	    0);
	assert_int_equal(bits, 1 | 512 | 32768);
	assert_int_equal(config_intents("53608447", &bits, &t.err), 0);
	assert_int_equal(config_intents("0x331FFFF", &bits, &t.err), 0);
	assert_int_equal(bits, 53608447);
	assert_int_equal(config_intents("0", &bits, &t.err), 0);
	assert_int_equal(config_intents("", &bits, &t.err), -1);
	assert_int_equal(config_intents("131072", &bits, &t.err), -1);
	assert_non_null(strstr(t.err.text, "4013"));
	assert_int_equal(config_intents("GUILD_MESAGES", &bits, &t.err), -1);
	assert_string_equal(t.err.text,
	    "unknown intent \"GUILD_MESAGES\"; did you mean GUILD_MESSAGES?");
}

static void
test_values_refused(void **state)
{
	static const char *const bad[] = {
	    "[bot]\npresence = {\"status\":\"sleepy\"}",
	    "[bot]\npresence = {\"status\":\"idle\"",
	    "[bot]\npresence = []",
	    "[bot]\nname = a b",
	    "[gateway]\ncompress = gzip",
	    "[gateway]\napi = discord.com",
	    "[gateway]\napi = http://example.org/",
	    "[gateway]\napi = https://x.org/api?y",
	    "[gateway]\napi = https://x.org/api#y",
	    "[limits]\nsandbox = yes",
	    "[gateway]\nproxy = socks5://x:1",
	    "[log]\nlevel = loud",
	    "[gateway]\nshards = 0",
	    "[gateway]\nshards = 4 # four",
	    "[plugin]\nexec = x",
	    "[plugin \"x\"]",
	    "[plugin \"x\"]\nexec = /nowhere/at-all",
	    "[plugin \"x\"]\nexec = /dev/null",
	    "[plugin \"x\"]\nexec = /bin/true 'open",
	    "[plugin \"x\"]\nexec = /bin/true\nevents = message",
	    "[plugin \"x\"]\nexec = /bin/true\nuser = nobody-of-this-name",
	    "[plugin \"x\"]\nexec = /bin/true\nnice = -5",
	    "[log]\nformat = xml",
	    "[log]\nto = syslog",
	    "[log]\ncompress = maybe",
	    "[plugin \"x\"]\nexec = /bin/true\n[plugin \"x\"]\n",
	};
	char text[256];

	for (size_t i = 0; i < nitems(bad); i++) {
		bool bot = strncmp(bad[i], "[bot]", 5) == 0;

		str_format(text, sizeof(text), "%s\n%s", bad[i],
		    bot ? "intents = 1\n" : BOT);
		if (parse(text) == 0 || t.n != 1)
			fail_msg("%s: %zu problems", bad[i], t.n);
	}
	assert_int_equal(parse(
			     "[bot]\nintents=1\npresence = {\"status\":"
			     "\"idle\",\"activities\":[{\"name\":\"a;b\"}]}\n"),
	    0);
	assert_non_null(strstr(t.config.presence, "a;b"));
}

/* A proxy's password is not repeated to who reads the error. */
static void
test_proxy_password(void **state)
{
	assert_int_equal(parse(BOT "[gateway]\n"
				   "proxy = http://me:hunter2@proxy\n"),
	    -1);
	assert_int_equal(t.n, 1);
	assert_non_null(strstr(t.said[0], "[gateway] proxy: expected"));
	assert_null(strstr(t.said[0], "hunter2"));
}

static void
test_long_lines(void **state)
{
	size_t size = 20000;
	char *text = base_alloc(size + 64);

	strcpy(text, BOT "presence = {\"status\":\"");
	memset(text + strlen(text), 'x', size - strlen(text));
	assert_int_equal(parse(text), -1);
	assert_int_equal(t.n, 1);
	assert_string_equal(t.said[0],
	    "shardherd.conf:3: the line is longer than 8189 bytes");
	text[8180] = '\0';
	assert_int_equal(parse(text), -1);
	assert_non_null(strstr(t.said[0], "at most 2048 bytes"));
	free(text);
}

static void
test_plugin(void **state)
{
	char want[160];
	int argc;
	char **argv;

	write_file("plug in.py", "#!/bin/sh\n", 0700);
	assert_int_equal(
	    parse(BOT
		"[plugin \"pong\"]\n"
		"exec = 'plug in.py' --a \"b \\\"c\"\nevents = READY,GUILD_CREATE\n"
		"window=2\n[plugin \"sh\"]\nexec = sh -c true\n"),
	    0);
	assert_int_equal(t.config.plugins, 2);
	assert_string_equal(t.config.plugin[0].name, "pong");
	assert_int_equal(t.config.plugin[0].window, 2);
	assert_true(t.config.plugin[0].timeout_s == 30);
	argv = config_split(t.config.plugin[0].exec, &argc, &t.err);
	assert_non_null(argv);
	assert_int_equal(argc, 3);
	str_format(want, sizeof(want), "%s/plug in.py", t.dir);
	assert_string_equal(argv[0], want);
	assert_string_equal(argv[2], "b \"c");
	assert_null(argv[3]);
	free(argv);
	assert_int_equal(t.config.plugin[1].exec[0], '/');
	assert_string_equal(t.config.plugin[1].events, "*");
	assert_true(config_wants("*", "X", 1));
	assert_true(config_wants("READY,GUILD_CREATE", "GUILD_CREATE", 12));
	assert_false(config_wants("READY,GUILD_CREATE", "GUILD", 5));
}

static void
test_split(void **state)
{
	char many[256] = "";
	int argc;
	char **argv;

	argv = config_split(" a  'b c'd \"e\\\"f\\n\" g\\ h '' ", &argc,
	    &t.err);
	assert_int_equal(argc, 5);
	assert_string_equal(argv[0], "a");
	assert_string_equal(argv[1], "b cd");
	assert_string_equal(argv[2], "e\"f\\n");
	assert_string_equal(argv[3], "g h");
	assert_string_equal(argv[4], "");
	free(argv);
	argv = config_split("", &argc, &t.err);
	assert_int_equal(argc, 0);
	free(argv);
	assert_null(config_split("a \"b", &argc, &t.err));
	for (int i = 0; i <= CONFIG_ARGS_MAX; i++)
		strcat(many, "x ");
	assert_null(config_split(many, &argc, &t.err));
}

static char *
written(void (*write)(FILE *), const struct config *c)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (c != NULL)
		config_write(c, f);
	else
		write(f);
	fclose(f);
	return text;
}

/* Every value survives being shown and read again. */
static void
test_sample_and_show_round_trip(void **state)
{
	char *sample = written(config_write_sample, NULL), *show, *again;

	assert_int_equal(parse(sample), 0);
	assert_int_equal(t.config.intents, 1 | 512 | 4096);
	show = written(NULL, &t.config);
	assert_non_null(strstr(show, "\n#shards = auto\n"));
	assert_non_null(strstr(show,
	    "\nintents = GUILDS, GUILD_MESSAGES, "
	    "DIRECT_MESSAGES\n"));
	for (char *p = show; (p = strstr(p, "\n#")) != NULL; p++)
		p[1] = ' ';
	assert_int_equal(parse(show), 0);
	again = written(NULL, &t.config);
	for (char *p = again; (p = strstr(p, "\n#")) != NULL; p++)
		p[1] = ' ';
	assert_string_equal(show, again);
	free(sample);
	free(show);
	free(again);
}

static char *
source_file(const char *name)
{
	char path[600], *text = base_alloc(1 << 20);
	size_t n;
	FILE *f;

	str_format(path, sizeof(path), "%s/%s", top, name);
	if ((f = fopen(path, "r")) == NULL)
		fail_msg("%s: start this test at the top of the sources", path);
	n = fread(text, 1, (1 << 20) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

/* What is generated and committed must be what the table says. */
static void
test_committed_files(void **state)
{
	static const char begin[] = ".\\\" begin keys\n",
			  end[] = ".\\\" end keys\n";
	char *sample = source_file("conf/shardherd.conf.sample");
	char *page = source_file("man/shardherd.conf.5"), *from, *to;
	char *want = written(config_write_sample, NULL);

	assert_string_equal(sample, want);
	free(want);
	want = written(config_write_mdoc, NULL);
	assert_non_null(from = strstr(page, begin));
	assert_non_null(to = strstr(page, end));
	*to = '\0';
	assert_string_equal(from + strlen(begin), want);
	free(want);
	free(sample);
	free(page);
}

static void
test_token(void **state)
{
	char *token;

	write_file("token", " Bot abc.def \n", 0600);
	token = config_read_token("token", &t.err);
	assert_string_equal(token, "abc.def");
	free(token);
	write_file("token", "abc.def\n", 0640);
	assert_null(config_read_token("token", &t.err));
	assert_non_null(strstr(t.err.text, "chmod 600 token"));
	assert_int_equal(t.err.code, EXIT_CONFIG);
	write_file("token", "\n", 0600);
	assert_null(config_read_token("token", &t.err));
	write_file("token", "abc\ndef", 0600);
	assert_null(config_read_token("token", &t.err));
	assert_null(strstr(t.err.text, "abc"));
	assert_null(config_read_token("gone", &t.err));
	assert_null(config_read_token("/dev/null", &t.err));
}

static void
test_load(void **state)
{
	assert_int_equal(config_load(&t.config, "shardherd.conf", on_problem,
			     NULL, &t.err),
	    -1);
	assert_int_equal(t.err.code, EXIT_CONFIG);
	write_file("shardherd.conf", "\xef\xbb\xbf" BOT, 0600);
	assert_int_equal(config_load(&t.config, "./shardherd.conf", on_problem,
			     NULL, &t.err),
	    0);
	config_free(&t.config);
	assert_int_equal(config_load(&t.config, "/dev/null", on_problem, NULL,
			     &t.err),
	    -1);
}

/* An event newer than us is a warning; a permission there is not, an error. */
static void
test_warnings(void **state)
{
	static const char text[] =
	    "[bot]\nintents = GUILD_MESSAGES\n"
	    "[handler]\nprefix = !\n[plugin \"a\"]\nexec = /bin/true\n"
	    "events = MESSAGE_CREAT, MESSAGE_DELETE, SOME_FUTURE_EVENT\n"
	    "permissions = ranks\n";

	assert_int_equal(parse(text), 0);
	assert_true(config_may(&t.config.plugin[0], "ranks"));
	assert_false(config_may(&t.config.plugin[0], "rank"));
	t.n = 0;
	config_warn(&t.config, on_problem, NULL);
	assert_int_equal(t.n, 3);
	assert_non_null(strstr(t.said[0], "without MESSAGE_CONTENT"));
	assert_non_null(strstr(t.said[1],
	    "shardherd.conf:5: [plugin \"a\"] "
	    "events: MESSAGE_CREAT is no event known to this version; did you "
	    "mean MESSAGE_CREATE?"));
	assert_non_null(strstr(t.said[2], "SOME_FUTURE_EVENT"));
	assert_int_equal(parse(
			     "[bot]\nintents = GUILD_MESSAGES\n[handler]\n"
			     "prefix = @\n[plugin \"a\"]\nexec = /bin/true\n"),
	    0);
	t.n = 0;
	config_warn(&t.config, on_problem, NULL);
	assert_int_equal(t.n, 0);
	assert_int_equal(
	    parse("[bot]\nintents = 0\n[handler]\nprefix = /\n"
		  "[plugin \"a\"]\nexec = /bin/true\npermissions = rank\n"),
	    -1);
	assert_int_equal(t.n, 2);
	assert_non_null(strstr(t.said[0],
	    "[handler] prefix: expected 1 to 16 "
	    "bytes"));
	assert_non_null(strstr(t.said[1], "did you mean \"ranks\"?"));
}

/* Every text is one of the copy's own: both are freed (ASan looks on). */
static void
test_plugin_copy(void **state)
{
	struct config_plugin copy = {0};

	assert_int_equal(
	    parse(BOT "[plugin \"a\"]\nexec = /bin/true\n"
		      "user = root\nguilds = 12345678901234567\nconfig.x = y\n"
		      "[plugin \"b\"]\nexec = /bin/cat\n"),
	    0);
	config_plugin_copy(&copy, &t.config.plugin[1]);
	config_plugin_copy(&copy, &t.config.plugin[0]);
	config_free(&t.config);
	assert_string_equal(copy.name, "a");
	assert_string_equal(copy.exec, "/bin/true");
	assert_string_equal(copy.user, "root");
	assert_string_equal(copy.guilds, "12345678901234567");
	assert_string_equal(copy.own, "x=y\n");
	config_plugin_free(&copy);
	assert_null(copy.user);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
	    T(test_defaults),
	    T(test_every_problem_in_one_run),
	    T(test_cross_checks),
	    T(test_durations_and_sizes),
	    T(test_intents),
	    T(test_values_refused),
	    T(test_proxy_password),
	    T(test_long_lines),
	    T(test_plugin),
	    T(test_plugin_copy),
	    T(test_split),
	    T(test_sample_and_show_round_trip),
	    T(test_committed_files),
	    T(test_token),
	    T(test_load),
	    T(test_warnings),
	};

	if (getcwd(top, sizeof(top)) == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
