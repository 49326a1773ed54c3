/* SPDX-License-Identifier: MIT */
/* config: check the file as a start would, show what is in force. */
#include "shared/config/config_view.h"
#include "shared/json/json.h"
#include "shared/net/tls.h"
#include "tools/cli/base/form.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/data/verb.h"

#include <string.h>

static void
collect(const char *line, void *arg)
{
	json_object_array_add(arg, json_object_new_string(line));
}

static int
check_webhook(struct cli *c)
{
	const char *path = c->config.alert_webhook;
	char *url;
	bool ok;

	if (path[0] == '\0')
		return 0;
	if ((url = config_read_secret(path, "webhook", &c->err)) == NULL)
		return -1;
	ok = strncmp(url, "https://", 8) == 0
	    || strncmp(url, "http://", 7) == 0;
	explicit_bzero(url, strlen(url));
	free(url);
	return ok ? 0
		  : err_set(&c->err, EXIT_CONFIG,
		      "The webhook file %s holds no http or https URL.", path);
}

/*
 * A bot's token at Discord has three parts with dots between.  Whether one is
 * good only Discord knows, and its form is Discord's to change: a warning.
 */
static bool
is_odd(const struct config *c, const char *token)
{
	const char *first = strchr(token, '.');

	return strstr(c->api, "//discord.com/") != NULL
	    && (first == NULL || strchr(first + 1, '.') == NULL);
}

static void
warn(const struct config *c, bool odd_token, config_problem_fn *fn, void *arg)
{
	char line[CONFIG_PATH_MAX + 160];

	config_warn(c, fn, arg);
	if (!odd_token)
		return;
	str_format(line, sizeof(line),
	    "what %s holds does not look like a bot's token, which has three "
	    "parts with dots between: \"shardherd token check\" asks Discord.",
	    c->token_file);
	fn(line, arg);
}

/* What the file alone cannot tell: the secrets' files and the CA bundle. */
static int
check_around(struct cli *c, bool *odd_token)
{
	char *token = config_read_token(c->config.token_file, &c->err);
	char seen[CONFIG_PATH_MAX];
	SSL_CTX *tls;

	if (token == NULL)
		return -1;
	*odd_token = is_odd(&c->config, token);
	explicit_bzero(token, strlen(token));
	free(token);
	if ((tls = tls_client_new(config_view(c->config.ca_file, seen),
		 &c->err))
	    == NULL)
		return -1;
	SSL_CTX_free(tls);
	return check_webhook(c);
}

static int
check_json(struct cli *c, const char *path)
{
	struct json_object *o = json_object_new_object();
	struct json_object *problems = json_object_new_array();
	struct json_object *warnings = json_object_new_array();
	bool odd_token = false;
	int code = EXIT_FINE;

	if (config_load(&c->config, path, collect, problems, &c->err) == -1) {
		code = c->err.code;
		if (json_object_array_length(problems) == 0)
			collect(c->err.text, problems);
	} else if (check_around(c, &odd_token) == -1) {
		code = c->err.code;
		collect(c->err.text, problems);
	}
	if (c->config.path[0] != '\0')
		warn(&c->config, odd_token, collect, warnings);
	json_put_text(o, "config", path);
	json_put_bool(o, "ok", code == 0);
	json_object_object_add(o, "problems", problems);
	json_object_object_add(o, "warnings", warnings);
	cli_print_json(o);
	return code;
}

static bool quiet; /* --quiet */
static struct option_list as_if;

static int
check(struct cli *c)
{
	char path[CONFIG_PATH_MAX];
	bool odd_token = false;

	if (load_find(c, path, sizeof(path)) == -1)
		return cli_fail(c);
	if (c->json)
		return check_json(c, path);
	if (load_config(c) == -1 || check_around(c, &odd_token) == -1)
		return cli_fail(c);
	warn(&c->config, odd_token, cli_warning, NULL);
	if (quiet)
		return EXIT_FINE;
	printf("%s is fine (%zu plugin%s)\n", c->config.path, c->config.plugins,
	    c->config.plugins == 1 ? "" : "s");
	return EXIT_FINE;
}

static void
add_value(const char *section, const char *plugin, const char *key,
    const char *value, bool usual, void *arg)
{
	struct json_object *all = arg, *to, *v = json_object_new_object(), *sub;

	if (!json_object_object_get_ex(all, section, &to)) {
		to = json_object_new_object();
		json_object_object_add(all, section, to);
	}
	if (plugin != NULL) {
		if (!json_object_object_get_ex(to, plugin, &sub)) {
			sub = json_object_new_object();
			json_object_object_add(to, plugin, sub);
		}
		to = sub;
	}
	json_put_text(v, "value", value);
	json_put_bool(v, "default", usual);
	json_object_object_add(to, key, v);
}

static int
show(struct cli *c)
{
	struct json_object *o;

	if (load_config(c) == -1)
		return cli_fail(c);
	if (!c->json) {
		config_write(&c->config, stdout);
		return EXIT_FINE;
	}
	o = json_object_new_object();
	config_each(&c->config, add_value, o);
	cli_print_json(o);
	return EXIT_FINE;
}

static int
sample(struct cli *c)
{
	config_write_sample(stdout);
	return EXIT_FINE;
}

static int
mdoc(struct cli *c)
{
	config_write_mdoc(stdout);
	return EXIT_FINE;
}

int
verb_config(struct cli *c)
{
	static const struct form_act acts[] = {{"check", check}, {"show", show},
	    {"diff", verb_config_diff}, {"sample", sample}, {"mdoc", mdoc}};
	const struct option opts[] = {
	    {"--quiet", &quiet},
	    {"--as-if", &as_if},
	};

	if (option_take(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	for (size_t j = 0; j < as_if.n; j++)
		if (config_view_add(as_if.text[j], &c->err) == -1)
			return cli_fail(c);
	return form_act(c, acts, nitems(acts));
}
