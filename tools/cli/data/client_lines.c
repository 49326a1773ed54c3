/* SPDX-License-Identifier: MIT */
/* See client_lines.h. */
#include "tools/cli/data/client_lines.h"

#include "shared/json/json.h"

#include <string.h>
#include <strings.h>

/*
 * @R: the REST server, @G: the gateway, @H and @P: host and port of the former.
 * tls: where it differs over TLS.
 */
static const struct library {
	const char *name, *lines, *tls;
} libraries[] = {
    {"discord.js", "new Client({ rest: { api: '@R/api' }, /* as before */ })\n",
	NULL},
    {"discord.py",
	"import discord.gateway, discord.http, yarl\n"
	"discord.http.Route.BASE = '@R/api/v10'\n"
	"discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = "
	"yarl.URL('@G')\n",
	NULL},
    {"Eris",
	"const agent = new (require('https').Agent)({ keepAlive: true });\n"
	"agent.createConnection = () => require('net').connect(@P, '@H');\n"
	"new Eris('Bot ' + token, { /* as before, and */\n"
	"    rest: { agent, domain: '@H', baseURL: '/api/v10' } })\n",
	"const agent = new (require('https').Agent)({ keepAlive: true });\n"
	"agent.defaultPort = @P;\n"
	"new Eris('Bot ' + token, { /* as before, and */\n"
	"    rest: { agent, domain: '@H', baseURL: '/api/v10' } })\n"},
    {"JDA",
	"JDABuilder.createDefault(token) // as before, and\n"
	"    .setRestConfig(new RestConfig().setBaseUrl(\"@R/api/v10/\"))\n"
	"    .setSessionController(new SessionControllerAdapter() {\n"
	"        @Override public String getGateway() { return \"@G\"; } })\n",
	NULL},
    {"discordgo",
	"type gate struct{}\n"
	"\n"
	"func (gate) RoundTrip(r *http.Request) (*http.Response, error) {\n"
	"\tif r.URL.Host == \"discord.com\" {\n"
	"\t\tr = r.Clone(r.Context())\n"
	"\t\tr.URL.Scheme, r.URL.Host, r.Host = \"@S\", \"@H:@P\", \"\"\n"
	"\t}\n"
	"\treturn http.DefaultTransport.RoundTrip(r)\n"
	"}\n"
	"\n"
	"dg.Client.Transport = gate{} // behind discordgo.New(\"Bot \" + "
	"token)\n",
	NULL},
    {"twilight",
	"twilight_http::Client::builder().token(token.clone())\n"
	"    .proxy(\"@H:@P\".to_owned(), true) // true: in the clear\n"
	"twilight_gateway::ConfigBuilder::new(token, intents)\n"
	"    .proxy_url(\"@G\".to_owned())\n",
	"twilight_http::Client::builder().token(token.clone())\n"
	"    .proxy(\"@H:@P\".to_owned(), false)\n"
	"twilight_gateway::ConfigBuilder::new(token, intents)\n"
	"    .proxy_url(\"@G\".to_owned())\n"},
    {"serenity",
	"let http = HttpBuilder::new(&token).proxy(\"@R\")\n"
	"    .ratelimiter_disabled(true).build(); // limits are kept here\n"
	"ClientBuilder::new_with_http(http, intents) // as before\n",
	NULL},
};

/* ---- addresses ------------------------------------------------------ */

/* "[::1]:7781", "127.0.0.1:7781": where the port begins; NULL. */
static const char *
port_of(const char *address)
{
	const char *colon = strrchr(address, ':');

	return colon != NULL && strchr(colon, ']') == NULL ? colon + 1 : NULL;
}

/* Who listens everywhere is reached by the host of url, if there is one. */
static void
host_of(const struct config *c, char *out, size_t size)
{
	const char *listen = c->gate_rest_listen, *from = listen;
	const char *colon = strrchr(listen, ':');
	size_t n = colon != NULL ? (size_t)(colon - listen) : strlen(listen);

	if (c->gate_url[0] != '\0') {
		from = strstr(c->gate_url, "://");
		from = from != NULL ? from + 3 : c->gate_url;
		n = from[0] == '[' ? strcspn(from, "]") + 1
				   : strcspn(from, ":/?");
	}
	str_format(out, size, "%.*s", (int)n, from);
}

void
client_lines_find(const struct config *c, struct client_lines *l)
{
	const char *port = port_of(c->gate_rest_listen);

	memset(l, 0, sizeof(*l));
	l->tls = c->gate_tls_cert[0] != '\0';
	if (c->gate_url[0] != '\0')
		str_copy(l->gateway, c->gate_url, sizeof(l->gateway));
	else
		str_format(l->gateway, sizeof(l->gateway), "%s://%s",
		    l->tls ? "wss" : "ws", c->gate_listen);
	if (port == NULL)
		return;
	host_of(c, l->host, sizeof(l->host));
	str_copy(l->port, port, sizeof(l->port));
	str_format(l->rest, sizeof(l->rest), "%s://%s:%s",
	    l->tls ? "https" : "http", l->host, l->port);
}

/* ---- lines ---------------------------------------------------------- */

static void
put_value(const struct client_lines *l, char which, FILE *f)
{
	switch (which) {
	case 'R':
		fputs(l->rest, f);
		break;
	case 'G':
		fputs(l->gateway, f);
		break;
	case 'H':
		fputs(l->host, f);
		break;
	case 'P':
		fputs(l->port, f);
		break;
	default:
		fputs(l->tls ? "https" : "http", f);
	}
}

/* An @ of a language's own has a small letter or a word behind it. */
static bool
is_place(const char *p)
{
	return p[0] == '@' && strchr("RGHPS", p[1]) != NULL && p[1] != '\0'
	    && (p[2] < 'a' || p[2] > 'z');
}

static void
put_lines(const struct client_lines *l, const struct library *of,
    const char *indent, FILE *f)
{
	const char *p = l->tls && of->tls != NULL ? of->tls : of->lines;
	bool begins = true;

	for (; *p != '\0'; p++) {
		if (begins && *p != '\n')
			fputs(indent, f);
		begins = *p == '\n';
		if (is_place(p))
			put_value(l, *++p, f);
		else
			putc(*p, f);
	}
}

bool
client_lines_print(const struct client_lines *l, const char *library, FILE *f)
{
	bool any = false;

	for (size_t i = 0; i < nitems(libraries); i++) {
		if (library != NULL
		    && strcasecmp(library, libraries[i].name) != 0)
			continue;
		fprintf(f, "%s%s:\n", any ? "\n" : "", libraries[i].name);
		put_lines(l, &libraries[i], "    ", f);
		any = true;
	}
	return any;
}

struct json_object *
client_lines_json(const struct client_lines *l)
{
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < nitems(libraries); i++) {
		char *text = NULL;
		size_t size;
		FILE *m = open_memstream(&text, &size);

		must(m != NULL);
		put_lines(l, &libraries[i], "", m);
		must(fclose(m) == 0);
		json_put_text(o, libraries[i].name, text);
		free(text);
	}
	return o;
}

void
client_lines_names(char *out, size_t size)
{
	out[0] = '\0';
	for (size_t i = 0; i < nitems(libraries); i++)
		str_format(out + strlen(out), size - strlen(out), "%s%s",
		    i > 0 ? ", " : "", libraries[i].name);
}
