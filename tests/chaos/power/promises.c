/* SPDX-License-Identifier: MIT */
/*
 * What the processes of a recorded fleet promise, heard by the linker's --wrap
 * (Makefile) and noted in the record, where it stands behind all that was
 * written for it.
 */
#include "handler/delivery/lane.h"
#include "shard/events/outbox.h"
#include "shard/session/payload.h"
#include "shared/page/page.h"
#include "shared/spool/place.h"
#include "shared/state/stopped.h"
#include "shared/store/client_token.h"
#include "shared/store/kv.h"
#include "shared/store/store.h"
#include "tests/chaos/power/recorder.h"
#include "tools/web/history/history.h"

#include <stdio.h>
#include <string.h>

#define ULL(n) ((unsigned long long)(n))

void __real_page_cursor_set(struct page_slot *, uint64_t, uint64_t);
void __wrap_page_cursor_set(struct page_slot *, uint64_t, uint64_t);
void
__wrap_page_cursor_set(struct page_slot *slot, uint64_t session, uint64_t seq)
{
	__real_page_cursor_set(slot, session, seq);
	recorder_stored(slot->cursor, sizeof(slot->cursor));
}

void __real_place_store(struct place_file *, struct place);
void __wrap_place_store(struct place_file *, struct place);
void
__wrap_place_store(struct place_file *f, struct place p)
{
	__real_place_store(f, p);
	recorder_stored(f, 48);
}

enum outbox_result __real_outbox_commit(struct outbox *, const struct up_hdr *);
enum outbox_result __wrap_outbox_commit(struct outbox *, const struct up_hdr *);
enum outbox_result
__wrap_outbox_commit(struct outbox *p, const struct up_hdr *h)
{
	recorder_note("came %llx %llu", ULL(h->session), ULL(h->seq));
	return __real_outbox_commit(p, h);
}

void __real_lane_finish(struct lane *, struct delivery *);
void __wrap_lane_finish(struct lane *, struct delivery *);
void
__wrap_lane_finish(struct lane *l, struct delivery *d)
{
	recorder_note("done %s %llx %llu", l->name, ULL(d->event->session),
	    ULL(d->event->seq));
	__real_lane_finish(l, d);
}

size_t __real_payload_identify(char[PAYLOAD_MAX + 1],
    const struct payload_identify *);
size_t __wrap_payload_identify(char[PAYLOAD_MAX + 1],
    const struct payload_identify *);
size_t
__wrap_payload_identify(char out[PAYLOAD_MAX + 1],
    const struct payload_identify *i)
{
	recorder_note("identify %u", (unsigned)i->shard);
	return __real_payload_identify(out, i);
}

int __real_store_session_put(const struct store *, const struct store_session *,
    struct err *);
int __wrap_store_session_put(const struct store *, const struct store_session *,
    struct err *);
int
__wrap_store_session_put(const struct store *s, const struct store_session *r,
    struct err *e)
{
	int rc;

	recorder_note("putting %u %llx", r->shard, ULL(store_session_key(r)));
	rc = __real_store_session_put(s, r, e);
	if (rc == 0)
		recorder_note("put %u %llx", r->shard,
		    ULL(store_session_key(r)));
	return rc;
}

int __real_store_session_drop(const struct store *, uint32_t, struct err *);
int __wrap_store_session_drop(const struct store *, uint32_t, struct err *);
int
__wrap_store_session_drop(const struct store *s, uint32_t shard, struct err *e)
{
	recorder_note("putting %u 0", shard);
	return __real_store_session_drop(s, shard, e);
}

int __real_stopped_put(const char *, struct err *);
int __wrap_stopped_put(const char *, struct err *);
int
__wrap_stopped_put(const char *state_dir, struct err *e)
{
	int rc;

	recorder_note("stopping");
	rc = __real_stopped_put(state_dir, e);
	if (rc == 0)
		recorder_note("stopped");
	return rc;
}

void __real_stopped_clear(const char *);
void __wrap_stopped_clear(const char *);
void
__wrap_stopped_clear(const char *state_dir)
{
	recorder_note("stopping");
	__real_stopped_clear(state_dir);
	recorder_note("going");
}

/* Who asks for it is shown the token afterwards. */
int __real_client_token_keep(const struct store *, const char *, const char *,
    struct err *);
int __wrap_client_token_keep(const struct store *, const char *, const char *,
    struct err *);
int
__wrap_client_token_keep(const struct store *s, const char *client,
    const char *token, struct err *e)
{
	int rc = __real_client_token_keep(s, client, token, e);

	if (rc == 0)
		recorder_note("client %s", client);
	return rc;
}

/* From the first look on there is a history that is never begun anew. */
void __real_history_take(struct history *, const struct view *);
void __wrap_history_take(struct history *, const struct view *);
void
__wrap_history_take(struct history *h, const struct view *v)
{
	recorder_note("watched");
	__real_history_take(h, v);
}

/* What a plugin was told to be kept. */
static struct kv_tx *outer;
static char kept[64][2][128];
static size_t kept_n;

struct kv_tx *__real_kv_begin(struct kv *, struct kv_tx *, bool, struct err *);
struct kv_tx *__wrap_kv_begin(struct kv *, struct kv_tx *, bool, struct err *);
struct kv_tx *
__wrap_kv_begin(struct kv *kv, struct kv_tx *parent, bool write, struct err *e)
{
	struct kv_tx *tx = __real_kv_begin(kv, parent, write, e);

	if (tx != NULL && parent == NULL && write) {
		outer = tx;
		kept_n = 0;
	}
	return tx;
}

int __real_kv_put(struct kv_tx *, const char *, const void *, size_t,
    struct err *);
int __wrap_kv_put(struct kv_tx *, const char *, const void *, size_t,
    struct err *);
int
__wrap_kv_put(struct kv_tx *tx, const char *key, const void *value, size_t len,
    struct err *e)
{
	int rc = __real_kv_put(tx, key, value, len, e);

	if (rc == 0 && kept_n < nitems(kept)) {
		snprintf(kept[kept_n][0], sizeof(kept[0][0]), "%s", key);
		snprintf(kept[kept_n++][1], sizeof(kept[0][1]), "%.*s",
		    (int)len, (const char *)value);
	}
	return rc;
}

int __real_kv_commit(struct kv_tx *, struct err *);
int __wrap_kv_commit(struct kv_tx *, struct err *);
int
__wrap_kv_commit(struct kv_tx *tx, struct err *e)
{
	bool last = tx == outer;
	int rc = __real_kv_commit(tx, e);

	if (!last)
		return rc;
	outer = NULL;
	for (size_t i = 0; rc == 0 && i < kept_n; i++)
		recorder_note("kept %s %s", kept[i][0], kept[i][1]);
	kept_n = 0;
	return rc;
}
