/* SPDX-License-Identifier: MIT */
#include "tools/cli/base/form.h"

#include "shared/base/text.h"
#include "tools/cli/base/option.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#define FORMS_MAX 16
#define WORDS_MAX 8

/* ---- a form, taken apart -------------------------------------------- */

struct word {
	char text[FORM_WORD]; /* without brackets and dots */
	bool optional, more;
};

struct parts {
	char name[FORM_WORD]; /* "" */
	bool usual;	      /* the name may be left out */
	struct word word[WORDS_MAX];
	size_t n;
};

static void
take_apart(const struct cli_form *f, struct parts *p)
{
	memset(p, 0, sizeof(*p));
	for (const char *s = f->words; *s != '\0';) {
		size_t n = strcspn(s, " "), len;
		struct word w = {.optional = s[0] == '['};

		str_format(w.text, sizeof(w.text), "%.*s",
		    (int)(n - w.optional), s + w.optional);
		len = strcspn(w.text, "].");
		w.more = w.text[len] == '.';
		w.text[len] = '\0';
		if (s == f->words && islower((unsigned char)w.text[0])
		    && strchr(w.text, '|') == NULL) {
			str_copy(p->name, w.text, sizeof(p->name));
			p->usual = w.optional;
		} else {
			must(p->n < nitems(p->word));
			p->word[p->n++] = w;
		}
		s += n + strspn(s + n, " ");
	}
}

void
form_name(const struct cli_form *f, char out[FORM_WORD])
{
	struct parts p;

	take_apart(f, &p);
	str_copy(out, p.name, FORM_WORD);
}

bool
form_word(const struct cli_form *f, size_t i, char out[FORM_WORD])
{
	struct parts p;

	take_apart(f, &p);
	if (p.n > 0 && i >= p.n && p.word[p.n - 1].more)
		i = p.n - 1;
	if (i >= p.n)
		return false;
	str_copy(out, p.word[i].text, FORM_WORD);
	return true;
}

bool
form_is(const struct cli *c, const char *name)
{
	char own[FORM_WORD];

	form_name(c->form, own);
	return strcmp(own, name) == 0;
}

static bool
offers(const char *choice, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = choice; len > 0 && p != NULL;) {
		if (strncmp(p, word, len) == 0
		    && (p[len] == '|' || p[len] == '\0'))
			return true;
		p = strchr(p, '|');
		p = p != NULL ? p + 1 : NULL;
	}
	return false;
}

/* ---- which one ------------------------------------------------------ */

static bool
is_number(const char *word)
{
	return isdigit((unsigned char)word[0]);
}

/* "shard 3 restart" and "shard restart 3": where the form's name is. */
static int
lead(struct cli *c)
{
	char *first = c->argc > 0 ? c->argv[0] : NULL;

	if (c->verb->lead == NULL || first == NULL)
		return 0;
	if (!is_number(first) && c->argc == 2 && is_number(c->argv[1])) {
		c->argv[0] = c->argv[1];
		c->argv[1] = first;
	}
	return is_number(c->argv[0]);
}

/* The name is put where it was left out. */
static void
complete(struct cli *c, int at, const char *name)
{
	static char copy[FORM_WORD], *all[OPTION_LIST_MAX + 2];

	str_copy(copy, name, sizeof(copy));
	if (at < c->argc) {
		c->argv[at] = copy;
		return;
	}
	must(at < (int)nitems(all) - 1);
	for (int i = 0; i < at; i++)
		all[i] = c->argv[i];
	all[at] = copy;
	c->argv = all;
	c->argc = at + 1;
}

/* What may be meant, behind what is wrong. */
static int
add_instead(struct cli *c)
{
	size_t len = strlen(c->err.text);

	if (c->verb->instead != NULL)
		str_format(c->err.text + len, sizeof(c->err.text) - len, ". %s",
		    c->verb->instead);
	return -1;
}

int
form_choose(struct cli *c)
{
	static char own[FORMS_MAX][FORM_WORD];
	const struct cli_form *forms = c->verb->forms, *usual = NULL;
	const struct cli_form *named[FORMS_MAX], *plain = NULL;
	const char *names[FORMS_MAX];
	int at = lead(c), i;
	struct parts p;
	size_t n = 0;

	for (const struct cli_form *f = forms; f->words != NULL; f++) {
		take_apart(f, &p);
		if (p.name[0] == '\0') {
			plain = f;
			continue;
		}
		must(n < FORMS_MAX);
		str_copy(own[n], p.name, sizeof(own[n]));
		named[n] = f;
		names[n] = own[n];
		n++;
		usual = p.usual ? f : usual;
	}
	c->form = plain != NULL ? plain : usual;
	if (at < c->argc && plain != NULL && form_word(plain, 0, p.name)) {
		/* A word of its own, or a name in full. */
		for (size_t j = 0; j < n; j++)
			if (strcmp(names[j], c->argv[at]) == 0)
				c->form = named[j];
		return 0;
	}
	if (at < c->argc && n > 0) {
		if ((i = option_choose(c, c->argv[at], names, n)) == -1)
			return add_instead(c);
		c->form = named[i];
	}
	if (c->form == NULL)
		return cli_usage_err(c);
	take_apart(c->form, &p);
	if (p.name[0] != '\0')
		complete(c, at, p.name);
	return 0;
}

int
form_choice(struct cli *c, const char *what, const char *choice,
    const char *word)
{
	const char *names[16], *near;
	char copy[FORM_WORD * 2], *save = NULL;
	size_t n = 0;

	if (strchr(choice, '|') == NULL || isupper((unsigned char)choice[0])
	    || offers(choice, word))
		return 0;
	str_copy(copy, choice, sizeof(copy));
	for (char *w = strtok_r(copy, "|", &save);
	     w != NULL && n < nitems(names); w = strtok_r(NULL, "|", &save))
		names[n++] = w;
	near = config_nearest(word, names, n);
	return err_set(&c->err, EXIT_USAGE,
	    "%s: expected one of %s, got \"%s\"%s%s%s", what, choice,
	    TEXT_OF(word, 90), near != NULL ? "; did you mean " : "",
	    near != NULL ? near : "", near != NULL ? "?" : "");
}

int
form_check(struct cli *c)
{
	int at, least = 0, most = 0;
	struct parts p;

	take_apart(c->form, &p);
	at = (c->verb->lead != NULL && c->argc > 0 && is_number(c->argv[0]))
	    + (p.name[0] != '\0');
	for (size_t i = 0; i < p.n; i++) {
		least += !p.word[i].optional;
		most = p.word[i].more ? INT32_MAX : most + 1;
	}
	if (c->argc - at < least || c->argc - at > most)
		return cli_usage_err(c);
	for (int i = at; i < c->argc; i++) {
		char word[FORM_WORD];

		if (form_word(c->form, (size_t)(i - at), word)
		    && form_choice(c, c->verb->name, word, c->argv[i]) == -1)
			return -1;
	}
	return 0;
}

int
form_act(struct cli *c, const struct form_act *acts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (form_is(c, acts[i].name))
			return acts[i].fn(c);
	bug("a form of this verb has no function");
}

/* ---- how it is written ---------------------------------------------- */

static void add(char out[FORM_USAGE], const char *fmt, ...) printflike(2, 3);

static void
add(char out[FORM_USAGE], const char *fmt, ...)
{
	size_t len = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out + len, FORM_USAGE - len, fmt, ap);
	va_end(ap);
}

static void
add_option(char out[FORM_USAGE], const struct option_row *o)
{
	char letter[4] = "";

	if (o->letter != 0)
		str_format(letter, sizeof(letter), "-%c|", o->letter);
	add(out, " [%s%s", letter, o->name);
	if (o->type == OPTION_SECONDS_IF)
		add(out, "[=%s]", o->value);
	else if (o->value != NULL)
		add(out, " %s", o->value);
	add(out, "]%s", o->type == OPTION_LIST ? "..." : "");
}

void
form_usage(const struct cli_verb *v, const struct cli_form *f,
    char out[FORM_USAGE])
{
	out[0] = '\0';
	add(out, "%s%s%s%s%s", v->name, v->lead != NULL ? " " : "",
	    v->lead != NULL ? v->lead : "", f->words[0] != '\0' ? " " : "",
	    f->words);
	for (const struct option_row *o = v->options;
	     o != NULL && o->name != NULL; o++)
		if (option_of(o, f)
		    && (v->lead == NULL || strstr(v->lead, o->name) == NULL))
			add_option(out, o);
}
