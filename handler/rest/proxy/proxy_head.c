/* SPDX-License-Identifier: MIT */
/* See proxy_head.h. */
#include "handler/rest/proxy/proxy_head.h"

#include <string.h>
#include <strings.h>

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcasecmp(name, *names) == 0)
			return true;
	return false;
}

/* Authorization is ours, cookies are nobody's, and a length curl's. */
bool
proxy_head_goes_up(const char *name)
{
	static const char *const names[] = {"Content-Type",
	    "X-Audit-Log-Reason", "User-Agent", "Accept", "Accept-Language",
	    "X-Discord-Locale", "X-Discord-Timezone", "X-RateLimit-Precision",
	    "If-None-Match", "If-Modified-Since", "X-Track", NULL};

	return is_one_of(name, names);
}

static bool
goes_down(const char *name)
{
	static const char *const names[] = {"Connection", "Keep-Alive",
	    "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection",
	    "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length",
	    "Content-Encoding", "Set-Cookie", "Strict-Transport-Security",
	    "Alt-Svc", "NEL", "Report-To", "Reporting-Endpoints", NULL};

	return !is_one_of(name, names);
}

bool
proxy_head_value_ok(const char *value)
{
	for (const unsigned char *p = (const unsigned char *)value; *p; p++)
		if ((*p < ' ' && *p != '\t') || *p == 0x7f)
			return false;
	return true;
}

void
proxy_head_init(struct proxy_head *h)
{
	*h = (struct proxy_head) {.length = -1};
}

void
proxy_head_free(struct proxy_head *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->line[i].name);
	proxy_head_init(h);
}

/* What is about the body, of which the client gets another form. */
static void
body_line(struct proxy_head *h, const char *name, const char *value)
{
	int64_t n;

	if (strcasecmp(name, "Content-Encoding") == 0)
		h->coded |= strcasecmp(value, "identity") != 0;
	else if (strcasecmp(name, "Content-Length") == 0
	    && str_to_i64(value, &n) && n >= 0)
		h->length = n;
	if (h->coded)
		h->length = -1;
}

static void
keep(struct proxy_head *h, char *name, char *value)
{
	body_line(h, name, value);
	if (!goes_down(name) || !proxy_head_value_ok(value)
	    || h->n == PROXY_HEAD_LINES) {
		free(name);
		return;
	}
	h->line[h->n].name = name;
	h->line[h->n++].value = value;
}

void
proxy_head_add(struct proxy_head *h, const char *line, size_t len)
{
	char *text, *value;

	if (len > 5 && memcmp(line, "HTTP/", 5) == 0) {
		proxy_head_free(h);
		return;
	}
	while (len > 0
	    && (line[len - 1] == '\r' || line[len - 1] == '\n'
		|| line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	h->bytes += len;
	if (len == 0 || h->bytes > PROXY_HEAD_BYTES)
		return;
	text = base_alloc(len + 1);
	memcpy(text, line, len);
	value = strchr(text, ':');
	if (value == NULL || value == text) {
		free(text);
		return;
	}
	*value++ = '\0';
	keep(h, text, value + strspn(value, " \t"));
}
