/* SPDX-License-Identifier: MIT */
/* Dead letters; see dead_letters.h. */
#include "handler/delivery/dead_letters.h"

#include "handler/delivery/plugin_entry.h"
#include "shared/base/clock.h"
#include "shared/base/log.h"

#include <string.h>

static void
letter_fill(struct deadletter *l, const struct plugin_entry *entry,
    const struct plugin *p, const struct delivery *d)
{
	const struct event *e = d->event;
	size_t n = e->t_len < sizeof(l->event) ? e->t_len
					       : sizeof(l->event) - 1;

	*l = (struct deadletter) {.at_ms = clock_wall_ms(),
	    .seq = e->seq,
	    .recv_ms = e->recv_ms,
	    .session = e->session,
	    .raw_len = e->len,
	    .shard = e->shard_id,
	    .strikes = d->strikes,
	    .t_off = e->t_off,
	    .t_len = e->t_len};
	str_copy(l->plugin, entry->lane.name, sizeof(l->plugin));
	memcpy(l->event, e->raw + e->t_off, n);
	str_copy(l->session_id, in_flight_event_session(e),
	    sizeof(l->session_id));
	if (plugin_failure(p)[0] != '\0')
		str_copy(l->why, plugin_failure(p), sizeof(l->why));
	else
		str_format(l->why, sizeof(l->why),
		    "ended while it worked on this event");
	str_copy(l->words, plugin_words(p), sizeof(l->words));
}

/* ---- writing -------------------------------------------------------- */

/* What is to be written; in plugin_set.late while another process writes. */
struct late {
	struct list link;
	bool drop; /* l.id goes; else l comes */
	struct deadletter l;
	char name[128]; /* of the event */
	char raw[];
};

static bool
late_busy(int rc, const struct err *e, bool last)
{
	return rc < 0 && e->code == EXIT_TRY_LATER && !last;
}

static bool
late_add(struct plugin_set *s, struct late *x, bool last)
{
	struct deadletter *l = &x->l;
	const char *words = l->words[0] ? l->words : "none";
	uint64_t gone = 0;
	struct err e = {.text = "no store"};
	int rc = -1;

	if (s->store.path[0] != '\0')
		rc = deadletter_add(&s->store, l, x->raw, &gone, &e);
	if (late_busy(rc, &e, last))
		return false;
	if (rc < 0)
		log_error("plugin %s: %s ended it %u times and is set aside, "
			  "but could not be kept (%s); the plugin's last "
			  "words: %s",
		    l->plugin, x->name, l->strikes, e.text, words);
	else
		log_error("plugin %s: %s ended it %u times and is set aside "
			  "as dead letter %llu; the plugin's last words: %s",
		    l->plugin, x->name, l->strikes, (unsigned long long)l->id,
		    words);
	if (gone > 0)
		log_warn("%llu of the oldest dead letters made room for it",
		    (unsigned long long)gone);
	return true;
}

static bool
late_drop(struct plugin_set *s, struct late *x, bool last)
{
	struct err e;
	int rc = deadletter_drop(&s->store, x->l.id, &e);

	if (late_busy(rc, &e, last))
		return false;
	if (rc < 0)
		log_error("dead letter %llu was delivered again but can't be "
			  "dropped: %s",
		    (unsigned long long)x->l.id, e.text);
	else
		log_info("dead letter %llu was delivered to plugin %s again",
		    (unsigned long long)x->l.id, x->l.plugin);
	return true;
}

/* false: another process writes, and it is not the last try. */
static bool
late_write(struct plugin_set *s, struct late *x, bool last)
{
	return x->drop ? late_drop(s, x, last) : late_add(s, x, last);
}

/* Now, or behind what waits already. */
static void
late_put(struct plugin_set *s, struct late *x)
{
	bool full = s->late_n == DEAD_LETTERS_LATE_MAX;

	if ((s->late_n == 0 || full) && late_write(s, x, full)) {
		free(x);
		return;
	}
	list_append(&s->late, &x->link);
	s->late_n++;
}

void
dead_letters_late(struct plugin_set *s, bool last)
{
	while (!list_empty(&s->late)) {
		struct late *x = container_of(s->late.next, struct late, link);

		if (!late_write(s, x, last))
			break;
		list_remove(&x->link);
		s->late_n--;
		free(x);
	}
}

void
dead_letters_set_aside(struct plugin_entry *entry, const struct plugin *p,
    const struct delivery *d)
{
	struct plugin_set *s = entry->set;
	size_t len = d->event->len;
	struct late *x = base_alloc(sizeof(*x) + len);

	letter_fill(&x->l, entry, p, d);
	memcpy(x->raw, d->event->raw, len);
	plugin_event_name(d->event, x->name, sizeof(x->name));
	entry->dead_letters++;
	s->dead_letters++;
	s->news = true;
	late_put(s, x);
}

void
dead_letters_buried(struct lanes *lanes, struct lane *lane, struct event *e)
{
	struct late *x = base_alloc(sizeof(*x));

	x->drop = true;
	x->l.id = e->dead;
	str_copy(x->l.plugin, lane->name, sizeof(x->l.plugin));
	late_put(container_of(lanes, struct plugin_set, lanes), x);
	free(e);
}

/* ---- again ---------------------------------------------------------- */

static bool
is_among(const struct list *l, uint64_t id)
{
	list_each (l, at)
		if (container_of(at, struct delivery, link)->event->dead == id)
			return true;
	return false;
}

static bool
is_under_way(const struct lane *l, uint64_t id)
{
	for (size_t i = 0; i < LANE_WINDOWS; i++)
		if (l->window[i] != NULL && is_among(&l->window[i]->out, id))
			return true;
	return is_among(&l->waiting.urgent, id);
}

/* NULL, or why it can't be delivered. */
static const char *
letter_send(struct plugin_set *s, const struct deadletter *d, const char *raw)
{
	struct up_hdr h = {.type = UP_EVENT,
	    .flags = UP_FLAG_AGAIN,
	    .len = (uint32_t)d->raw_kept,
	    .t_off = d->t_off,
	    .t_len = (uint16_t)d->t_len,
	    .seq = d->seq,
	    .session = d->session,
	    .recv_ms = d->recv_ms};
	struct plugin_entry *p = plugin_set_find(s, d->plugin);
	struct event *e;

	if (p == NULL)
		return "its plugin is no longer configured";
	if (d->raw_kept != d->raw_len)
		return "it was too long to be kept whole";
	if (is_under_way(&p->lane, d->id))
		return "it is being delivered already";
	e = in_flight_copy(d->shard, d->session_id, &h);
	memcpy(e->raw, raw, d->raw_kept);
	e->dead = d->id;
	lane_push_copy(&p->lane, e);
	if (p->active != PLUGIN_SET_NONE)
		plugin_kick(p->slot[p->active]);
	return NULL;
}

struct replay {
	struct plugin_set *set;
	uint64_t id;
	const char *name;
	unsigned sent, refused;
	const char *why;
};

static int
replay_one(const struct deadletter *d, const char *raw, void *arg)
{
	struct replay *r = arg;
	const char *why;

	if ((r->id != CONTRACT_PLUGIN_ALL && d->id != r->id)
	    || (r->name[0] != '\0' && strcmp(r->name, d->plugin) != 0))
		return 0;
	why = letter_send(r->set, d, raw);
	if (why != NULL) {
		r->refused++;
		r->why = why;
	} else {
		r->sent++;
	}
	return d->id == r->id;
}

bool
dead_letters_replay(struct plugin_set *s, uint64_t id, const char *name,
    char *text, size_t size)
{
	struct replay r = {.set = s, .id = id, .name = name};
	struct err e;

	if (s->store.path[0] == '\0'
	    || deadletter_each(&s->store, replay_one, &r, &e) < 0) {
		str_format(text, size, "the dead letters can't be read: %s",
		    s->store.path[0] ? e.text : "no store");
		return false;
	}
	if (r.sent + r.refused == 0)
		str_format(text, size, "there is no such dead letter");
	else if (r.refused == 0)
		str_format(text, size,
		    "%u dead letter%s delivered again; each goes away once its "
		    "plugin has answered it",
		    r.sent, r.sent == 1 ? " is" : "s are");
	else
		str_format(text, size, "%u are delivered again, %u are not: %s",
		    r.sent, r.refused, r.why);
	return r.sent > 0;
}
