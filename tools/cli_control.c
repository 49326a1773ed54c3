/* SPDX-License-Identifier: MIT */
/*
 * The control socket from the asking side: one line of JSON each way, with a
 * deadline, because the supervisor may be stopped or busy.
 */
#include "tools/cli_control.h"

#include "shared/clock.h"

#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536
#define ANSWER_MS 10000

static int
dial(const struct config *c, struct err *err)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (!str_format(sun.sun_path, sizeof(sun.sun_path), "%s/control.sock",
	    c->run_dir))
		return err_set(err, EXIT_CONFIG, "[paths] run_dir is too long "
		    "for a socket: %s", c->run_dir);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return err_sys(err, EXIT_DEGRADED, "Cannot make a socket");
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	if (errno == ENOENT || errno == ECONNREFUSED)
		err_set(err, EXIT_DOWN, "The fleet is not running (nobody "
		    "listens at %s).", sun.sun_path);
	else
		err_sys(err, EXIT_UNKNOWN, "Cannot reach the supervisor at %s",
		    sun.sun_path);
	close(fd);
	return -1;
}

/* Reads up to the newline into a buffer the caller frees. */
static char *
read_answer(int fd, struct err *err)
{
	uint64_t until = clock_boot_ms() + ANSWER_MS, now;
	char *text = base_alloc(LINE_MAX_BYTES + 1);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t have = 0;

	while ((now = clock_boot_ms()) < until && have < LINE_MAX_BYTES) {
		ssize_t n;

		if (poll(&p, 1, (int)(until - now)) <= 0)
			continue;
		n = read(fd, text + have, LINE_MAX_BYTES - have);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
		if (memchr(text, '\n', have) != NULL)
			return text;
	}
	err_set(err, EXIT_UNKNOWN, "The supervisor did not answer%s.",
	    clock_boot_ms() >= until ? " within 10 s: it hangs or is stopped" :
	    "");
	free(text);
	return NULL;
}

static struct json_object *
parse_answer(const char *text, struct err *err)
{
	struct json_object *o = json_tokener_parse(text), *f;

	if (!json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		err_set(err, EXIT_UNKNOWN, "The supervisor's answer is not "
		    "understood: is it of another version?");
		return NULL;
	}
	if (json_object_object_get_ex(o, "ok", &f) &&
	    json_object_get_boolean(f))
		return o;
	err_set(err, EXIT_DEGRADED, "The supervisor refused.");
	if (json_object_object_get_ex(o, "error", &f))
		err_set(err, EXIT_DEGRADED, "%s", json_object_get_string(f));
	if (err != NULL && json_object_object_get_ex(o, "code", &f) &&
	    json_object_get_int(f) > 0)
		err->code = json_object_get_int(f);
	json_object_put(o);
	return NULL;
}

struct json_object *
cli_control_ask(const struct config *c, struct json_object *request,
    struct err *err)
{
	const char *line = json_object_to_json_string_ext(request,
	    JSON_C_TO_STRING_PLAIN);
	struct json_object *answer = NULL;
	char *text;
	int fd = dial(c, err);

	if (fd != -1) {
		if (send(fd, line, strlen(line), MSG_NOSIGNAL) !=
		    (ssize_t)strlen(line) || send(fd, "\n", 1, MSG_NOSIGNAL) != 1)
			err_sys(err, EXIT_UNKNOWN, "The supervisor does not "
			    "listen");
		else if ((text = read_answer(fd, err)) != NULL) {
			answer = parse_answer(text, err);
			free(text);
		}
		close(fd);
	}
	json_object_put(request);
	return answer;
}
