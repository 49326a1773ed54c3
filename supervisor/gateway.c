/* SPDX-License-Identifier: MIT */
/* See gateway.h. */
#include "supervisor/gateway.h"

#include <string.h>

#include "supervisor/base/fleet_state.h"
#include "supervisor/fleet.h"

_Static_assert(sizeof(((struct msg_gateway *)0)->url)
	== sizeof(((struct fleet *)0)->gateway_url),
    "one length of urls");

void
gateway_tell(struct member *c)
{
	struct msg_gateway m = {.url = ""};

	if (!member_is_shard(c) || c->ipc.fd == -1
	    || c->fleet->gateway_url[0] == '\0')
		return;
	str_copy(m.url, c->fleet->gateway_url, sizeof(m.url));
	(void)ipc_send(&c->ipc, MSG_GATEWAY, (int32_t)c->slot, 0, &m, sizeof(m),
	    -1);
}

void
gateway_learned(struct fleet *f, const char *url)
{
	if (strcmp(f->gateway_url, url) == 0)
		return;
	if (f->gateway_url[0] != '\0')
		log_notice("The gateway is at %s now, it was at %s.", url,
		    f->gateway_url);
	str_copy(f->gateway_url, url, sizeof(f->gateway_url));
	fleet_each_child(f, gateway_tell);
}
