/* SPDX-License-Identifier: MIT */
/* A plugin process; see plugin_child.h. */
#include "tests/unit/handler/plugins/plugin_child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void
plugin_child_start(struct plugin_child *c, const char *const argv[])
{
	int in[2], out[2];

	must(c->pid == 0 && pipe2(in, O_CLOEXEC) == 0
	    && pipe2(out, O_CLOEXEC) == 0);
	c->pid = fork();
	must(c->pid >= 0);
	if (c->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	c->in = in[1];
	c->out = out[0];
}

void
plugin_child_kill(struct plugin_child *c)
{
	if (c->pid == 0)
		return;
	kill(c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
	close(c->in);
	close(c->out);
	free(c->text);
	memset(c, 0, sizeof(*c));
}

void
plugin_child_send(struct plugin_child *c, const char *line)
{
	size_t len = strlen(line);
	ssize_t n;

	for (; len > 0; line += n, len -= (size_t)n) {
		n = write(c->in, line, len);
		must(n > 0);
	}
	must(write(c->in, "\n", 1) == 1);
}

static void
child_read(struct plugin_child *c)
{
	struct pollfd p = {.fd = c->out, .events = POLLIN};
	ssize_t n;

	must(poll(&p, 1, PLUGIN_CHILD_WAIT_MS) == 1);
	c->text = base_realloc(c->text, c->len + 65536);
	n = read(c->out, c->text + c->len, 65536);
	must(n > 0);
	c->len += (size_t)n;
}

char *
plugin_child_line(struct plugin_child *c)
{
	char *end, *line;
	size_t n;

	while (c->len == 0 || (end = memchr(c->text, '\n', c->len)) == NULL)
		child_read(c);
	n = (size_t)(end - c->text);
	line = base_alloc(n + 1);
	memcpy(line, c->text, n);
	c->len -= n + 1;
	memmove(c->text, end + 1, c->len);
	return line;
}
