/* SPDX-License-Identifier: MIT */
/* See upgrade_check.h. */
#include "supervisor/upgrade/upgrade_check.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/config/config.h"
#include "shared/page/page.h"
#include "shared/store/store.h"
#include "shared/net/tls.h"
#include "shared/base/version.h"
#include "supervisor/base/preflight.h"

#define CONFIG_TEXT_MAX (1u << 20)

/* ---- the role ------------------------------------------------------- */

struct problems {
	unsigned n;
	char first[512];
};

static void
on_problem(const char *line, void *arg)
{
	struct problems *p = arg;

	if (p->n++ == 0)
		str_copy(p->first, line, sizeof(p->first));
}

static int
read_config(struct config *c, const char *path, struct err *e)
{
	char *text = base_alloc(CONFIG_TEXT_MAX + 1);
	struct problems p = {0};
	size_t len = 0;
	ssize_t n;
	int rc;

	lseek(CONTRACT_FD_CONFIG, 0, SEEK_SET);
	while (len < CONFIG_TEXT_MAX
	    && (n = read(CONTRACT_FD_CONFIG, text + len, CONFIG_TEXT_MAX - len))
		> 0)
		len += (size_t)n;
	rc = config_recall(c, path, text, on_problem, &p, e);
	free(text);
	if (rc == -1 && p.n > 0)
		err_set(e, EXIT_CONFIG,
		    "it does not accept the config in force: %s%s", p.first,
		    p.n > 1 ? " (and more)" : "");
	return rc;
}

static int
look(const char *path, struct err *e)
{
	struct config c;
	struct store store;
	SSL_CTX *tls;

	if (read_config(&c, path, e) == -1 || preflight_dirs(&c, e) == -1
	    || store_open(&store, c.state_dir, e) == -1)
		return -1;
	tls = tls_client_new(c.ca_file, e);
	if (tls == NULL && strncmp(c.api, "http://", 7) != 0)
		return -1;
	SSL_CTX_free(tls);
	config_free(&c);
	return 0;
}

int
upgrade_check_main(int argc, char **argv)
{
	struct err e = {0};

	if (argc != 1) {
		fprintf(stderr,
		    "shardherd: this role is started by \"shardherd upgrade\", "
		    "not by hand\n");
		return EXIT_USAGE;
	}
	if (look(argv[0], &e) == -1) {
		for (char *s = e.text; *s != '\0'; s++)
			if (*s == '\n')
				*s = ' ';
		printf(CONTRACT_EXAMINED "error %d %s\n", e.code, e.text);
		return e.code;
	}
	printf(CONTRACT_EXAMINED "ok %s %d %d\n", SHARDHERD_VERSION,
	    CONTRACT_VERSION, PAGE_VERSION);
	return EXIT_FINE;
}

/* ---- what it said --------------------------------------------------- */

/* The last line that is not empty; it ends where the text does or a '\n' is. */
static const char *
last_line(const char *text)
{
	const char *line = "";

	for (const char *p = text; *p != '\0';
	     p += strcspn(p, "\n"), p += *p == '\n')
		if (*p != '\n')
			line = p;
	return line;
}

static void
ending(int status, char *out, size_t size)
{
	if (WIFSIGNALED(status))
		str_format(out, size, "was ended by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		str_format(out, size, "exited with code %d",
		    WEXITSTATUS(status));
}

int
upgrade_check_read(const char *output, int status, struct examined *out,
    struct err *e)
{
	const char *line = last_line(output), *word;
	int len = (int)strcspn(line, "\n"), code, at = 0;
	char end[128];

	memset(out, 0, sizeof(*out));
	ending(status, end, sizeof(end));
	if (strncmp(line, CONTRACT_EXAMINED, strlen(CONTRACT_EXAMINED)) != 0)
		return err_set(e, EXIT_DEGRADED,
		    "it %s when asked whether it can take over%s%.*s", end,
		    len > 0
			? ": "
			: ", without a word: is it shardherd, for this machine?",
		    len, line);
	word = line + strlen(CONTRACT_EXAMINED);
	if (sscanf(word, "error %d %n", &code, &at) == 1 && at > 0)
		return err_set(e, code > 0 ? code : EXIT_DEGRADED, "%.*s",
		    (int)strcspn(word + at, "\n"), word + at);
	if (sscanf(word, "ok %63s %u %u", out->version, &out->contract,
		&out->page)
		== 3
	    && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(e, EXIT_DEGRADED,
	    "its answer is not understood (%.*s, and it %s)", len, line, end);
}
