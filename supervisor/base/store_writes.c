/* SPDX-License-Identifier: MIT */
/* See store_writes.h. */
#include "supervisor/base/store_writes.h"

#include <string.h>

#include "shared/base/clock.h"
#include "shared/store/dbenv.h"
#include "shared/base/log.h"

struct write {
	struct list link;
	struct store_op op;
	char key[128];
	unsigned char data[];
};

static void
drop(struct store_writes *w, struct write *x)
{
	list_remove(&x->link);
	w->n--;
	w->settled -= x->op.kind == STORE_OP_SETTLE;
	free(x);
}

static void
drop_all(struct store_writes *w)
{
	while (!list_empty(&w->due))
		drop(w, container_of(w->due.next, struct write, link));
}

static struct write *
find(struct store_writes *w, enum store_op_kind kind, const char *key)
{
	list_each (&w->due, l) {
		struct write *x = container_of(l, struct write, link);

		if (x->op.kind == kind && strcmp(x->key, key) == 0)
			return x;
	}
	return NULL;
}

static void
arm(struct store_writes *w, double after_s)
{
	uint64_t now = clock_boot_ms();

	if (timer_pending(&w->timer))
		return;
	if (w->rest_ms > now && (double)(w->rest_ms - now) / 1000 > after_s)
		after_s = (double)(w->rest_ms - now) / 1000;
	timer_set(&w->timer, after_s);
}

static struct write *
add(struct store_writes *w, enum store_op_kind kind, const char *key,
    const void *data, size_t len)
{
	struct write *x = base_alloc(sizeof(*x) + len), *old;

	if (kind != STORE_OP_SETTLE && (old = find(w, kind, key)) != NULL)
		drop(w, old);
	must(str_copy(x->key, key, sizeof(x->key)) < sizeof(x->key));
	if (len > 0)
		memcpy(x->data, data, len);
	x->op = (struct store_op) {.kind = kind,
	    .key = x->key,
	    .data = x->data,
	    .len = len};
	list_append(&w->due, &x->link);
	w->n++;
	arm(w, 0);
	return x;
}

/* ---- writing -------------------------------------------------------- */

static void
refused(struct store_writes *w, const struct err *e)
{
	uint64_t now = clock_boot_ms();
	bool busy = e->code == EXIT_TRY_LATER;

	if (w->since_ms == 0)
		w->since_ms = now;
	arm(w, busy ? STORE_WRITES_BUSY_S : STORE_WRITES_FAILED_S);
	if (w->told || (busy && now - w->since_ms < STORE_WRITES_TELL_MS))
		return;
	w->told = true;
	log_warn("%s What the fleet notes there waits in memory.", e->text);
}

static void
accepted(struct store_writes *w)
{
	if (w->told)
		log_notice("The store takes what is written again.");
	w->since_ms = 0;
	w->told = false;
}

int
store_writes_flush(struct store_writes *w, struct err *e)
{
	uint64_t began = clock_boot_ms(), now;
	struct store_op *op;
	size_t n = 0;
	int rc;

	timer_stop(&w->timer);
	if (w->n == 0)
		return 0;
	op = base_alloc(w->n * sizeof(*op));
	list_each (&w->due, l)
		op[n++] = container_of(l, struct write, link)->op;
	rc = store_write(w->store, op, n, e);
	free(op);
	now = clock_boot_ms();
	w->rest_ms = now + (now - began) * STORE_WRITES_REST;
	if (rc == -1) {
		refused(w, e);
		return -1;
	}
	drop_all(w);
	accepted(w);
	return 0;
}

static void
on_timer(struct timer *t)
{
	struct err e;

	(void)store_writes_flush(container_of(t, struct store_writes, timer),
	    &e);
}

/* ---- the public face ------------------------------------------------ */

void
store_writes_init(struct store_writes *w, struct timers *timers,
    const struct store *store)
{
	memset(w, 0, sizeof(*w));
	w->store = store;
	list_init(&w->due);
	timer_init(timers, &w->timer, on_timer);
}

void
store_writes_blob(struct store_writes *w, const char *key, const void *data,
    size_t len)
{
	add(w, STORE_OP_BLOB, key, data, len);
}

void
store_writes_gateway(struct store_writes *w, const struct store_gateway *g)
{
	add(w, STORE_OP_GATEWAY, "", g, sizeof(*g));
}

void
store_writes_settle(struct store_writes *w, uint64_t id, uint32_t outcome,
    uint32_t close_code)
{
	struct write *x;

	/* An entry that is never settled counts as lost at the next start. */
	if (w->settled == STORE_WRITES_SETTLED_MAX) {
		drop(w, find(w, STORE_OP_SETTLE, ""));
		if (w->lost++ == 0)
			log_warn("The store has not been writable for so long "
				 "that the ends of IDENTIFYs are forgotten.");
	}
	x = add(w, STORE_OP_SETTLE, "", NULL, 0);
	x->op.id = id;
	x->op.outcome = outcome;
	x->op.close_code = close_code;
	x->op.at_ms = clock_wall_ms();
	w->settled++;
}

void
store_writes_close(struct store_writes *w)
{
	struct err e;

	if (w->store == NULL)
		return;
	dbenv_patience(DBENV_WAIT_MS);
	if (store_writes_flush(w, &e) == -1)
		log_error("%s What the fleet noted last is lost.", e.text);
	timer_stop(&w->timer);
	drop_all(w);
}
