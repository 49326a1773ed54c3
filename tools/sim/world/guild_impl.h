/* SPDX-License-Identifier: MIT */
/* The guild's own struct: for guild*.c and the world's file only. */
#ifndef TOOLS_SIM_WORLD_GUILD_IMPL_H
#define TOOLS_SIM_WORLD_GUILD_IMPL_H

#include "tools/sim/world/guild.h"
#include "tools/sim/world/world_impl.h"

struct guild {
	struct list link; /* world->fresh or world->changed */
	struct world *w;
	unsigned index;
	uint64_t id;
	bool changed; /* kept, as the seed knows it no more */
	bool gone;    /* deleted */
	json_object *head;
	/* GUILD_MEMBERS holds those who differ from the seed: their documents,
	 * or false for who has left. */
	json_object *list[GUILD_LISTS];
	size_t made;	       /* bytes of the documents that the seed has */
	unsigned left, joined; /* of the seed's members; besides them */
};

/* Is it kept, so that the seed does not tell what it is? */
bool guild_is_changed(const struct world *, unsigned guild);
/* Fills a new one from the seed. */
void guild_make(struct guild *);
void guild_free(struct guild *);
/* One that is not changed: it is computed again when needed. */
void guild_forget(struct guild *);
/* Counts who left and who joined anew, from the list. */
void guild_member_count(struct guild *);
const char *guild_list_word(enum guild_list);
bool guild_list_sent(enum guild_list);
bool guild_list_home(enum guild_list);

#endif
