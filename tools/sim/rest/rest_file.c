/* SPDX-License-Identifier: MIT */
#include "tools/sim/rest/rest_file.h"

#include "tools/sim/base/image.h"
#include "tools/sim/rest/rest_body.h"
#include "tools/sim/rest/rest_fault.h"
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/rest/rest_reply.h"

#include <inttypes.h>
#include <string.h>

#define ATTACHMENT_SPOILER 8 /* flag IS_SPOILER */
#define ICON_SIDE 16	     /* pixels of a made image */

struct kept {
	struct list link;
	uint64_t id, channel;
	char name[128], type[64];
	size_t size;
	char *bytes;
};

struct rest_files {
	struct list all; /* the oldest first */
	size_t bytes;
	unsigned count;
};

struct rest_files *
rest_file_open(void)
{
	struct rest_files *s = base_alloc(sizeof(*s));

	list_init(&s->all);
	return s;
}

static void
forget(struct rest_files *s, struct kept *k)
{
	list_remove(&k->link);
	s->bytes -= k->size;
	s->count--;
	free(k->bytes);
	free(k);
}

void
rest_file_close(struct rest_files *s)
{
	while (!list_empty(&s->all))
		forget(s, container_of(s->all.next, struct kept, link));
	free(s);
}

static struct kept *
find(struct rest_files *s, uint64_t id)
{
	list_each (&s->all, e) {
		struct kept *k = container_of(e, struct kept, link);

		if (k->id == id)
			return k;
	}
	return NULL;
}

void
rest_file_drop(struct rest *r, const char *id)
{
	uint64_t n;
	struct kept *k = id != NULL && str_to_u64(id, &n) ? find(r->kept, n)
							  : NULL;

	if (k != NULL)
		forget(r->kept, k);
}

static void
keep(struct rest_files *s, uint64_t id, uint64_t channel, const char *name,
    const struct rest_file *f)
{
	struct kept *k = base_alloc(sizeof(*k));

	while (!list_empty(&s->all)
	    && (s->count >= REST_FILES_KEPT
		|| s->bytes + f->size > REST_FILES_BYTES))
		forget(s, container_of(s->all.next, struct kept, link));
	k->id = id;
	k->channel = channel;
	str_copy(k->name, name, sizeof(k->name));
	str_copy(k->type, f->type, sizeof(k->type));
	k->size = f->size;
	k->bytes = base_alloc(f->size + 1);
	memcpy(k->bytes, f->bytes, f->size);
	list_append(&s->all, &k->link);
	s->bytes += k->size;
	s->count++;
}

/* ---- fetching --------------------------------------------------------- */

static void
gone(struct rest_call *c)
{
	rest_reply_bytes(c, 404, "text/plain; charset=utf-8", NULL);
	sbuf_str(&c->out, "This content is no longer available.");
}

static void
serve_kept(struct rest_call *c, const char *path)
{
	char part[3][256];
	uint64_t channel, id;
	struct kept *k = NULL;

	for (size_t i = 0; i < nitems(part); i++) {
		size_t n = strcspn(path, "/");

		if (!rest_body_decode(part[i], sizeof(part[i]), path, n,
			false)) {
			gone(c);
			return;
		}
		path += n + (path[n] == '/');
	}
	if (*path == '\0' && str_to_u64(part[0], &channel)
	    && str_to_u64(part[1], &id))
		k = find(c->rest->kept, id);
	if (k == NULL || k->channel != channel || strcmp(k->name, part[2]) != 0)
		gone(c);
	else {
		rest_reply_bytes(c, 200, k->type, k->name);
		sbuf_add(&c->out, k->bytes, k->size);
	}
}

static void
serve_image(struct rest_call *c, const char *path)
{
	rest_reply_bytes(c, 200, "image/png", NULL);
	image_png(&c->out, ICON_SIDE,
	    base_hash64(path, strlen(path)) & 0xffffff);
}

/* A member's picture is /guilds/ID/users/ID/..., a guild's page is not. */
static bool
is_image(const char *url)
{
	static const char *const images[] = {"/avatars/", "/icons/", "/emojis/",
	    "/stickers/", "/banners/", "/splashes/", "/discovery-splashes/",
	    "/app-icons/", "/role-icons/", "/embed/avatars/", "/guild-events/"};

	for (size_t i = 0; i < nitems(images); i++)
		if (strncmp(url, images[i], strlen(images[i])) == 0)
			return true;
	return strncmp(url, "/guilds/", 8) == 0
	    && strstr(url, "/users/") != NULL;
}

bool
rest_file_get(struct rest_call *c)
{
	static const char kept[] = "/attachments/";
	bool is = strncmp(c->url, kept, sizeof(kept) - 1) == 0;
	bool image = !is && is_image(c->url);

	if (!is && !image)
		return false;
	c->path = c->url;
	if (strcmp(c->method, "GET") != 0 && strcmp(c->method, "HEAD") != 0)
		rest_reply_error(c, REST_BAD_METHOD);
	else if (rest_fault_apply(c))
		;
	else if (is)
		serve_kept(c, c->url + sizeof(kept) - 1);
	else
		serve_image(c, c->url);
	return true;
}

/* ---- attachments ------------------------------------------------------ */

bool
rest_file_fit(struct rest_call *c)
{
	for (unsigned i = 0; i < c->files; i++)
		if (c->file[i].size > REST_FILE_MAX) {
			rest_reply_error(c, REST_TOO_BIG);
			return false;
		}
	return true;
}

/* What a form says of files[number], or NULL. */
static json_object *
description(json_object *body, unsigned number)
{
	json_object *list = jso_get(body, "attachments");

	if (!json_object_is_type(list, json_type_array))
		return NULL;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *a = json_object_array_get_idx(list, i);
		const char *id = jso_get_text(a, "id");
		uint64_t n;

		if (id != NULL && str_to_u64(id, &n) && n == number)
			return a;
	}
	return NULL;
}

/* The name as Discord keeps it: letters, digits, '_', '-' and '.'. */
static void
clean_name(char *to, size_t size, const char *from)
{
	size_t n = 0;

	for (; *from != '\0' && n + 1 < size; from++) {
		char ch = *from == ' ' ? '_' : *from;

		if (strchr(
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789_-.",
			ch)
		    != NULL)
			to[n++] = ch;
	}
	to[n] = '\0';
	if (n == 0)
		str_copy(to, "unknown", size);
}

static const char *
given_name(json_object *form, const struct rest_file *f)
{
	const char *name = jso_get_text(form, "filename");

	return name != NULL ? name : f->name;
}

bool
rest_file_named(struct rest_call *c, json_object *body, const char *name)
{
	char has[128];

	for (unsigned i = 0; i < c->files; i++) {
		const struct rest_file *f = &c->file[i];

		clean_name(has, sizeof(has),
		    given_name(description(body, f->number), f));
		if (strcmp(has, name) == 0)
			return true;
	}
	return false;
}

static void
set_size(json_object *o, const struct rest_file *f)
{
	uint32_t width, height;

	if (!image_size(f->bytes, f->size, &width, &height))
		return;
	jso_set_int(o, "width", width);
	jso_set_int(o, "height", height);
}

static void
set_url(struct rest_call *c, json_object *o, uint64_t channel, uint64_t id,
    const char *name)
{
	const char *api = c->sim->url_api;
	char url[SIM_URL_MAX + 200];

	must(str_format(url, sizeof(url),
	    "%.*s/attachments/%" PRIu64 "/%" PRIu64 "/%s",
	    (int)(strlen(api) - strlen("/api/v10")), api, channel, id, name));
	jso_set_text(o, "url", url);
	jso_set_text(o, "proxy_url", url);
}

static json_object *
attachment(struct rest_call *c, uint64_t channel, const struct rest_file *f,
    json_object *body, bool ephemeral)
{
	static const char *const keys[] = {"description", "title",
	    "duration_secs", "waveform", NULL};
	json_object *o = json_object_new_object();
	json_object *form = description(body, f->number);
	const char *given = given_name(form, f);
	uint64_t id = world_snowflake(c->w);
	char name[128];

	clean_name(name, sizeof(name), given);
	keep(c->rest->kept, id, channel, name, f);
	jso_set_id(o, "id", id);
	jso_set_text(o, "filename", name);
	if (strcmp(name, given) != 0)
		jso_set_text(o, "title", given);
	jso_set_int(o, "size", (int64_t)f->size);
	set_url(c, o, channel, id, name);
	jso_set_text(o, "content_type", f->type);
	set_size(o, f);
	rest_form_copy(o, form, keys);
	if (ephemeral)
		jso_set_bool(o, "ephemeral", true);
	if (strncmp(name, "SPOILER_", 8) == 0
	    || json_object_get_boolean(jso_get(form, "is_spoiler")))
		jso_set_int(o, "flags", ATTACHMENT_SPOILER);
	return o;
}

json_object *
rest_file_attach(struct rest_call *c, uint64_t channel, json_object *body,
    bool ephemeral)
{
	json_object *list = json_object_new_array();

	for (unsigned n = 0; n < c->files; n++)
		json_object_array_add(list,
		    attachment(c, channel, &c->file[n], body, ephemeral));
	return list;
}

/* ---- attachment:// ---------------------------------------------------- */

static int64_t
listed(json_object *list, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *has = jso_get_text(json_object_array_get_idx(list,
						   i),
		    "filename");

		if (has != NULL && strcmp(has, name) == 0)
			return (int64_t)i;
	}
	return -1;
}

/* One member that is a URL; its attachment, or NULL. */
static json_object *
resolve_url(json_object *list, json_object *used, json_object *o,
    const char *key)
{
	static const char scheme[] = "attachment://";
	json_object *v = jso_get(o, key), *a;
	const char *url = json_object_get_string(v);
	int64_t at;

	if (!json_object_is_type(v, json_type_string)
	    || strncmp(url, scheme, sizeof(scheme) - 1) != 0)
		return NULL;
	at = listed(list, url + sizeof(scheme) - 1);
	if (at < 0)
		return NULL;
	a = json_object_array_get_idx(list, (size_t)at);
	if (jso_get(a, "id") == NULL)
		return NULL;
	jso_set_bool(used, jso_get_text(a, "id"), true);
	jso_set(o, key, json_object_get(jso_get(a, "url")));
	return a;
}

/* A media item ({"url": ...}): of an embed, or of a component. */
static void
resolve_media(json_object *list, json_object *used, json_object *o)
{
	static const char *const keys[] = {"proxy_url", "width", "height",
	    "content_type", NULL};
	json_object *a = resolve_url(list, used, o, "url");

	if (a == NULL)
		return;
	rest_form_copy(o, a, keys);
	jso_set(o, "attachment_id", json_object_get(jso_get(a, "id")));
}

static void
resolve_embed(json_object *list, json_object *used, json_object *e)
{
	resolve_media(list, used, jso_get(e, "image"));
	resolve_media(list, used, jso_get(e, "thumbnail"));
	(void)resolve_url(list, used, jso_get(e, "author"), "icon_url");
	(void)resolve_url(list, used, jso_get(e, "footer"), "icon_url");
}

static void
resolve_component(json_object *list, json_object *used, json_object *o)
{
	static const char *const lists[] = {"components", "items"};

	resolve_media(list, used, jso_get(o, "media"));
	resolve_media(list, used, jso_get(o, "file"));
	if (jso_get(o, "accessory") != NULL)
		resolve_component(list, used, jso_get(o, "accessory"));
	for (size_t k = 0; k < nitems(lists); k++) {
		json_object *in = jso_get(o, lists[k]);

		if (json_object_is_type(in, json_type_array))
			for (size_t i = 0; i < json_object_array_length(in);
			     i++)
				resolve_component(list, used,
				    json_object_array_get_idx(in, i));
	}
}

void
rest_file_resolve(json_object *m)
{
	json_object *list = jso_get(m, "attachments");
	json_object *embeds = jso_get(m, "embeds");
	json_object *used;

	if (!json_object_is_type(list, json_type_array)
	    || !json_object_is_type(embeds, json_type_array))
		return;
	used = json_object_new_object();
	for (size_t i = 0; i < json_object_array_length(embeds); i++)
		resolve_embed(list, used, json_object_array_get_idx(embeds, i));
	resolve_component(list, used, m);
	for (size_t i = json_object_array_length(list); i-- > 0;) {
		const char *id =
		    jso_get_text(json_object_array_get_idx(list, i), "id");

		if (id != NULL && jso_get(used, id) != NULL)
			json_object_array_del_idx(list, i, 1);
	}
	json_object_put(used);
}
