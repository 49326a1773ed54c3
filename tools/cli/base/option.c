/* SPDX-License-Identifier: MIT */
/* Words and options of the command line; knows no verb. */
#include "tools/cli/base/option.h"

#include "shared/base/text.h"
#include "shared/config/config_keys.h"
#include "tools/cli/base/form.h"

#include <string.h>

bool
option_seconds(const char *text, double *out)
{
	static const struct {
		const char *unit;
		double scale;
	} units[] = {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"m", 60}, {"h", 3600}};
	size_t n = strspn(text, "0123456789.");
	char number[32];

	if (n == 0 || n >= sizeof(number))
		return false;
	memcpy(number, text, n);
	number[n] = '\0';
	if (!str_to_double(number, out) || *out > 1e9)
		return false;
	for (size_t i = 0; i < nitems(units); i++) {
		if (strcmp(text + n, units[i].unit) != 0)
			continue;
		*out *= units[i].scale;
		return true;
	}
	return false;
}

const struct option_row option_every[] = {
    {"--json", 0, OPTION_FLAG, NULL, "JSON on standard output, for errors too"},
    {"--config", 'c', OPTION_TEXT, "FILE",
	"the config file; without it $SHARDHERD_CONF, ./shardherd.conf, that of "
	"the user, or /etc/shardherd/shardherd.conf"},
    {0},
};

bool
option_of(const struct option_row *o, const struct cli_form *f)
{
	char name[FORM_WORD];

	if (o->forms == NULL || f == NULL)
		return true;
	form_name(f, name);
	for (const char *p = o->forms; *p != '\0';) {
		size_t n = strcspn(p, " ");

		/* "-": the form without a name */
		if ((strlen(name) == n && strncmp(p, name, n) == 0)
		    || (name[0] == '\0' && n == 1 && p[0] == '-'))
			return true;
		p += n + strspn(p + n, " ");
	}
	return false;
}

static const struct option_row *
find_in(const struct option_row *o, const struct cli_form *f, const char *name,
    size_t len)
{
	for (; o != NULL && o->name != NULL; o++) {
		if (!option_of(o, f))
			continue;
		if (strlen(o->name) == len && strncmp(o->name, name, len) == 0)
			return o;
		if (len == 2 && name[0] == '-' && o->letter != 0
		    && name[1] == o->letter)
			return o;
	}
	return NULL;
}

/* A verb's own come first: they may mean something else by a name. */
static const struct option_row *
find(const struct cli *c, const char *name, size_t len)
{
	const struct option_row *o = find_in(c->verb->options, c->form, name,
	    len);

	return o != NULL ? o : find_in(option_every, NULL, name, len);
}

static int
unknown(struct cli *c, const char *arg)
{
	const char *names[32] = {"--help", "--version", "--json", "--config"};
	const struct option_row *o = c->verb->options;
	char usage[FORM_USAGE], name[FORM_WORD];
	const char *near;
	size_t i = 4;

	str_format(name, sizeof(name), "%.*s",
	    arg[1] == '-' ? (int)strcspn(arg, "=") : (int)sizeof(name), arg);
	/* Does another form of the verb take it? */
	if (find_in(o, NULL, name, strlen(name)) != NULL) {
		form_usage(c->verb, c->form, usage);
		return err_set(&c->err, EXIT_USAGE,
		    "%s does not go with this: shardherd %s", name, usage);
	}
	for (; o != NULL && o->name != NULL && i < nitems(names); o++)
		if (option_of(o, c->form))
			names[i++] = o->name;
	near = strlen(name) > 2 ? config_nearest(name, names, i) : NULL;
	return err_set(&c->err, EXIT_USAGE, "unknown option %s%s%s%s",
	    TEXT_OF(name, 90), near != NULL ? "; did you mean " : "",
	    near != NULL ? near : "", near != NULL ? "?" : "");
}

static int
set(struct cli *c, const struct option_row *o, void *to, const char *value)
{
	struct option_list *list = to;

	if (o->value != NULL && form_choice(c, o->name, o->value, value) == -1)
		return -1;
	switch (o->type) {
	case OPTION_FLAG:
		*(bool *)to = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)to = value;
		return 0;
	case OPTION_LIST:
		if (list->n == OPTION_LIST_MAX)
			return err_set(&c->err, EXIT_USAGE,
			    "%s is given more than %d times", o->name,
			    OPTION_LIST_MAX);
		list->text[list->n++] = value;
		return 0;
	case OPTION_NUMBER:
		if (str_to_i64(value, to) && *(int64_t *)to >= 0)
			return 0;
		return err_set(&c->err, EXIT_USAGE,
		    "%s: expected a number, got \"%s\"", o->name, value);
	case OPTION_SECONDS:
	case OPTION_SECONDS_IF:
		if (option_seconds(value, to))
			return 0;
		return err_set(&c->err, EXIT_USAGE,
		    "%s: expected seconds or a duration such as 2m, got \"%s\"",
		    o->name, value);
	}
	bug("unknown type of option");
}

/* An argument that begins with a dash, as the table has it. */
struct given {
	const struct option_row *row;
	const char *value; /* NULL: none, or the next argument */
	bool next;
};

static bool
read_given(const struct cli *c, const char *arg, struct given *g)
{
	size_t len = strcspn(arg, "=");

	g->value = arg[len] == '=' ? arg + len + 1 : NULL;
	g->row = find(c, arg, len);
	/* -n20 and -cFILE: a value right behind the letter */
	if (g->row == NULL && arg[1] != '-' && arg[2] != '\0') {
		g->row = find(c, arg, 2);
		if (g->row != NULL && g->row->type == OPTION_FLAG)
			g->row = NULL;
		g->value = arg + 2;
	}
	g->next = g->row != NULL && g->value == NULL
	    && g->row->type != OPTION_FLAG && g->row->type != OPTION_SECONDS_IF;
	return g->row != NULL;
}

static void *
bound(struct cli *c, const struct option_row *row, const struct option *o,
    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(o[i].name, row->name) == 0)
			return o[i].to;
	if (row == &option_every[0])
		return &c->json;
	return row == &option_every[1] ? &c->config_path : NULL;
}

/* One option at argv[*i]: moves *i over what it takes. */
static int
take(struct cli *c, const struct option *o, size_t n, int *i)
{
	char *arg = c->argv[*i];
	struct given g;
	void *to;

	if (!read_given(c, arg, &g))
		return unknown(c, arg);
	if (g.row->type == OPTION_FLAG && g.value != NULL)
		return err_set(&c->err, EXIT_USAGE, "%s takes no value",
		    g.row->name);
	to = bound(c, g.row, o, n);
	must(to != NULL);
	if (g.row->type == OPTION_SECONDS_IF && g.value == NULL) {
		*(double *)to = -1; /* given, without a value */
		return 0;
	}
	if (g.next) {
		if (*i + 1 >= c->argc)
			return err_set(&c->err, EXIT_USAGE, "%s needs a value",
			    g.row->name);
		g.value = c->argv[++*i];
	}
	return set(c, g.row, to, g.value);
}

static bool
is_word(const char *arg)
{
	return arg[0] != '-' || arg[1] == '\0';
}

/* Which form is meant, by the words between the options. */
static int
choose(struct cli *c)
{
	char **argv = c->argv;
	int argc = c->argc, rc;
	char *word[OPTION_LIST_MAX];
	struct given g;

	c->argc = 0;
	c->argv = word;
	c->form = NULL;
	for (int i = 0; i < argc && c->argc < (int)nitems(word); i++) {
		if (strcmp(argv[i], "--") == 0)
			while (++i < argc && c->argc < (int)nitems(word))
				word[c->argc++] = argv[i];
		else if (is_word(argv[i]))
			word[c->argc++] = argv[i];
		else if (read_given(c, argv[i], &g))
			i += g.next;
	}
	rc = form_choose(c);
	c->argc = argc;
	c->argv = argv;
	return rc;
}

/* The verb and the table agree. */
static void
agree(struct cli *c, const struct option *o, size_t n)
{
	for (size_t i = 0; i < n; i++)
		must(find_in(c->verb->options, NULL, o[i].name,
			 strlen(o[i].name))
		    != NULL);
	for (const struct option_row *r = c->verb->options;
	     r != NULL && r->name != NULL; r++)
		must(!option_of(r, c->form) || bound(c, r, o, n) != NULL);
}

int
option_take(struct cli *c, const struct option *o, size_t n)
{
	int words = 0;

	if (choose(c) == -1)
		return -1;
	agree(c, o, n);
	for (int i = 0; i < c->argc; i++) {
		if (strcmp(c->argv[i], "--") == 0) {
			while (++i < c->argc)
				c->argv[words++] = c->argv[i];
			break;
		}
		if (is_word(c->argv[i]))
			c->argv[words++] = c->argv[i];
		else if (take(c, o, n, &i) == -1)
			return -1;
	}
	c->argc = words;
	return form_choose(c) == -1 ? -1 : form_check(c);
}

int
option_choose(struct cli *c, const char *word, const char *const *names,
    size_t n)
{
	const char *near = config_nearest(word, names, n);
	char list[512] = "";
	int found = -1, hits = 0;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], word) == 0)
			return (int)i;
		if (strncmp(names[i], word, strlen(word)) == 0) {
			found = (int)i;
			hits++;
		}
	}
	if (hits == 1 && word[0] != '\0')
		return found;
	if (hits == 0 && near != NULL)
		return err_set(&c->err, EXIT_USAGE,
		    "unknown word \"%s\" (did you mean \"%s\"?)",
		    TEXT_OF(word, 90), near);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(list);

		if (hits > 0 && strncmp(names[i], word, strlen(word)) != 0)
			continue;
		str_format(list + len, sizeof(list) - len, "%s%s",
		    len > 0 ? ", " : "", names[i]);
	}
	return err_set(&c->err, EXIT_USAGE,
	    "%s word \"%s\"; possibilities are: %s",
	    hits > 0 ? "ambiguous" : "unknown", TEXT_OF(word, 90), list);
}
