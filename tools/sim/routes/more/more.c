/* SPDX-License-Identifier: MIT */
#include "tools/sim/routes/more/more.h"

#include "shared/base/base64.h"

#define CODE_GUILD 4 /* characters that tell the guild: 20 bits */

json_object *
more_copy(json_object *o)
{
	json_object *copy = NULL;

	must(json_object_deep_copy(o, &copy, NULL) == 0);
	return copy;
}

json_object *
more_maker(struct rest_call *c)
{
	return world_render_user(c->w, c->bot);
}

json_object *
more_apply(json_object *doc, json_object *body, const char *const *keys)
{
	json_object *changes = json_object_new_array(), *v;

	for (; *keys != NULL; keys++) {
		if (!json_object_object_get_ex(body, *keys, &v)
		    || json_object_equal(jso_get(doc, *keys), v))
			continue;
		rest_guild_change(changes, *keys,
		    json_object_get(jso_get(doc, *keys)), json_object_get(v));
		jso_set(doc, *keys, json_object_get(v));
	}
	return changes;
}

json_object *
more_list(struct guild *g, enum guild_list list)
{
	json_object *a = json_object_new_array();

	json_object_object_foreach (guild_docs(g, list), key, doc) {
		json_object *copy = more_copy(doc);

		(void)key;
		jso_set_id(copy, "guild_id", guild_id(g));
		json_object_array_add(a, copy);
	}
	return a;
}

bool
more_may_edit(struct rest_call *c, struct guild *g, json_object *doc,
    uint64_t bits, uint64_t own)
{
	uint64_t by = jso_get_id(jso_get(doc, "user"), "id");
	uint64_t has = perm_guild(g, c->bot);

	if ((has & bits) == bits
	    || ((has & own) == own && by == user_id(c->w, c->bot)))
		return true;
	rest_reply_error(c, REST_MISSING_PERMISSIONS);
	return false;
}

/* What comes after "data:TYPE;base64," when it is one of the types. */
static const char *
data_of(const char *s, const char *const *types, const char **type)
{
	if (strncmp(s, "data:", 5) != 0)
		return NULL;
	for (; *types != NULL; types++) {
		size_t n = strlen(*types);

		if (strncmp(s + 5, *types, n) != 0
		    || strncmp(s + 5 + n, ";base64,", 8) != 0)
			continue;
		*type = *types;
		return s + 5 + n + 8;
	}
	return NULL;
}

const char *
more_data(struct rest_call *c, json_object *body, const char *key, size_t max,
    const char *const *types)
{
	json_object *v = jso_get(body, key);
	const char *type = NULL, *text;
	unsigned char *bytes;
	size_t len = 0;

	if (v == NULL) {
		rest_form_required(c, key);
		return NULL;
	}
	text = json_object_is_type(v, json_type_string)
	    ? data_of(json_object_get_string(v), types, &type)
	    : NULL;
	bytes = text ? base64_decode(text, &len) : NULL;
	if (bytes == NULL || len == 0)
		rest_form_error(c, key, "BINARY_TYPE_INVALID",
		    "Expected a data URI of one of the types it takes, in "
		    "base64.");
	else if (len > max)
		rest_form_error(c, key, "BINARY_TYPE_MAX_SIZE",
		    "File cannot be larger than %.1f kb.", (double)max / 1024);
	free(bytes);
	return type;
}

static const char letters[] = "abcdefghjkmnpqrstuvwxyzACDEFGHJK";

void
more_code(struct guild *g, char code[MORE_CODE_SIZE])
{
	uint64_t id = world_snowflake(guild_world(g));
	uint64_t dice = base_hash64(&id, sizeof(id));
	unsigned index = guild_index(g);
	size_t n = 0;

	_Static_assert(sizeof(letters) - 1 == 32, "five bits a letter");
	_Static_assert(WORLD_GUILDS_MAX <= 1 << 5 * CODE_GUILD, "it fits");
	for (; n < CODE_GUILD; n++, index >>= 5)
		code[n] = letters[index & 31];
	for (; n + 1 < MORE_CODE_SIZE; n++, dice >>= 5)
		code[n] = letters[dice & 31];
	code[n] = '\0';
}

struct guild *
more_code_guild(struct world *w, const char *code)
{
	unsigned index = 0;

	if (strlen(code) != MORE_CODE_SIZE - 1)
		return NULL;
	for (size_t n = CODE_GUILD; n-- > 0;) {
		const char *at = strchr(letters, code[n]);

		if (at == NULL)
			return NULL;
		index = index << 5 | (unsigned)(at - letters);
	}
	return guild_at(w, index);
}

unsigned
more_tier(struct guild *g)
{
	int tier = json_object_get_int(jso_get(guild_head(g), "premium_tier"));

	return tier < 0 ? 0 : tier > 3 ? 3 : (unsigned)tier;
}
