/* SPDX-License-Identifier: MIT */
#include "tools/sim/base/jso.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_impl.h"

#include "shared/base/clock.h"

#include <string.h>

static bool
expired(const struct world_interaction *i)
{
	return clock_boot_ms() - i->made_ms > WORLD_INTERACTION_TOKEN_MS;
}

struct world_interaction *
world_interaction_new(struct world *w, const struct world_channel *ch)
{
	struct world_interaction *best = NULL;

	for (size_t k = 0; k < WORLD_INTERACTIONS_MAX; k++) {
		struct world_interaction *i = &w->interaction[k];

		if (i->id == 0 || expired(i)) {
			best = i;
			break;
		}
		/* Never answered in time: dead too. */
		if (!i->answered
		    && clock_boot_ms() - i->made_ms > WORLD_INTERACTION_MS
		    && (best == NULL || i->made_ms < best->made_ms))
			best = i;
	}
	if (best == NULL)
		return NULL;
	json_object_put(best->shown);
	*best = (struct world_interaction) {.id = world_snowflake(w),
	    .channel = ch->id,
	    .guild = ch->guild,
	    .installs = WORLD_INSTALL_GUILD,
	    .made_ms = clock_boot_ms()};
	world_token(w, best->token, sizeof(best->token));
	w->interactions.made++;
	return best;
}

unsigned
world_interaction_waiting(const struct world *w)
{
	uint64_t now = clock_boot_ms();
	unsigned n = 0;

	for (size_t k = 0; k < WORLD_INTERACTIONS_MAX; k++) {
		const struct world_interaction *i = &w->interaction[k];

		n += i->id != 0 && !i->answered
		    && now - i->made_ms <= WORLD_INTERACTION_MS;
	}
	return n;
}

struct world_interaction *
world_interaction_find(struct world *w, uint64_t id)
{
	for (size_t k = 0; id != 0 && k < WORLD_INTERACTIONS_MAX; k++)
		if (w->interaction[k].id == id)
			return &w->interaction[k];
	return NULL;
}

struct world_interaction *
world_interaction_by_token(struct world *w, const char *token)
{
	for (size_t k = 0; k < WORLD_INTERACTIONS_MAX; k++) {
		struct world_interaction *i = &w->interaction[k];

		if (i->id != 0 && strcmp(i->token, token) == 0)
			return expired(i) ? NULL : i;
	}
	return NULL;
}

uint64_t
world_interaction_opener(const struct world *w, unsigned user,
    const char *modal)
{
	uint64_t last = 0;

	for (size_t k = 0; k < WORLD_INTERACTIONS_MAX; k++) {
		const struct world_interaction *i = &w->interaction[k];

		if (i->id > last && i->user == user && i->modal[0] != '\0'
		    && !expired(i) && strcmp(i->modal, modal) == 0)
			last = i->id;
	}
	return last;
}

struct world_interaction *
world_interaction_modal_last(struct world *w)
{
	struct world_interaction *last = NULL;

	for (size_t k = 0; k < WORLD_INTERACTIONS_MAX; k++) {
		struct world_interaction *i = &w->interaction[k];

		if (i->id != 0 && i->modal[0] != '\0' && !expired(i)
		    && !i->submitted && (last == NULL || i->id > last->id))
			last = i;
	}
	return last;
}

struct world_interaction *
world_interaction_modal(struct world *w, unsigned user)
{
	struct world_interaction *last = NULL;

	for (size_t k = 0; k < WORLD_INTERACTIONS_MAX; k++) {
		struct world_interaction *i = &w->interaction[k];

		if (i->id != 0 && i->user == user && i->modal[0] != '\0'
		    && !expired(i) && (last == NULL || i->id > last->id))
			last = i;
	}
	return last != NULL && !last->submitted ? last : NULL;
}

/* In a DM the guild is "0". */
json_object *
world_interaction_owners(struct world *w, const struct world_interaction *i)
{
	json_object *o = json_object_new_object();

	if (i->installs & WORLD_INSTALL_GUILD)
		jso_set_id(o, "0",
		    i->guild != WORLD_NOWHERE ? world_guild_id(w, i->guild)
					      : 0);
	if (i->installs & WORLD_INSTALL_USER)
		jso_set_id(o, "1", user_id(w, i->user));
	return o;
}

void
world_interaction_close(struct world *w)
{
	for (size_t k = 0; k < WORLD_INTERACTIONS_MAX; k++)
		json_object_put(w->interaction[k].shown);
}

json_object *
world_interaction_metadata(struct world *w, const struct world_interaction *i)
{
	json_object *o = json_object_new_object();
	json_object *owners = world_interaction_owners(w, i);
	const struct world_interaction *opener;

	jso_set_id(o, "id", i->id);
	jso_set_int(o, "type", i->type);
	jso_set(o, "user", world_render_user(w, i->user));
	jso_set(o, "authorizing_integration_owners", owners);
	if (i->type == INTERACTION_COMPONENT)
		jso_set_id(o, "interacted_message_id", i->message);
	/* What opened a modal is no modal, so this is once. */
	opener = i->type == INTERACTION_MODAL
	    ? world_interaction_find(w, i->opener)
	    : NULL;
	if (opener != NULL && opener->type != INTERACTION_MODAL)
		jso_set(o, "triggering_interaction_metadata",
		    world_interaction_metadata(w, opener));
	return o;
}

struct world_interactions *
world_interaction_counts(struct world *w)
{
	return &w->interactions;
}
