/* SPDX-License-Identifier: MIT */
/*
 * Request bodies: JSON, multipart with payload_json and files, and forms, all
 * turned into one JSON value.  The contents of files stay where they are.
 */
#include "tools/sim/rest/rest_body.h"

#include "tools/sim/rest/rest_form.h"
#include "tools/sim/rest/rest_reply.h"

#include "shared/json/json.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
rest_body_decode(char *to, size_t size, const char *from, size_t len, bool plus)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = from[i];

		if (c == '%') {
			if (i + 2 >= len || hex(from[i + 1]) < 0
			    || hex(from[i + 2]) < 0)
				return false;
			c = (char)(hex(from[i + 1]) << 4 | hex(from[i + 2]));
			i += 2;
		} else if (c == '+' && plus)
			c = ' ';
		if (c == '\0' || n + 1 >= size)
			return false;
		to[n++] = c;
	}
	to[n] = '\0';
	return true;
}

const char *
rest_body_header(struct rest_call *c, const char *name)
{
	return MHD_lookup_connection_value(c->conn, MHD_HEADER_KIND, name);
}

/* The first of a key counts; what cannot be decoded stays as it was sent. */
static enum MHD_Result
take_argument(void *all, enum MHD_ValueKind kind, const char *key,
    const char *value)
{
	char text[REST_URL_MAX];

	if (value != NULL && jso_get(all, key) == NULL)
		jso_set_text(all, key,
		    rest_body_decode(text, sizeof(text), value, strlen(value),
			true)
			? text
			: value);
	return MHD_YES;
}

const char *
rest_body_text(struct rest_call *c, const char *key)
{
	if (c->query == NULL) {
		c->query = json_object_new_object();
		MHD_get_connection_values(c->conn, MHD_GET_ARGUMENT_KIND,
		    take_argument, c->query);
	}
	return jso_get_text(c->query, key);
}

uint64_t
rest_body_query(struct rest_call *c, const char *key, uint64_t dflt)
{
	const char *s = rest_body_text(c, key);
	uint64_t n;

	return s != NULL && str_to_u64(s, &n) ? n : dflt;
}

bool
rest_body_true(struct rest_call *c, const char *key)
{
	const char *s = rest_body_text(c, key);

	return s != NULL && (strcasecmp(s, "true") == 0 || strcmp(s, "1") == 0);
}

static bool
parse_json(struct rest_call *c, const char *text, size_t len)
{
	if (json_parse(&c->body, text, len) && c->body != NULL)
		return true;
	rest_reply_error(c, REST_BAD_JSON);
	return false;
}

static bool
parse_urlencoded(struct rest_call *c)
{
	char key[256], value[8192];
	const char *s = c->raw.p, *end = s + c->raw.len;

	c->body = json_object_new_object();
	while (s < end) {
		const char *amp = memchr(s, '&', (size_t)(end - s));
		const char *stop = amp ? amp : end;
		const char *eq = memchr(s, '=', (size_t)(stop - s));

		if (eq != NULL
		    && rest_body_decode(key, sizeof(key), s, (size_t)(eq - s),
			true)
		    && rest_body_decode(value, sizeof(value), eq + 1,
			(size_t)(stop - eq - 1), true))
			jso_set_text(c->body, key, value);
		s = stop + 1;
	}
	return true;
}

/* The quoted value of name="..." in a part's headers; false when absent. */
static bool
part_value(const char *head, size_t len, const char *name, char *out,
    size_t size)
{
	char want[32];
	const char *at, *end;

	must(str_format(want, sizeof(want), " %s=\"", name));
	at = memmem(head, len, want, strlen(want));
	if (at == NULL)
		return false;
	at += strlen(want);
	end = memchr(at, '"', (size_t)(head + len - at));
	return end != NULL
	    && str_format(out, size, "%.*s", (int)(end - at), at);
}

static void
part_type(const char *head, size_t len, char *out, size_t size)
{
	static const char name[] = "content-type:";

	str_copy(out, "application/octet-stream", size);
	for (const char *s = head; s + sizeof(name) < head + len; s++)
		if (strncasecmp(s, name, sizeof(name) - 1) == 0) {
			s += sizeof(name) - 1;
			s += strspn(s, " ");
			(void)str_format(out, size, "%.*s",
			    (int)strcspn(s, "\r\n;"), s);
			return;
		}
}

static bool
part_file(struct rest_call *c, const char *head, size_t head_len,
    const char *name, const char *bytes, size_t size)
{
	struct rest_file *f;

	if (c->files == REST_FILES_MAX) {
		rest_form_error(c, "files", "BASE_TYPE_MAX_LENGTH",
		    "Must be %d or fewer in length.", REST_FILES_MAX);
		return !rest_form_refused(c);
	}
	f = &c->file[c->files++];
	f->number = c->files - 1;
	if (strncmp(name, "files[", 6) == 0)
		f->number = (unsigned)strtoul(name + 6, NULL, 10);
	f->bytes = bytes;
	if (!part_value(head, head_len, "filename", f->name, sizeof(f->name)))
		str_copy(f->name, "unknown", sizeof(f->name));
	part_type(head, head_len, f->type, sizeof(f->type));
	f->size = size;
	return true;
}

static bool
part_take(struct rest_call *c, const char *head, size_t head_len,
    const char *body, size_t len)
{
	char name[128];
	json_object *o;

	if (!part_value(head, head_len, "name", name, sizeof(name)))
		return true;
	if (strcmp(name, "payload_json") == 0) {
		o = json_parse_as(body, len, json_type_object);
		if (o == NULL) {
			rest_reply_error(c, REST_BAD_JSON);
			return false;
		}
		json_object_put(c->body);
		c->body = o;
		return true;
	}
	if (strncmp(name, "files[", 6) == 0 || strcmp(name, "file") == 0)
		return part_file(c, head, head_len, name, body, len);
	if (json_object_is_type(c->body, json_type_object))
		jso_set(c->body, name,
		    json_object_new_string_len(body, (int)len));
	return true;
}

/* Every part between the marks ("\r\n--boundary"). */
static bool
parse_parts(struct rest_call *c, const char *mark)
{
	const char *s = c->raw.p, *end = s + c->raw.len, *head, *next;
	size_t n = strlen(mark);

	/* The first boundary has no line end before it. */
	s = memmem(s, (size_t)(end - s), mark + 2, n - 2);
	for (s = s ? s + n - 2 : end; end - s > 4 && memcmp(s, "\r\n", 2) == 0;
	     s = next + n) {
		head = s;
		s = memmem(s, (size_t)(end - s), "\r\n\r\n", 4);
		if (s == NULL)
			break;
		s += 4;
		/* An empty part's line end is that of its headers. */
		next = memmem(s - 2, (size_t)(end - s) + 2, mark, n);
		if (next == NULL)
			break;
		if (!part_take(c, head, (size_t)(s - head), s,
			next > s ? (size_t)(next - s) : 0))
			return false;
	}
	return true;
}

static bool
parse_multipart(struct rest_call *c, const char *type)
{
	char mark[80];
	const char *b = strcasestr(type, "boundary=");
	size_t n;

	c->body = json_object_new_object();
	if (b != NULL) {
		b += strlen("boundary=");
		n = *b == '"' ? strcspn(++b, "\"") : strcspn(b, "; ");
		if (n > 0
		    && str_format(mark, sizeof(mark), "\r\n--%.*s", (int)n, b))
			return parse_parts(c, mark);
	}
	rest_reply_error(c, REST_BAD_REQUEST);
	return false;
}

bool
rest_body_parse(struct rest_call *c)
{
	const char *type = rest_body_header(c, "Content-Type");

	if (c->too_big) {
		rest_reply_error(c, REST_TOO_BIG);
		return false;
	}
	if (c->raw.len == 0 || strcmp(c->method, "GET") == 0
	    || strcmp(c->method, "DELETE") == 0)
		return true;
	if (type != NULL && strncasecmp(type, "application/json", 16) == 0)
		return parse_json(c, c->raw.p, c->raw.len);
	if (type != NULL && strncasecmp(type, "multipart/form-data", 19) == 0)
		return parse_multipart(c, type);
	if (type != NULL
	    && strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0)
		return parse_urlencoded(c);
	rest_form_error(c, "", "CONTENT_TYPE_INVALID",
	    "Expected \"Content-Type\" header to be one of "
	    "{'application/json', 'application/x-www-form-urlencoded', "
	    "'multipart/form-data'}.");
	return !rest_form_refused(c);
}
