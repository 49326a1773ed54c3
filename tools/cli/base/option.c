/* SPDX-License-Identifier: MIT */
/* Words and options of the command line; knows no verb. */
#include "tools/cli/base/option.h"

#include "shared/base/text.h"
#include "shared/config/config_keys.h"
#include "tools/cli/base/cli.h"

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

static const struct option *
find(const struct option *o, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(o[i].name) == len
		    && strncmp(o[i].name, name, len) == 0)
			return &o[i];
		if (len == 2 && name[0] == '-' && o[i].letter != 0
		    && name[1] == o[i].letter)
			return &o[i];
	}
	return NULL;
}

static int
unknown(struct cli *c, const struct option *o, size_t n, const char *arg)
{
	const char *names[32] = {"--help", "--version"}, *near;
	size_t i = 2;

	for (size_t j = 0; j < n && i < nitems(names); j++)
		names[i++] = o[j].name;
	near = strlen(arg) > 2 ? config_nearest(arg, names, i) : NULL;
	return err_set(&c->err, EXIT_USAGE, "unknown option %s%s%s%s", arg,
	    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
	    near != NULL ? "?" : "");
}

static int
set(struct cli *c, const struct option *o, const char *value)
{
	struct option_list *list = o->to;

	switch (o->type) {
	case OPTION_FLAG:
		*(bool *)o->to = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)o->to = value;
		return 0;
	case OPTION_LIST:
		if (list->n == OPTION_LIST_MAX)
			return err_set(&c->err, EXIT_USAGE,
			    "%s is given more than %d times", o->name,
			    OPTION_LIST_MAX);
		list->text[list->n++] = value;
		return 0;
	case OPTION_NUMBER:
		if (str_to_i64(value, o->to) && *(int64_t *)o->to >= 0)
			return 0;
		return err_set(&c->err, EXIT_USAGE,
		    "%s: expected a number, got \"%s\"", o->name, value);
	case OPTION_SECONDS:
	case OPTION_SECONDS_IF:
		if (option_seconds(value, o->to))
			return 0;
		return err_set(&c->err, EXIT_USAGE,
		    "%s: expected seconds or a duration such as 2m, got \"%s\"",
		    o->name, value);
	}
	bug("unknown type of option");
}

/* One option at argv[*i]: moves *i over what it takes. */
static int
take(struct cli *c, const struct option *o, size_t n, int *i)
{
	char *arg = c->argv[*i];
	size_t len = strcspn(arg, "=");
	const char *value = arg[len] == '=' ? arg + len + 1 : NULL;
	const struct option *opt = find(o, n, arg, len);

	/* -n20 and -cFILE: a value right behind the letter */
	if (opt == NULL && arg[1] != '-' && arg[2] != '\0') {
		opt = find(o, n, arg, 2);
		opt = opt != NULL && opt->type != OPTION_FLAG ? opt : NULL;
		value = arg + 2;
	}

	if (opt == NULL)
		return unknown(c, o, n, arg);
	if (opt->type == OPTION_FLAG && value != NULL)
		return err_set(&c->err, EXIT_USAGE, "%s takes no value",
		    opt->name);
	if (opt->type == OPTION_SECONDS_IF && value == NULL) {
		*(double *)opt->to = -1; /* given, without a value */
		return 0;
	}
	if (opt->type != OPTION_FLAG && value == NULL) {
		if (*i + 1 >= c->argc)
			return err_set(&c->err, EXIT_USAGE, "%s needs a value",
			    opt->name);
		value = c->argv[++*i];
	}
	return set(c, opt, value);
}

int
option_take(struct cli *c, const struct option *own, size_t n)
{
	const struct option every[] = {
	    {"--json", 0, OPTION_FLAG, &c->json},
	    {"--config", 'c', OPTION_TEXT, &c->config_path},
	};
	struct option o[16];
	int words = 0;

	/* A verb's own come first: they may mean something else by a name. */
	must(n + 2 <= nitems(o));
	if (n > 0)
		memcpy(o, own, n * sizeof(*o));
	memcpy(o + n, every, sizeof(every));
	for (int i = 0; i < c->argc; i++) {
		if (strcmp(c->argv[i], "--") == 0) {
			while (++i < c->argc)
				c->argv[words++] = c->argv[i];
			break;
		}
		if (c->argv[i][0] != '-' || c->argv[i][1] == '\0')
			c->argv[words++] = c->argv[i];
		else if (take(c, o, n + 2, &i) == -1)
			return -1;
	}
	c->argc = words;
	return 0;
}

int
option_end(struct cli *c)
{
	return c->argc > 0 ? cli_usage_err(c) : 0;
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
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(list);

		if (hits > 0 && strncmp(names[i], word, strlen(word)) != 0)
			continue;
		str_format(list + len, sizeof(list) - len, "%s%s",
		    len > 0 ? ", " : "", names[i]);
	}
	if (hits > 0)
		near = NULL;
	return err_set(&c->err, EXIT_USAGE,
	    "%s word \"%s\"%s%s%s; possibilities are: %s",
	    hits > 0 ? "ambiguous" : "unknown", TEXT_OF(word, 90),
	    near != NULL ? " (did you mean \"" : "", near != NULL ? near : "",
	    near != NULL ? "\"?)" : "", list);
}

int
option_word(struct cli *c, const char *usual, const char *const *names,
    size_t n)
{
	static char copy[32], *one[2] = {copy, NULL};

	if (c->argc == 0) {
		str_copy(copy, usual, sizeof(copy));
		c->argv = one;
		c->argc = 1;
	}
	return option_choose(c, c->argv[0], names, n);
}
