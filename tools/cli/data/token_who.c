/* SPDX-License-Identifier: MIT */
#include "tools/cli/data/token_who.h"

#include "shared/base/text.h"
#include "shared/base/version.h"
#include "shared/json/json.h"
#include "shared/net/tls.h"
#include "tools/cli/base/progress.h"

#include <curl/curl.h>
#include <string.h>

#define BODY_MAX 65536
#define TIMEOUT_S 20L

struct body {
	char text[BODY_MAX + 1];
	size_t len;
	char words[CURL_ERROR_SIZE];
};

static size_t
on_body(char *data, size_t one, size_t n, void *arg)
{
	struct body *b = arg;

	if (n > BODY_MAX - b->len)
		return 0; /* curl ends the transfer */
	memcpy(b->text + b->len, data, n);
	b->len += n;
	b->text[b->len] = '\0';
	return n;
}

static void
copy_string(struct json_object *o, const char *key, char *out, size_t size)
{
	struct json_object *f;

	out[0] = '\0';
	if (json_object_object_get_ex(o, key, &f)
	    && json_object_is_type(f, json_type_string))
		text_clean(out, size, json_object_get_string(f),
		    (size_t)json_object_get_string_len(f));
}

static int
understand(const struct config *c, long status, const char *body,
    struct token_who *who, struct err *err)
{
	struct json_object *o;

	if (status == 401)
		return err_set(err, EXIT_CONFIG,
		    "%s refuses the token (401). Copy it again from the bot's "
		    "page of the developer portal; resetting it there makes a "
		    "new one.",
		    c->api);
	if (status != 200)
		return err_set(err, EXIT_TRY_LATER,
		    "%s answered %ld instead of saying whose token it is; try "
		    "again later.",
		    c->api, status);
	o = json_parse_as(body, strlen(body), json_type_object);
	if (o == NULL)
		return err_set(err, EXIT_TRY_LATER,
		    "%s answered with something that is not JSON: is [gateway] "
		    "api right?",
		    c->api);
	copy_string(o, "username", who->name, sizeof(who->name));
	copy_string(o, "id", who->id, sizeof(who->id));
	json_object_put(o);
	if (who->name[0] == '\0' || who->id[0] == '\0')
		return err_set(err, EXIT_TRY_LATER,
		    "%s answered without saying whose token it is: is "
		    "[gateway] api right?",
		    c->api);
	return 0;
}

/* Once a second at least; a person may wait for a host that is silent. */
static int
on_time(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	progress_tick();
	return 0;
}

static CURL *
new_request(const struct config *c, struct curl_slist *headers, const char *ca,
    const char *url, struct body *body)
{
	CURL *h = curl_easy_init();

	must(h != NULL);
	curl_easy_setopt(h, CURLOPT_URL, url);
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(h, CURLOPT_USERAGENT, SHARDHERD_USER_AGENT);
	curl_easy_setopt(h, CURLOPT_CAINFO, ca);
	curl_easy_setopt(h, CURLOPT_PROXY, c->proxy);
	curl_easy_setopt(h, CURLOPT_TIMEOUT, TIMEOUT_S);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, on_time);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, body);
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, body->words);
	body->len = 0;
	body->words[0] = '\0';
	return h;
}

int
token_who_ask(const struct cli *cli, const char *token, struct token_who *who,
    struct err *err)
{
	const struct config *c = &cli->config;
	static struct body body;
	char url[1024], header[4200], ca[CONFIG_PATH_MAX];
	struct curl_slist *headers;
	long status = 0;
	CURLcode rc;
	CURL *h;

	if (tls_find_ca(c->ca_file, ca, sizeof(ca), err) == -1)
		return -1;
	if (!str_format(url, sizeof(url), "%s/users/@me", c->api)
	    || !str_format(header, sizeof(header), "Authorization: Bot %s",
		token))
		return err_set(err, EXIT_CONFIG,
		    "The token or the URL of the API is too long.");
	headers = curl_slist_append(NULL, header);
	explicit_bzero(header, sizeof(header));
	h = new_request(c, headers, ca, url, &body);
	progress_begin(cli, PROGRESS_PLAIN, "The API is asked", TIMEOUT_S);
	rc = curl_easy_perform(h);
	progress_end();
	curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(h);
	explicit_bzero(headers->data, strlen(headers->data));
	curl_slist_free_all(headers);
	if (rc != CURLE_OK)
		return err_set(err,
		    rc == CURLE_SSL_CACERT_BADFILE ? EXIT_CONFIG
						   : EXIT_TRY_LATER,
		    "Cannot ask %s whose token it is: %s.%s%s%s", c->api,
		    body.words[0] != '\0' ? body.words : curl_easy_strerror(rc),
		    rc == CURLE_PEER_FAILED_VERIFICATION
			? " The certificate "
			  "authorities trusted are those of "
			: "",
		    rc == CURLE_PEER_FAILED_VERIFICATION ? ca : "",
		    rc == CURLE_PEER_FAILED_VERIFICATION
			? "; [gateway] "
			  "ca_file names others."
			: "");
	return understand(c, status, body.text, who, err);
}
