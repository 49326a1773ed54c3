/* SPDX-License-Identifier: MIT */
/* A guild; see fake_guild.h. */
#include "tests/unit/handler/plugins/fake_guild.h"

#include "shared/base/clock.h"

#include <json-c/json.h>
#include <openssl/evp.h>
#include <string.h>
#include <time.h>

#define MAGIC 8 /* bytes of a PNG's */

static const char *
text_of(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v)
	    || !json_object_is_type(v, json_type_string))
		return NULL;
	return json_object_get_string(v);
}

/* The name that the image of this data URI has in it. */
static void
image_name(const char *uri, char *name)
{
	static const char head[] = "data:image/png;base64,";
	unsigned char data[256];
	size_t n = strlen(uri);
	int len;

	must(strncmp(uri, head, strlen(head)) == 0);
	n -= strlen(head);
	must(n < sizeof(data));
	len = EVP_DecodeBlock(data, (const unsigned char *)uri + strlen(head),
	    (int)n);
	must(len > MAGIC && memcmp(data, "\x89PNG\r\n\x1a\n", MAGIC) == 0);
	data[len] = '\0';
	must(str_copy(name, (char *)data + MAGIC, FAKE_GUILD_NAME)
	    < FAKE_GUILD_NAME);
}

static void
guild_change(struct fake_guild *g, struct json_object *body)
{
	const char *icon = text_of(body, "icon");
	const char *banner = text_of(body, "banner");

	if (icon != NULL) {
		image_name(icon, g->icon);
		g->icons++;
	}
	if (banner != NULL) {
		image_name(banner, g->banner);
		g->banners++;
	}
}

static void
guild_say(struct fake_guild *g, const char *path, struct json_object *body)
{
	const char *nonce = text_of(body, "nonce");
	struct json_object *embeds = NULL, *embed;

	json_object_object_get_ex(body, "embeds", &embeds);
	if (nonce != NULL && strcmp(nonce, g->nonce) == 0
	    && clock_boot_ms() - g->nonce_ms < FAKE_GUILD_NONCE_MS)
		return; /* the same message once more */
	if (embeds == NULL) {
		if (strncmp(path, FAKE_GUILD_LOG, strlen(FAKE_GUILD_LOG)) == 0)
			g->said++;
		else
			g->said_public++;
		return;
	}
	must(nonce != NULL);
	str_copy(g->nonce, nonce, sizeof(g->nonce));
	g->nonce_ms = clock_boot_ms();
	g->announced++;
	g->announced_ms = clock_wall_ms();
	embed = json_object_array_get_idx(embeds, 0);
	str_copy(g->title, text_of(embed, "title"), sizeof(g->title));
	str_copy(g->footer,
	    text_of(json_object_object_get(embed, "footer"), "text"),
	    sizeof(g->footer));
}

/* The channel's messages: the last announcement is enough. */
static void
guild_messages(struct fake_guild *g, struct fake_answer *a)
{
	time_t at = (time_t)(g->announced_ms / 1000);
	char when[40];
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S.000000+00:00", &tm);
	must(str_format(a->body, sizeof(a->body),
	    "[{\"timestamp\":\"%s\","
	    "\"embeds\":[{\"title\":\"%s\",\"footer\":{\"text\":\"%s\"}}]}]",
	    when, g->title, g->footer));
}

static void
guild_do(struct fake_guild *g, const char *method, const char *path,
    struct json_object *body, struct fake_answer *a)
{
	a->status = 200;
	if (strcmp(method, "PATCH") == 0)
		guild_change(g, body);
	if (strcmp(method, "POST") == 0)
		guild_say(g, path, body);
	if (strstr(path, "/messages?") != NULL) {
		guild_messages(g, a);
		return;
	}
	must(str_format(a->body, sizeof(a->body),
	    "{\"id\":\"1\","
	    "\"features\":[%s],\"icon\":\"%s\",\"banner\":\"%s\"}",
	    g->features ? g->features : "\"BANNER\"", g->icon, g->banner));
}

static void
guild_fail(struct fake_guild *g, const char *method, const char *path,
    struct json_object *body, struct fake_answer *a)
{
	g->faults--;
	if (g->fault == FAKE_LOST)
		guild_do(g, method, path, body, a);
	a->body[0] = '\0';
	a->status = g->fault == FAKE_LOST ? 0 : 503;
}

static void
guild_interaction(struct fake_guild *g, struct json_object *body,
    struct fake_answer *a)
{
	struct json_object *embeds = NULL;
	const char *text = text_of(body, "content");

	a->status = 200;
	str_copy(a->body, "{}", sizeof(a->body));
	if (text == NULL)
		return; /* it is only deferred */
	json_object_object_get_ex(body, "embeds", &embeds);
	must(str_format(g->answer, sizeof(g->answer), "%s%s", text,
	    embeds ? json_object_to_json_string_ext(embeds,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
		   : ""));
	g->answers++;
}

void
fake_guild_call(struct fake_guild *g, const char *method, const char *path,
    const char *text, struct fake_answer *a)
{
	struct json_object *body = text ? json_tokener_parse(text) : NULL;
	bool guild = strncmp(path, "/guilds/", 8) == 0;

	memset(a, 0, sizeof(*a));
	if (!guild && strncmp(path, "/channels/", 10) != 0) {
		guild_interaction(g, body, a);
		json_object_put(body);
		return;
	}
	g->calls++;
	if (g->fault == FAKE_403 && guild) {
		a->status = 403;
		str_copy(a->body,
		    "{\"code\":50013,\"message\":\"Missing Permissions\"}",
		    sizeof(a->body));
	} else if (g->fault != FAKE_FINE && g->fault != FAKE_403
	    && g->faults > 0)
		guild_fail(g, method, path, body, a);
	else
		guild_do(g, method, path, body, a);
	json_object_put(body);
}
