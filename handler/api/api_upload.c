/* SPDX-License-Identifier: MIT */
/*
 * upload: a message with files, as multipart/form-data.  They come as base64,
 * all of it is in memory once, and bounded.  A path is refused: we would read
 * what the plugin may not, the token for one (rpc_impl.h).
 */
#include "handler/process/pipes.h"
#include "handler/api/rpc_impl.h"
#include "shared/base/base64.h"

#include <string.h>

#define UPLOAD_FILES_MAX 10 /* discord-protocol.md 7.3 */
#define UPLOAD_NAME_MAX 260 /* characters */
/* Of all files: in base64 they fit into one line, beside the message. */
#define UPLOAD_BYTES_MAX (11u << 20)

_Static_assert(UPLOAD_BYTES_MAX / 3 * 4 + (1u << 20) < PIPES_LINE_MAX,
    "what is allowed can be said");

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
upload_one(struct form *form, struct json_object *file, size_t index)
{
	const char *name, *text;
	unsigned char *data;
	char part[32];
	size_t len;

	if (!json_object_is_type(file, json_type_object)
	    || (name = upload_name(file)) == NULL)
		return "each file needs a name, without quotes and slashes";
	if (rpc_param_given(file, "path"))
		return "a file's path is not taken: the plugin reads it and "
		       "sends base64, as its helper does by itself";
	text = rpc_param_text(file, "base64", PIPES_LINE_MAX);
	if (text == NULL)
		return "each file needs base64, its contents";
	data = base64_decode(text, &len);
	if (data == NULL)
		return "base64 is malformed";
	str_format(part, sizeof(part), "files[%zu]", index);
	form_add(form, part, name, "application/octet-stream", data, len);
	free(data);
	return form->len > UPLOAD_BYTES_MAX ? "the files are longer than 11 MiB"
					    : NULL;
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
upload_send(struct rpc *r, struct rpc_call *w, const char *channel,
    struct json_object *body, struct json_object *files)
{
	const char *why = NULL, *text;
	struct json_object *nonce;
	struct form form;
	char path[64];

	upload_list(body, files);
	text = json_text(body);
	form_open(&form);
	form_add(&form, "payload_json", NULL, "application/json", text,
	    strlen(text));
	for (size_t i = 0; why == NULL && i < json_object_array_length(files);
	     i++)
		why = upload_one(&form, json_object_array_get_idx(files, i), i);
	str_format(path, sizeof(path), "/channels/%s/messages", channel);
	if (why == NULL)
		why = rpc_rest(r, w,
		    &(struct rest_ask) {.method = "POST",
			.path = path,
			.form = &form,
			.repeatable = json_object_object_get_ex(body, "nonce",
			    &nonce)});
	form_close(&form);
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
