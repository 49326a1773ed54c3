/* SPDX-License-Identifier: MIT */
/* Dead letters; see letters.h. */
#include "handler/letters.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <string.h>

static void
letter_fill(struct deadletter *l, const struct post *post,
    const struct plugin *p, const struct delivery *d)
{
	const struct event *e = d->event;
	size_t n = e->t_len < sizeof(l->event) ? e->t_len
					       : sizeof(l->event) - 1;

	*l = (struct deadletter) {.at_ms = clock_wall_ms(), .seq = e->seq,
	    .recv_ms = e->recv_ms, .session = e->session, .raw_len = e->len,
	    .shard = e->shard_id, .strikes = d->strikes, .t_off = e->t_off,
	    .t_len = e->t_len};
	str_copy(l->plugin, post->lane.name, sizeof(l->plugin));
	memcpy(l->event, e->raw + e->t_off, n);
	str_copy(l->session_id, work_event_session(e), sizeof(l->session_id));
	if (plugin_failure(p)[0] != '\0')
		str_copy(l->why, plugin_failure(p), sizeof(l->why));
	else
		str_format(l->why, sizeof(l->why), "ended while it worked on "
						   "this event");
	str_copy(l->words, plugin_words(p), sizeof(l->words));
}

void
letters_set_aside(struct post *post, const struct plugin *p,
    const struct delivery *d)
{
	struct staff *s = post->staff;
	struct deadletter l;
	char name[128];
	uint64_t gone = 0;
	struct err e;

	letter_fill(&l, post, p, d);
	plugin_event_name(d->event, name, sizeof(name));
	post->dead_letters++;
	s->dead_letters++;
	s->news = true;
	if (s->store.path[0] == '\0'
	    || deadletter_add(&s->store, &l, d->event->raw, &gone, &e) < 0) {
		log_error("plugin %s: %s ended it %u times and is set aside, "
			  "but could not be kept (%s); the plugin's last "
			  "words: %s", l.plugin, name, d->strikes,
		    s->store.path[0] ? e.text : "no store",
		    l.words[0] ? l.words : "none");
		return;
	}
	log_error("plugin %s: %s ended it %u times and is set aside as dead "
		  "letter %llu; the plugin's last words: %s", l.plugin, name,
	    d->strikes, (unsigned long long)l.id, l.words[0] ? l.words
							       : "none");
	if (gone > 0)
		log_warn("%llu of the oldest dead letters made room for it",
		    (unsigned long long)gone);
}

void
letters_buried(struct lanes *lanes, struct lane *lane, struct event *e)
{
	struct staff *s = container_of(lanes, struct staff, lanes);
	struct err err;

	if (deadletter_drop(&s->store, e->dead, &err) < 0)
		log_error("dead letter %llu was delivered again but can't be "
			  "dropped: %s", (unsigned long long)e->dead,
		    err.text);
	else
		log_info("dead letter %llu was delivered to plugin %s again",
		    (unsigned long long)e->dead, lane->name);
	free(e);
}

/* ---- again ------------------------------------------------------------------ */

static bool
is_among(const struct list *l, uint64_t id)
{
	list_each(l, at)
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
letter_send(struct staff *s, const struct deadletter *d, const char *raw)
{
	struct up_hdr h = {.type = UP_EVENT, .flags = UP_FLAG_AGAIN,
	    .len = (uint32_t)d->raw_kept, .t_off = d->t_off,
	    .t_len = (uint16_t)d->t_len, .seq = d->seq,
	    .session = d->session, .recv_ms = d->recv_ms};
	struct post *p = staff_find(s, d->plugin);
	struct event *e;

	if (p == NULL)
		return "its plugin is no longer configured";
	if (d->raw_kept != d->raw_len)
		return "it was too long to be kept whole";
	if (is_under_way(&p->lane, d->id))
		return "it is being delivered already";
	e = work_copy(d->shard, d->session_id, &h);
	memcpy(e->raw, raw, d->raw_kept);
	e->dead = d->id;
	lane_push_copy(&p->lane, e);
	if (p->active != STAFF_NONE)
		plugin_kick(p->slot[p->active]);
	return NULL;
}

struct replay {
	struct staff *staff;
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
	why = letter_send(r->staff, d, raw);
	if (why != NULL) {
		r->refused++;
		r->why = why;
	} else {
		r->sent++;
	}
	return d->id == r->id;
}

bool
letters_replay(struct staff *s, uint64_t id, const char *name, char *text,
    size_t size)
{
	struct replay r = {.staff = s, .id = id, .name = name};
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
		str_format(text, size, "%u dead letter%s delivered again; "
			   "each goes away once its plugin has answered it",
		    r.sent, r.sent == 1 ? " is" : "s are");
	else
		str_format(text, size, "%u are delivered again, %u are not: "
				       "%s", r.sent, r.refused, r.why);
	return r.sent > 0;
}
