/* SPDX-License-Identifier: MIT */
/* Event names to plugins; see route.h. */
#include "handler/route.h"

#include <string.h>

void
route_init(struct route *r, const struct config *config)
{
	memset(r, 0, sizeof(*r));
	r->config = config;
}

static uint64_t
route_ask(const struct route *r, const char *name, size_t len)
{
	uint64_t wanted = 0;

	for (size_t i = 0; i < r->config->plugins; i++)
		if (config_wants(r->config->plugin[i].events, name, len))
			wanted |= (uint64_t)1 << i;
	return wanted;
}

uint64_t
route_wanted(struct route *r, const char *name, size_t len)
{
	struct route_slot *s;

	if (len == 0 || len > ROUTE_NAME_MAX)
		return route_ask(r, name, len);
	s = &r->slot[hash64(name, len) % ROUTE_SLOTS];
	if (s->len != len || memcmp(s->name, name, len) != 0) {
		s->wanted = route_ask(r, name, len);
		s->len = (uint8_t)len;
		memcpy(s->name, name, len);
	}
	return s->wanted;
}
