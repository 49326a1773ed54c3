/* SPDX-License-Identifier: MIT */
/* See sd_notify.h. */
#include "supervisor/base/sd_notify.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "shared/base/log.h"
#include "shared/base/text.h"

/* ---- environment ---------------------------------------------------- */

bool
sd_notify_address(const char *value, struct sockaddr_un *sa, uint32_t *len)
{
	size_t n = strlen(value);

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	if ((value[0] != '/' && value[0] != '@') || n < 2
	    || n >= sizeof(sa->sun_path))
		return false;
	memcpy(sa->sun_path, value, n);
	/* An abstract name begins with a NUL and has none at its end. */
	if (value[0] == '@')
		sa->sun_path[0] = '\0';
	*len = (uint32_t)(offsetof(struct sockaddr_un, sun_path) + n
	    + (value[0] == '/'));
	return true;
}

/* unsetenv() frees nothing: what was found stays ours for the
 * process's life. */
static const char *found[3];

static const char *
take(const char *name, const char **keep)
{
	*keep = getenv(name);
	unsetenv(name);
	return *keep;
}

static uint64_t
watchdog_of(const struct sd_notify *n)
{
	uint64_t us = 0, pid = 0;

	if (n->usec == NULL || !str_to_u64(n->usec, &us))
		return 0;
	/* Meant for whoever is named, if anybody is. */
	if (n->pid != NULL
	    && (!str_to_u64(n->pid, &pid) || pid != (uint64_t)getpid()))
		return 0;
	return us;
}

void
sd_notify_open(struct sd_notify *n, bool wanted)
{
	memset(n, 0, sizeof(*n));
	n->fd = -1;
	n->socket = take("NOTIFY_SOCKET", &found[0]);
	n->usec = take("WATCHDOG_USEC", &found[1]);
	n->pid = take("WATCHDOG_PID", &found[2]);
	if (!wanted || n->socket == NULL)
		return;
	if (!sd_notify_address(n->socket, &n->to, &n->to_len)) {
		log_warn("$NOTIFY_SOCKET names no Unix socket: systemd is not "
			 "told anything.");
		return;
	}
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	n->watchdog_us = watchdog_of(n);
}

void
sd_notify_environ(const struct sd_notify *n)
{
	if (n->socket != NULL)
		setenv("NOTIFY_SOCKET", n->socket, 1);
	if (n->usec != NULL)
		setenv("WATCHDOG_USEC", n->usec, 1);
	if (n->pid != NULL)
		setenv("WATCHDOG_PID", n->pid, 1);
}

void
sd_notify_forget(void)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void
sd_notify_close(struct sd_notify *n)
{
	if (n->fd != -1)
		close(n->fd);
	n->fd = -1;
}

/* ---- messages ------------------------------------------------------- */

static bool tell(struct sd_notify *, const char *fmt, ...) printflike(2, 3);

/* false: the socket is full. */
static bool
tell(struct sd_notify *n, const char *fmt, ...)
{
	char text[SD_NOTIFY_MESSAGE];
	va_list ap;
	int len;

	if (n->fd == -1)
		return true;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	must(len > 0 && (size_t)len < sizeof(text));
	return sendto(n->fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT,
		   (const struct sockaddr *)&n->to, n->to_len)
	    != -1
	    || (errno != EAGAIN && errno != ENOBUFS);
}

static void
keep_status(struct sd_notify *n, const char *status)
{
	/* One line, or it would forge another assignment. */
	text_clean(n->status, sizeof(n->status), status, strlen(status));
}

bool
sd_notify_ready(struct sd_notify *n, const char *status)
{
	keep_status(n, status);
	return tell(n, "READY=1\nMAINPID=%d\nSTATUS=%s\n", (int)getpid(),
	    n->status);
}

void
sd_notify_reloading(struct sd_notify *n)
{
	struct timespec ts;

	/* systemd compares it with its own stamp of the signal. */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	tell(n, "RELOADING=1\nMONOTONIC_USEC=%llu\n",
	    (unsigned long long)ts.tv_sec * 1000000
		+ (unsigned long long)ts.tv_nsec / 1000);
}

void
sd_notify_status(struct sd_notify *n, const char *status)
{
	char was[SD_NOTIFY_STATUS];

	memcpy(was, n->status, sizeof(was));
	keep_status(n, status);
	if (strcmp(was, n->status) != 0)
		tell(n, "STATUS=%s\n", n->status);
}

void
sd_notify_watchdog(struct sd_notify *n)
{
	tell(n, "WATCHDOG=1\n");
}

void
sd_notify_extend(struct sd_notify *n, double s)
{
	tell(n, "EXTEND_TIMEOUT_USEC=%llu\n",
	    (unsigned long long)(s * 1000000));
}

void
sd_notify_stopping(struct sd_notify *n, double s)
{
	keep_status(n, "stopping");
	tell(n, "STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=%llu\n",
	    (unsigned long long)(s * 1000000));
}
