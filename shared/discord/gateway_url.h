/* SPDX-License-Identifier: MIT */
/*
 * The one rule for gateway URLs that came from outside: that of /gateway/bot,
 * READY's resume_gateway_url, and what was stored of either.  The token goes
 * where such a URL points, so it is looked at before anything is dialled.
 */
#ifndef SHARED_DISCORD_GATEWAY_URL_H
#define SHARED_DISCORD_GATEWAY_URL_H

#include "shared/base/base.h"

#define GATEWAY_URL_WHY_MAX 200

/*
 * wss:// to anywhere.  ws:// only to this machine, and only while api,
 * [gateway] api, is http:// itself: what began with TLS is never continued
 * without. False: why has half a sentence for people, of printable ASCII.
 */
bool gateway_url_ok(const char *url, const char *api,
    char why[GATEWAY_URL_WHY_MAX]);
/* Is "HOST", "HOST:PORT" or "HOST/PATH" this machine itself?  Asks no DNS. */
bool gateway_url_loopback(const char *host);

#endif
