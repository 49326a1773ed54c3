/* SPDX-License-Identifier: MIT */
/* doctor: what of the fleet is no verdict: budget, versions, log. */
#include "tools/cli/doctor/doctor.h"

#include "shared/base/version.h"
#include "tools/cli/base/human.h"

#include <curl/curl.h>
#include <lmdb.h>
#include <openssl/crypto.h>
#include <string.h>
#include <zlib.h>

static void
look_budget(struct doctor *d)
{
	const struct page_cluster *c = &d->view->cluster;
	int64_t reset = c->reset_wall_ms - d->view->wall_ms;
	char in[24];

	/* Short of it is a verdict. */
	if (c->fetched_wall_ms != 0 && c->remaining > c->left_least)
		doctor_well(d, "budget",
		    "%lld of %lld IDENTIFYs left (reserve %u), reset in %s",
		    (long long)c->remaining, (long long)c->total, c->reserve,
		    human_age(reset > 0 ? reset : 0, in));
}

static bool
is_other(const struct view *v, const struct page_watch *w)
{
	return w->version[0] != '\0'
	    && strncmp(w->version, v->cluster.version, sizeof(w->version)) != 0;
}

static void
look_versions(struct doctor *d)
{
	const struct view *v = d->view;
	uint32_t behind = view_behind(v);

	if (strcmp(v->cluster.version, SHARDHERD_VERSION) != 0)
		doctor_ill(d, PAGE_INFO, "version",
		    "\"shardherd upgrade\" puts this program in its place.",
		    "The fleet's supervisor is of version %s, this program of "
		    "%s.",
		    v->cluster.version, SHARDHERD_VERSION);
	else
		doctor_well(d, "version", "%s", v->cluster.version);
	if (behind > 0)
		doctor_ill(d, PAGE_INFO, "version",
		    "\"shardherd rollout\" replaces them, one by one.",
		    "%u of %zu shards run an older program or configuration.",
		    behind, v->n);
	if (v->handler_alive && is_other(v, &v->handler_watch))
		doctor_ill(d, PAGE_INFO, "version",
		    "\"shardherd reload\" replaces it.",
		    "The handler still runs %s.", v->handler_watch.version);
}

static void
look_fleet(struct doctor *d)
{
	const struct view *v = d->view;
	char up[24];

	if (!v->alive)
		return;
	doctor_well(d, "fleet",
	    "supervisor pid %d, up %s, %u of %zu shards "
	    "ready",
	    v->cluster.pid, human_age(view_age(v, v->cluster.started_ms), up),
	    v->ready, v->n);
	look_budget(d);
	look_versions(d);
}

void
doctor_fleet(struct doctor *d)
{
	if (d->seen)
		look_fleet(d);
	/* The newest release of each is the system's care. */
	doctor_well(d, "libraries", "%s, libcurl %s, zlib %s, %s",
	    OpenSSL_version(OPENSSL_VERSION),
	    curl_version_info(CURLVERSION_NOW)->version, zlibVersion(),
	    mdb_version(NULL, NULL, NULL));
}
