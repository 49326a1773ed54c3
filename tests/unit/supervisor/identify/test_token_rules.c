/* SPDX-License-Identifier: MIT */
/* Another token: what it costs, whose it is, and how secrets are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/config/config.h"
#include "shared/base/secret.h"
#include "supervisor/identify/token_rules.h"
#include "tests/unit/rig/scratch.h"

static struct token_rules_cost
cost(uint32_t shards, uint32_t keys, int64_t remaining)
{
	return (struct token_rules_cost) {.shards = shards,
	    .keys = keys,
	    .interval_s = 5,
	    .total = 1000,
	    .remaining = remaining,
	    .reserve = 50,
	    .reset_ms = 3600000};
}

static void
test_price(void **state)
{
	struct token_rules_cost c = cost(16, 1, 983);
	char out[400];
	struct err e;

	assert_int_equal(token_rules_price(&c, out, sizeof(out), &e), 0);
	assert_string_equal(out,
	    "A session ends with its token: 16 IDENTIFYs of the 983 left (then "
	    "967, the reserve is 50), about 80 s at 1 at a time.");
	c = cost(33, 16, 1000);
	assert_true(token_rules_seconds(&c) == 15);
	c.keys = 0; /* nothing Discord says; must not divide by it */
	assert_true(token_rules_seconds(&c) == 165);
}

static void
test_price_too_high(void **state)
{
	struct token_rules_cost c = cost(16, 1, 60);
	char out[400];
	struct err e;

	assert_int_equal(token_rules_price(&c, out, sizeof(out), &e), -1);
	assert_int_equal(e.code, EXIT_TRY_LATER);
	assert_non_null(strstr(e.text, "--force"));
	c.force = true;
	assert_int_equal(token_rules_price(&c, out, sizeof(out), &e), 0);
	c.remaining = 15;
	assert_int_equal(token_rules_price(&c, out, sizeof(out), &e), -1);
	assert_non_null(strstr(e.text, "in 60 min"));
	c.remaining = 66;
	c.force = false;
	assert_int_equal(token_rules_price(&c, out, sizeof(out), &e), 0);
}

static void
test_same_bot(void **state)
{
	struct token_rules_bot b = {.user_id = "7", .app_id = "70"};
	struct discord_ask_answer w = {.user_id = "7", .app_id = "70"};

	assert_true(token_rules_same_bot(&b, &w));
	str_copy(w.app_id, "71", sizeof(w.app_id));
	assert_false(token_rules_same_bot(&b, &w));
	/* Without the application the user decides. */
	w.app_id[0] = '\0';
	assert_true(token_rules_same_bot(&b, &w));
	str_copy(w.user_id, "8", sizeof(w.user_id));
	assert_false(token_rules_same_bot(&b, &w));
}

/* ---- secrets -------------------------------------------------------- */

/* The VmFlags of the mapping that holds p. */
static bool
has_flag(const void *p, const char *flag)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512];
	bool inside = false, found = false;
	unsigned long a, b;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%lx-%lx ", &a, &b) == 2)
			inside = (uintptr_t)p >= a && (uintptr_t)p < b;
		else if (inside && strncmp(line, "VmFlags:", 8) == 0)
			found = strstr(line, flag) != NULL;
	}
	fclose(f);
	return found;
}

static void
test_secret_is_not_dumped(void **state)
{
	char *s = secret_take(strdup("the.token")), *big;
	char text[9000];

	assert_string_equal(s, "the.token");
	assert_true(has_flag(s, " dd"));
	secret_drop(s);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	big = secret_keep(text);
	assert_string_equal(big, text);
	secret_drop(big);
	secret_drop(NULL);
	assert_int_not_equal(secret_identity("a"), secret_identity("b"));
}

static void
test_no_core(void **state)
{
	struct rlimit r;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		secret_no_core();
		_exit(
		    getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_max <= 1 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- the file ------------------------------------------------------- */

static char dir[SCRATCH_MAX], path[SCRATCH_MAX + 16];

static void
put(const char *text, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
read_as(const char *want)
{
	struct err e;
	char *token = config_read_token(path, &e);

	if (want == NULL) {
		assert_null(token);
		assert_int_equal(e.code, EXIT_CONFIG);
		assert_null(strstr(e.text, "se.cr.et"));
		return;
	}
	assert_non_null(token);
	assert_string_equal(token, want);
	secret_free(token);
}

static void
test_token_file(void **state)
{
	struct err e;

	assert_int_equal(scratch_make(dir, sizeof(dir)), 0);
	snprintf(path, sizeof(path), "%s/token", dir);
	put(" Bot se.cr.et \n", 0600);
	read_as("se.cr.et");
	put("se.cr.et\n", 0640);
	read_as(NULL);
	put("se.cr.et\n", 0604);
	read_as(NULL);
	put("se.cr.et more\n", 0600);
	read_as(NULL);
	put("\n", 0600);
	read_as(NULL);
	/* Another user's file is another user's token. */
	put("se.cr.et\n", 0600);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 4242, 4242), 0);
		read_as("se.cr.et");
	}
	/* A credential shows its ACL as the group's bits. */
	put("se.cr.et\n", 0440);
	setenv(CONFIG_CREDENTIALS, dir, 1);
	read_as("se.cr.et");
	put("se.cr.et\n", 0444);
	read_as(NULL);
	unsetenv(CONFIG_CREDENTIALS);
	unlink(path);
	assert_null(config_read_token(path, &e));
	scratch_remove(dir);
}

static void
credential_case(const char *text, const char *want)
{
	static struct config c;
	char conf[SCRATCH_MAX + 32];
	struct err e;

	snprintf(conf, sizeof(conf), "%s/shardherd.conf", dir);
	assert_int_equal(config_parse(&c, conf, text, NULL, NULL, &e), 0);
	assert_string_equal(c.token_file, want);
	config_free(&c);
}

/* $CREDENTIALS_DIRECTORY/token counts when nothing else is said. */
static void
test_credential(void **state)
{
	char beside[SCRATCH_MAX + 16], cred[SCRATCH_MAX + 8];

	assert_int_equal(scratch_make(dir, sizeof(dir)), 0);
	snprintf(cred, sizeof(cred), "%s/cred", dir);
	snprintf(path, sizeof(path), "%s/token", cred);
	snprintf(beside, sizeof(beside), "%s/token", dir);
	assert_int_equal(mkdir(cred, 0700), 0);
	setenv(CONFIG_CREDENTIALS, cred, 1);
	credential_case("[bot]\nintents = GUILDS\n", beside);
	put("se.cr.et", 0400);
	credential_case("[bot]\nintents = GUILDS\n", path);
	credential_case("[bot]\nintents = GUILDS\ntoken_file = /x/y\n", "/x/y");
	unsetenv(CONFIG_CREDENTIALS);
	credential_case("[bot]\nintents = GUILDS\n", beside);
	scratch_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_price),
	    cmocka_unit_test(test_price_too_high),
	    cmocka_unit_test(test_same_bot),
	    cmocka_unit_test(test_secret_is_not_dumped),
	    cmocka_unit_test(test_no_core),
	    cmocka_unit_test(test_token_file),
	    cmocka_unit_test(test_credential),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
