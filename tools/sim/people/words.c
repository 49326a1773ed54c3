/* SPDX-License-Identifier: MIT */
#include "tools/sim/people/words.h"

#include "tools/sim/base/answer.h"
#include "tools/sim/base/jso.h"

#include <stddef.h>
#include <string.h>

enum kind { TEXT, FLAG, FILES, SECONDS };

static const struct {
	const char *name;
	enum kind kind;
	size_t at;
} options[] = {
#define AT(m) offsetof(struct words, m)
    {"as", TEXT, AT(as)},
    {"reply", TEXT, AT(reply)},
    {"in", TEXT, AT(in)},
    {"after", TEXT, AT(after)},
    {"from", TEXT, AT(from)},
    {"says", TEXT, AT(says)},
    {"file", FILES, AT(file)},
    {"json", FLAG, AT(json)},
    {"remove", FLAG, AT(remove)},
    {"mute", FLAG, AT(mute)},
    {"deaf", FLAG, AT(deaf)},
    {"user-install", FLAG, AT(user_install)},
    {"wait", SECONDS, AT(wait_s)},
#undef AT
};

/* Is the name among the words of a list? */
static bool
listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; *p != '\0'; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len == n && strncmp(p, name, n) == 0)
			return true;
		p += len;
	}
	return strcmp(name, "json") == 0;
}

static bool
seconds(const char *word, double *s)
{
	return word != NULL && str_to_double(word, s) && *s > 0
	    && *s <= WORDS_WAIT_MAX_S;
}

/* Takes the option at argv[*i] and what belongs to it. */
static bool
option(struct words *w, char **argv, int argc, int *i, const char *takes)
{
	const char *name = argv[*i] + 2, *next = NULL;
	size_t k = 0;
	void *to;

	if (*i + 1 < argc)
		next = argv[*i + 1];
	while (k < nitems(options) && strcmp(options[k].name, name) != 0)
		k++;
	if (k == nitems(options) || !listed(takes, name))
		return false;
	to = (char *)w + options[k].at;
	switch (options[k].kind) {
	case FLAG:
		*(bool *)to = true;
		return true;
	case SECONDS:
		*(double *)to = WORDS_WAIT_S;
		if (seconds(next, to))
			++*i;
		else
			*(double *)to = WORDS_WAIT_S;
		return true;
	case TEXT:
		*(const char **)to = next;
		break;
	case FILES:
		if (w->files == WORDS_FILES_MAX)
			return false;
		w->file[w->files++] = next;
		break;
	}
	++*i;
	return next != NULL;
}

bool
words_read(struct words *w, int argc, char **argv, int min, int max,
    const char *takes, const char *usage, struct sbuf *out)
{
	bool ended = false, right = true;

	*w = (struct words) {.out = out, .verb = argv[0]};
	for (int i = 1; right && i < argc; i++) {
		if (!ended && strcmp(argv[i], "--") == 0)
			ended = true;
		else if (!ended && strncmp(argv[i], "--", 2) == 0)
			right = option(w, argv, argc, &i, takes);
		else if (w->n < WORDS_MAX)
			w->plain[w->n++] = argv[i];
		else
			right = false;
	}
	if (right && w->n >= min && w->n <= max)
		return true;
	sbuf_fmt(out, "usage: %s %s", argv[0], usage);
	return false;
}

void
words_made(struct words *w, json_object *o, const char *line)
{
	if (w->json) {
		answer_begin(w->out, w->verb);
		sbuf_str(w->out, jso_text(o));
		answer_end(w->out);
	} else {
		sbuf_fmt(w->out, "%s\n", line);
	}
	json_object_put(o);
}

void
words_made_id(struct words *w, json_object *o)
{
	char id[24];

	str_copy(id, jso_get_text(o, "id"), sizeof(id));
	words_made(w, o, id);
}
