/* SPDX-License-Identifier: MIT */
#include "shared/discord/gateway_url.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

static const char *
after_scheme(const char *url, const char *scheme)
{
	size_t n = strlen(scheme);

	return strncasecmp(url, scheme, n) == 0 ? url + n : NULL;
}

bool
gateway_url_loopback(const char *host)
{
	char name[64];
	struct in_addr v4;
	struct in6_addr v6;
	bool bracket = host[0] == '[';
	size_t n = bracket ? strcspn(++host, "]") : strcspn(host, ":/?#");

	if (!str_format(name, sizeof(name), "%.*s", (int)n, host))
		return false;
	if (bracket)
		return host[n] == ']' && inet_pton(AF_INET6, name, &v6) == 1
		    && IN6_IS_ADDR_LOOPBACK(&v6);
	/* As a number: "127.example.com" is anybody's. */
	if (inet_pton(AF_INET, name, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return strcasecmp(name, "localhost") == 0;
}

/* Blanks, control and foreign characters, user information: not ours. */
static bool
clean(const char *url)
{
	for (const unsigned char *p = (const unsigned char *)url; *p; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"\\@", *p) != NULL)
			return false;
	return true;
}

bool
gateway_url_ok(const char *url, const char *api, char why[GATEWAY_URL_WHY_MAX])
{
	const char *secure = after_scheme(url, "wss://");
	const char *plain = after_scheme(url, "ws://");
	const char *host = secure ? secure : plain;

	if (host == NULL || strcspn(host, "/:?#") == 0 || !clean(url)) {
		(void)str_copy(why, "it is no ws:// or wss:// URL",
		    GATEWAY_URL_WHY_MAX);
		return false;
	}
	if (secure != NULL)
		return true;
	if (api == NULL || after_scheme(api, "http://") == NULL)
		(void)str_format(why, GATEWAY_URL_WHY_MAX,
		    "%.100s is without TLS, and [gateway] api is not: the "
		    "token would go out in the clear",
		    url);
	else if (!gateway_url_loopback(plain))
		(void)str_format(why, GATEWAY_URL_WHY_MAX,
		    "%.100s is without TLS and not on this machine: the token "
		    "would go out in the clear",
		    url);
	else
		return true;
	return false;
}
