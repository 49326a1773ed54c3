/* SPDX-License-Identifier: MIT */
/*
 * upload: a message with files, as multipart/form-data.  They come as base64,
 * all of it is in memory once, and bounded.  A path is refused: we would read
 * what the plugin may not, the token for one (rpc_impl.h).
 */
#include "handler/process/pipes.h"
#include "handler/api/rpc_impl.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define UPLOAD_FILES_MAX 10 /* discord-protocol.md 7.3 */
#define UPLOAD_NAME_MAX 260 /* characters */
/* Of all files: in base64 they fit into one line, beside the message. */
#define UPLOAD_BYTES_MAX (11u << 20)

_Static_assert(UPLOAD_BYTES_MAX / 3 * 4 + (1u << 20) < PIPES_LINE_MAX,
    "what is allowed can be said");

/* A boundary that is in none of the files: 128 random bits. */
static void
upload_boundary(char *out, size_t size)
{
	uint64_t bits[2] = {0, 0};
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		must(read(fd, bits, sizeof(bits)) == (ssize_t)sizeof(bits));
		close(fd);
	}
	str_format(out, size, "shardherd-%016" PRIx64 "%016" PRIx64, bits[0],
	    bits[1]);
}

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool
base64_read(struct buf *out, const char *s)
{
	size_t len = strlen(s), pad = 0;

	if (len % 4 != 0)
		return false;
	while (pad < 2 && len > pad && s[len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < len; i += 4) {
		size_t n = i + 4 < len ? 3 : 3 - pad;
		uint32_t v = 0;

		for (size_t j = 0; j < 4; j++) {
			int d = j > n ? 0 : base64_digit(s[i + j]);

			if (d < 0)
				return false;
			v = v << 6 | (uint32_t)d;
		}
		buf_add(out, (char[]) {(char)(v >> 16), (char)(v >> 8),
		    (char)v}, n);
	}
	return true;
}

static const char *
upload_name(struct json_object *file)
{
	const char *name = rpc_param_chars(file, "name", UPLOAD_NAME_MAX);

	if (name == NULL || name[0] == '\0')
		return NULL;
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x20 || strchr("\"\\/", *p) != NULL)
			return NULL;
	return name;
}

static const char *
upload_one(struct buf *out, struct json_object *file, size_t index,
    const char *boundary)
{
	const char *name, *data;

	if (!json_object_is_type(file, json_type_object)
	    || (name = upload_name(file)) == NULL)
		return "each file needs a name, without quotes and slashes";
	if (rpc_param_given(file, "path"))
		return "a file's path is not taken: the plugin reads it and "
		       "sends base64, as its helper does by itself";
	data = rpc_param_text(file, "base64", PIPES_LINE_MAX);
	if (data == NULL)
		return "each file needs base64, its contents";
	buf_printf(out, "--%s\r\nContent-Disposition: form-data; "
	    "name=\"files[%zu]\"; filename=\"%s\"\r\n"
	    "Content-Type: application/octet-stream\r\n\r\n", boundary, index,
	    name);
	if (!base64_read(out, data))
		return "base64 is malformed";
	buf_puts(out, "\r\n");
	return buf_len(out) > UPLOAD_BYTES_MAX
	    ? "the files are longer than 11 MiB" : NULL;
}

/* What the message says about its files. */
static void
upload_list(struct json_object *body, struct json_object *files)
{
	struct json_object *list = json_object_new_array(), *o, *v;

	for (size_t i = 0; i < json_object_array_length(files); i++) {
		struct json_object *f = json_object_array_get_idx(files, i);

		if (!json_object_is_type(f, json_type_object))
			continue; /* refused later, with a reason */
		o = json_object_new_object();
		json_object_object_add(o, "id",
		    json_object_new_int64((int64_t)i));
		if (json_object_object_get_ex(f, "name", &v))
			json_object_object_add(o, "filename",
			    json_object_get(v));
		if (json_object_object_get_ex(f, "description", &v))
			json_object_object_add(o, "description",
			    json_object_get(v));
		json_object_array_add(list, o);
	}
	json_object_object_add(body, "attachments", list);
}

static const char *
upload_build(struct buf *out, struct json_object *body,
    struct json_object *files, const char *boundary)
{
	const char *why = NULL;

	upload_list(body, files);
	buf_printf(out, "--%s\r\nContent-Disposition: form-data; "
	    "name=\"payload_json\"\r\nContent-Type: application/json\r\n\r\n",
	    boundary);
	buf_puts(out, json_text(body));
	buf_puts(out, "\r\n");
	for (size_t i = 0; why == NULL && i < json_object_array_length(files);
	     i++)
		why = upload_one(out, json_object_array_get_idx(files, i), i,
		    boundary);
	buf_printf(out, "--%s--\r\n", boundary);
	return why;
}

static const char *
upload_send(struct rpc *r, struct rpc_call *w, const char *channel,
    struct json_object *body, struct json_object *files)
{
	char boundary[64], type[128], path[64];
	struct json_object *nonce;
	struct buf out = {0};
	const char *why;

	upload_boundary(boundary, sizeof(boundary));
	str_format(type, sizeof(type), "multipart/form-data; boundary=%s",
	    boundary);
	str_format(path, sizeof(path), "/channels/%s/messages", channel);
	why = upload_build(&out, body, files, boundary);
	if (why == NULL)
		why = rpc_rest(r, w, &(struct rest_ask) {.method = "POST",
		    .path = path, .body = buf_data(&out), .type = type,
		    .body_len = buf_len(&out), .repeatable =
		    json_object_object_get_ex(body, "nonce", &nonce)});
	buf_free(&out);
	return why;
}

const char *
rpc_upload(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	const char *channel = rpc_param_id(params, "channel_id"), *why;
	struct json_object *files = NULL, *body;

	if (channel == NULL)
		return "channel_id must be a string of digits";
	json_object_object_get_ex(params, "files", &files);
	if (!json_object_is_type(files, json_type_array)
	    || json_object_array_length(files) == 0
	    || json_object_array_length(files) > UPLOAD_FILES_MAX)
		return "files must be an array of 1 to 10 files";
	why = rpc_message_body(params, true, &body);
	if (why != NULL)
		return why;
	if (rpc_param_id(params, "reply_to") != NULL)
		rpc_message_reply(r, w, body, rpc_param_id(params, "reply_to"));
	why = upload_send(r, w, channel, body, files);
	json_object_put(body);
	return why;
}
