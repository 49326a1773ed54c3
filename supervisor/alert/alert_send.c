/* SPDX-License-Identifier: MIT */
/*
 * The delivering child's own work: the body by json-c, the webhook by curl,
 * the hook by exec.  Nothing here may run in the supervisor, and nothing may
 * put the webhook's URL into a message: it is a secret.
 */
#include "supervisor/alert/alert_send.h"

#include "shared/page/verdict_table.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/process/executable.h"
#include "shared/base/secret.h"
#include "shared/base/text.h"
#include "shared/base/version.h"

#define CONNECT_S 5
#define POST_S 12 /* the rest of ALERT_DELIVER_S is the hook's */
#define DISCORD_PATH "/api/webhooks/"

bool
alert_send_is_discord(const char *url)
{
	static const char *const hosts[] = {"discord.com", "discordapp.com",
	    "canary.discord.com", "ptb.discord.com"};
	const char *host = strstr(url, "://");
	size_t n;

	if (host == NULL)
		return false;
	host += 3;
	n = strcspn(host, ":/?#");
	for (size_t i = 0; i < nitems(hosts); i++)
		if (strlen(hosts[i]) == n
		    && strncasecmp(host, hosts[i], n) == 0)
			return true;
	host += strcspn(host, "/?#");
	return strncmp(host, DISCORD_PATH, strlen(DISCORD_PATH)) == 0;
}

static void
put(struct json_object *o, const char *key, struct json_object *v)
{
	json_object_object_add(o, key, v);
}

static struct json_object *
generic(const struct config *c, const struct alert_msg *m)
{
	struct json_object *o = json_object_new_object();
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	put(o, "schema", json_object_new_int(1));
	put(o, "fleet", json_object_new_string(c->name));
	put(o, "host", json_object_new_string(host));
	put(o, "kind", json_object_new_string(m->kind));
	if (m->code < VERDICT_CODES_N && m->code != VERDICT_CODE_NONE)
		put(o, "code",
		    json_object_new_string(verdict_code_name[m->code]));
	put(o, "state", json_object_new_string(alert_news_name[m->news]));
	put(o, "text", json_object_new_string(m->text));
	put(o, "since_ms", json_object_new_int64(m->since_ms));
	put(o, "at_ms", json_object_new_int64(m->at_ms));
	return o;
}

/* Nobody is to be pinged by what a sentence may quote. */
static struct json_object *
for_discord(const struct config *c, const struct alert_msg *m)
{
	struct json_object *o = json_object_new_object();
	struct json_object *mentions = json_object_new_object();
	char text[ALERT_TEXT + 128];

	str_format(text, sizeof(text), "**%s** %s (%s): %s", c->name,
	    alert_news_name[m->news], m->kind, m->text);
	put(o, "content", json_object_new_string(text));
	put(mentions, "parse", json_object_new_array());
	put(o, "allowed_mentions", mentions);
	return o;
}

char *
alert_send_body(const struct config *c, const struct alert_msg *m, bool discord)
{
	struct json_object *o = discord ? for_discord(c, m) : generic(c, m);
	char *text = text_json(json_object_to_json_string_ext(o,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));

	json_object_put(o);
	return text;
}

/* ---- the webhook ---------------------------------------------------- */

static size_t
swallow(char *data, size_t one, size_t n, void *arg)
{
	return n;
}

static void
set_options(CURL *h, const struct config *c, const char *ca_file)
{
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, swallow);
	curl_easy_setopt(h, CURLOPT_USERAGENT, SHARDHERD_USER_AGENT);
	curl_easy_setopt(h, CURLOPT_TIMEOUT, (long)POST_S);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	if (ca_file[0] != '\0')
		curl_easy_setopt(h, CURLOPT_CAINFO, ca_file);
	curl_easy_setopt(h, CURLOPT_PROXY, c->proxy);
}

static void
post(const struct config *c, const char *ca_file, const char *url,
    const char *body, char *why, size_t size)
{
	struct curl_slist *head = curl_slist_append(NULL,
	    "Content-Type: application/json");
	long status = 0;
	CURLcode rc;
	CURL *h = curl_easy_init();

	if (h == NULL) {
		str_format(why, size, "curl could not be set up");
		return;
	}
	set_options(h, c, ca_file);
	curl_easy_setopt(h, CURLOPT_URL, url);
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, head);
	curl_easy_setopt(h, CURLOPT_POSTFIELDS, body);
	rc = curl_easy_perform(h);
	curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
	if (rc != CURLE_OK)
		str_format(why, size, "the webhook: %s",
		    curl_easy_strerror(rc));
	else if (status == 404)
		str_format(why, size,
		    "the webhook answered 404: it is gone; put the URL of "
		    "another one into its file");
	else if (status < 200 || status > 299)
		str_format(why, size, "the webhook answered %ld", status);
	curl_slist_free_all(head);
	curl_easy_cleanup(h);
}

static void
to_webhook(const struct config *c, const char *ca_file,
    const struct alert_msg *m, char *why, size_t size)
{
	struct err e;
	char *url = config_read_secret(c->alert_webhook, "webhook", &e);
	char *body;

	if (url == NULL) {
		str_format(why, size, "%s", e.text);
		return;
	}
	if (strncmp(url, "https://", 8) == 0
	    || strncmp(url, "http://", 7) == 0) {
		body = alert_send_body(c, m, alert_send_is_discord(url));
		post(c, ca_file, url, body, why, size);
		free(body);
	} else {
		str_format(why, size, "the webhook file holds no http URL");
	}
	secret_free(url);
}

/* ---- the hook ------------------------------------------------------- */

static void noreturn_fn
hook_child(char **argv, int in, int out)
{
	if (dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1
	    || dup2(out, STDERR_FILENO) == -1)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	fd_close_from(STDERR_FILENO + 1, NULL, 0);
	executable_run(argv[0], argv);
}

/* The last line of what it printed, with a colon; "" when it said nothing. */
static void
last_words(int fd, char *out, size_t size)
{
	char text[4096] = "", *end, *line;
	ssize_t n, have = 0;

	out[0] = '\0';
	/* Of what fits: a pipe nobody empties takes no more than that. */
	while ((n = read(fd, text, sizeof(text) - 1)) > 0)
		have = n;
	text[have] = '\0';
	for (end = text + have; end > text && end[-1] <= ' '; end--)
		end[-1] = '\0';
	line = strrchr(text, '\n');
	line = line != NULL ? line + 1 : text;
	if (line[0] != '\0')
		str_format(out, size, ": %s", TEXT_OF(line, 80));
}

/* The document fits a pipe, so writing it never waits for the hook. */
static void
to_hook(const struct config *c, const struct alert_msg *m, char *why,
    size_t size)
{
	char *body = alert_send_body(c, m, false);
	char **argv;
	int argc, fds[2], back[2], status = -1;
	char words[96];
	struct err e;
	pid_t pid;

	argv = config_split(c->alert_exec, &argc, &e);
	/* What it prints must not hold it up either: non-blocking. */
	if (argv == NULL || argc == 0 || pipe2(fds, O_CLOEXEC) == -1
	    || pipe2(back, O_CLOEXEC | O_NONBLOCK) == -1) {
		str_format(why, size, "the alert program can't be started");
		goto out;
	}
	pid = fork();
	if (pid == 0)
		hook_child(argv, fds[0], back[1]);
	fd_write_all(fds[1], body, strlen(body));
	fd_write_all(fds[1], "\n", 1);
	close(fds[0]);
	close(fds[1]);
	close(back[1]);
	if (pid == -1 || waitpid(pid, &status, 0) != pid || status != 0) {
		last_words(back[0], words, sizeof(words));
		str_format(why, size, "the alert program failed (status %d)%s",
		    WIFEXITED(status) ? WEXITSTATUS(status) : -1, words);
	}
	close(back[0]);
out:
	free(argv);
	free(body);
}

unsigned
alert_send_run(const struct config *c, const char *ca_file,
    const struct alert_msg *m, char *why, size_t size)
{
	char hook[128] = "";
	unsigned done = ALERT_DONE_WEBHOOK | ALERT_DONE_HOOK;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	why[0] = '\0';
	if (c->alert_webhook[0] != '\0' && (m->done & ALERT_DONE_WEBHOOK) == 0)
		to_webhook(c, ca_file, m, why, size);
	if (why[0] != '\0')
		done &= ~ALERT_DONE_WEBHOOK;
	/* Neither waits for the other to work. */
	if (c->alert_exec[0] != '\0' && (m->done & ALERT_DONE_HOOK) == 0)
		to_hook(c, m, hook, sizeof(hook));
	if (hook[0] != '\0')
		done &= ~ALERT_DONE_HOOK;
	if (why[0] == '\0')
		str_copy(why, hook, size);
	curl_global_cleanup();
	return done;
}
