/* SPDX-License-Identifier: MIT */
/* See proxy_scope.h. */
#include "handler/rest/proxy/proxy_scope.h"

#include <ctype.h>
#include <string.h>

enum access {
	ACCESS_GUILD,	/* if G is one of its guilds */
	ACCESS_CHANNEL, /* if the channel C is in one of them */
	ACCESS_READ,	/* nobody's: GET by all */
	ACCESS_NEVER,	/* names something of another guild in its body */
};

/* By segments: * is any one, ... any number, G and C ids.  The first counts. */
static const struct rule {
	const char *path;
	enum access access;
} rules[] = {
    {"/channels/C/followers", ACCESS_NEVER},
    {"/channels/C/...", ACCESS_CHANNEL},
    {"/guilds/G/...", ACCESS_GUILD},
    {"/applications/*/guilds/G/...", ACCESS_GUILD},
    {"/users/@me/guilds/G/...", ACCESS_GUILD},
    {"/users/*", ACCESS_READ},
    {"/applications/@me", ACCESS_READ},
    {"/oauth2/applications/@me", ACCESS_READ},
    {"/applications/*/commands", ACCESS_READ},
    {"/applications/*/commands/*", ACCESS_READ},
    {"/applications/*/emojis", ACCESS_READ},
    {"/applications/*/emojis/*", ACCESS_READ},
    {"/voice/regions", ACCESS_READ},
    {"/sticker-packs", ACCESS_READ},
    {"/soundboard-default-sounds", ACCESS_READ},
};

/* A plain decimal id; false for anything that only looks like one to some. */
static bool
id_parse(const char *s, size_t len, uint64_t *out)
{
	char digits[24];

	if (len == 0 || len > 20)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	memcpy(digits, s, len);
	digits[len] = '\0';
	return str_to_u64(digits, out) && *out != 0;
}

static bool
rule_fits(const struct rule *r, const char *path, uint64_t *id)
{
	const char *want = r->path;

	while (*want == '/') {
		size_t w = strcspn(want + 1, "/"),
		       n = strcspn(path, "?") > 0 ? strcspn(path + 1, "/?") : 0;

		if (strcmp(want, "/...") == 0)
			return true;
		if (n == 0)
			return false;
		if (w == 1 && (want[1] == 'G' || want[1] == 'C')) {
			if (!id_parse(path + 1, n, id))
				return false;
		} else if (!(w == 1 && want[1] == '*')
		    && !(w == n && memcmp(want + 1, path + 1, n) == 0)) {
			return false;
		}
		want += 1 + w;
		path += 1 + n;
	}
	return *path == '\0' || *path == '?';
}

static bool
guild_is_its(const struct proxy_scope *s, uint64_t guild)
{
	return guild != 0 && s->guilds != NULL
	    && config_ranges_have(s->guilds, guild);
}

static const char *
guilds_refuse(const struct proxy_scope *s, const char *method, const char *path,
    proxy_scope_guild_of *guild_of, void *arg)
{
	uint64_t id = 0;

	for (size_t i = 0; i < nitems(rules); i++) {
		if (!rule_fits(&rules[i], path, &id))
			continue;
		if (rules[i].access == ACCESS_GUILD)
			return guild_is_its(s, id)
			    ? NULL
			    : "this client has no access to this guild";
		if (rules[i].access == ACCESS_CHANNEL)
			return guild_is_its(s, guild_of(arg, id))
			    ? NULL
			    : "this channel is not known to be in a guild of "
			      "this client";
		if (rules[i].access == ACCESS_READ
		    && strcmp(method, "GET") == 0)
			return NULL;
		break;
	}
	return "this client is bound to some guilds, and this call is not "
	       "known to stay in them";
}

const char *
proxy_scope_refuses(const struct proxy_scope *s, const char *method,
    const struct proxy_route *r, proxy_scope_guild_of *guild_of, void *arg)
{
	if (r->kind != PROXY_ROUTE_CALL || r->endpoint.bare)
		return NULL;
	if (s->rest == PROXY_SCOPE_NONE)
		return "this client may make no REST calls (rest = none)";
	if (s->rest != PROXY_SCOPE_FULL && strcmp(method, "GET") != 0)
		return "this client may only read (rest = read)";
	if (s->guilds != NULL && config_ranges_all(s->guilds))
		return NULL;
	return guilds_refuse(s, method, r->path, guild_of, arg);
}
