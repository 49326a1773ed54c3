/* SPDX-License-Identifier: MIT */
/*
 * doctor: the way to Discord.  A child looks names up, connects and shakes
 * hands, and is ended at its deadline; it sends no token and no request.
 */
#include "tools/cli/doctor/doctor.h"

#include "shared/base/clock.h"
#include "shared/net/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct target {
	char host[256], port[8];
	bool tls;
};

/* "https://host:port/path"; false: not such. */
static bool
target_of(const char *url, struct target *t)
{
	const char *at = strstr(url, "://"), *end, *colon;

	if (at == NULL)
		return false;
	t->tls = strncmp(url, "https", 5) == 0 || strncmp(url, "wss", 3) == 0;
	str_copy(t->port, t->tls ? "443" : "80", sizeof(t->port));
	at += 3;
	end = at + strcspn(at, "/?");
	if (end - at >= (ptrdiff_t)sizeof(t->host))
		return false;
	memcpy(t->host, at, (size_t)(end - at));
	t->host[end - at] = '\0';
	colon = strrchr(t->host, ':');
	if (colon != NULL && strchr(colon, ']') == NULL) {
		str_copy(t->port, colon + 1, sizeof(t->port));
		t->host[colon - t->host] = '\0';
	}
	if (t->host[0] == '[') { /* an IPv6 address */
		memmove(t->host, t->host + 1, strlen(t->host));
		t->host[strcspn(t->host, "]")] = '\0';
	}
	return t->host[0] != '\0';
}

/* ---- in the child ---------------------------------------------------- */

/* The first that answers; -1 with errno. */
static int
dial(const struct addrinfo *list)
{
	int error = ENOENT;

	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		struct timeval tv = {.tv_sec = 2};

		if (fd == -1)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
			return fd;
		error = errno == EINPROGRESS ? ETIMEDOUT : errno;
		close(fd);
	}
	errno = error;
	return -1;
}

static bool
shake(const struct target *t, const char *ca_file, int fd, char *out,
    size_t size)
{
	struct err e;
	SSL_CTX *ctx = tls_client_new(ca_file, &e);
	SSL *ssl = ctx != NULL ? SSL_new(ctx) : NULL;
	long verify;

	if (ssl == NULL) {
		str_copy(out, e.text, size);
		return false;
	}
	SSL_set_fd(ssl, fd);
	SSL_set_tlsext_host_name(ssl, t->host);
	if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), t->host) != 1)
		SSL_set1_host(ssl, t->host);
	if (SSL_connect(ssl) == 1)
		return true;
	verify = SSL_get_verify_result(ssl);
	if (verify != X509_V_OK)
		str_copy(out, X509_verify_cert_error_string(verify), size);
	else
		tls_error(out, size);
	return false;
}

/* A letter, what failed, and its words. */
static void
try_it(const struct target *t, const char *ca_file, int to)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
	char words[256] = "", line[300];
	char step = '+';
	int fd, rc = getaddrinfo(t->host, t->port, &hints, &list);

	if (rc != 0) {
		step = 'n';
		str_copy(words, gai_strerror(rc), sizeof(words));
	} else if ((fd = dial(list)) == -1) {
		step = 'c';
		str_copy(words, strerror(errno), sizeof(words));
	} else if (t->tls && !shake(t, ca_file, fd, words, sizeof(words))) {
		step = 't';
	}
	str_format(line, sizeof(line), "%c%s", step, words);
	if (write(to, line, strlen(line)) == -1)
		_exit(1);
	_exit(0);
}

/* ---- here ------------------------------------------------------------ */

/* What a child writes until it ends or its time is up: how much. */
static size_t
read_until(int fd, double seconds, char *out, size_t size)
{
	uint64_t now = clock_boot_ms();
	uint64_t end = now + (uint64_t)(seconds * 1000);
	size_t n = 0;

	for (; n + 1 < size && now < end; now = clock_boot_ms()) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t r;

		if (poll(&p, 1, (int)(end - now) + 1) <= 0)
			continue;
		r = read(fd, out + n, size - 1 - n);
		if (r <= 0)
			break;
		n += (size_t)r;
	}
	out[n] = '\0';
	return n;
}

static void
end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
}

static void
judge_way(struct doctor *d, const struct target *t, const char *what,
    const char *line)
{
	switch (line[0]) {
	case '+':
		doctor_well(d, "network", "%s %s:%s answers%s", what, t->host,
		    t->port, t->tls ? ", its certificate is good" : "");
		break;
	case 'n':
		doctor_ill(d, PAGE_WARNING, "network",
		    "Look at /etc/resolv.conf and the name server it names.",
		    "The name %s can't be looked up: %s.", t->host, line + 1);
		break;
	case 'c':
		doctor_ill(d, PAGE_WARNING, "network",
		    "Look at the firewall, the route and [gateway] proxy.",
		    "%s %s:%s can't be reached: %s.", what, t->host, t->port,
		    line + 1);
		break;
	case 't':
		doctor_ill(d, PAGE_WARNING, "network",
		    "Look at the clock, at [gateway] ca_file, and for a proxy "
		    "that puts its own certificate in between.",
		    "No TLS with %s:%s: %s.", t->host, t->port, line + 1);
		break;
	default:
		doctor_ill(d, PAGE_WARNING, "network",
		    "Look at the name server, the firewall and the route.",
		    "%s %s:%s did not answer within %d s.", what, t->host,
		    t->port, DOCTOR_NET_S);
		break;
	}
}

static void
look_way(struct doctor *d, const char *what, const char *url,
    const char *ca_file)
{
	struct target t;
	char line[512];
	int fds[2];
	pid_t pid;

	if (!target_of(url, &t) || pipe2(fds, O_CLOEXEC) == -1)
		return;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		try_it(&t, ca_file, fds[1]);
	close(fds[1]);
	if (pid != -1) {
		read_until(fds[0], DOCTOR_NET_S, line, sizeof(line));
		end_child(pid);
		judge_way(d, &t, what, line);
	}
	close(fds[0]);
}

void
doctor_net(struct doctor *d)
{
	const struct config *c = &d->cli->config;
	char ca[CONFIG_PATH_MAX] = "";
	struct err e;

	if (!d->configured || c->api == NULL)
		return;
	if (tls_find_ca(c->ca_file, ca, sizeof(ca), &e) == 0)
		doctor_well(d, "network", "certificates of %s", ca);
	else
		doctor_ill(d, PAGE_WARNING, "network",
		    "Install ca-certificates, or set [gateway] ca_file.", "%s",
		    e.text);
	/* Behind a proxy nothing else need be reached from here. */
	if (c->proxy != NULL && c->proxy[0] != '\0')
		look_way(d, "the proxy", c->proxy, ca);
	else
		look_way(d, "Discord's API,", c->api, ca);
}

/* The verb for it, in a process of its own, which may be ended. */
void
doctor_ask(struct doctor *d)
{
	char said[2048] = "";
	int fds[2], status = -1;
	pid_t pid;

	if (!d->configured || pipe2(fds, O_CLOEXEC) == -1)
		return;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		execl("/proc/self/exe", "shardherd", "-c", d->cli->config.path,
		    "token", "check", (char *)NULL);
		_exit(EXIT_UNKNOWN);
	}
	close(fds[1]);
	if (pid != -1) {
		read_until(fds[0], DOCTOR_ASK_S, said, sizeof(said));
		if (waitpid(pid, &status, WNOHANG) != pid)
			usleep(100000);
		if (status == -1 && waitpid(pid, &status, WNOHANG) != pid)
			end_child(pid);
	}
	close(fds[0]);
	said[strcspn(said, "\n")] = '\0';
	if (status == 0)
		doctor_well(d, "token", "Discord takes it now: %.200s", said);
	else if (status != -1)
		doctor_ill(d, PAGE_WARNING, "token",
		    "\"shardherd token check\" says it in full.",
		    "Discord does not take the token: %.300s", said);
	else
		doctor_ill(d, PAGE_WARNING, "token",
		    "\"shardherd token check\" tries again.",
		    "Discord did not say within %d s whether it takes the "
		    "token.",
		    DOCTOR_ASK_S);
}
