/* SPDX-License-Identifier: MIT */
/*
 * Words the config and the command line are made of: intents, command lines,
 * event lists, the nearest known word, and the token file.  The token itself
 * never appears in a message.
 */
#include "shared/config/config_keys.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORD_MAX 64    /* longer words are near to nothing */
#define TOKEN_MAX 4096 /* bytes of a token file */

/* discord-protocol.md section 6.2 */
static const char *const intent_name[] = {
    [0] = "GUILDS",
    [1] = "GUILD_MEMBERS",
    [2] = "GUILD_MODERATION",
    [3] = "GUILD_EXPRESSIONS",
    [4] = "GUILD_INTEGRATIONS",
    [5] = "GUILD_WEBHOOKS",
    [6] = "GUILD_INVITES",
    [7] = "GUILD_VOICE_STATES",
    [8] = "GUILD_PRESENCES",
    [9] = "GUILD_MESSAGES",
    [10] = "GUILD_MESSAGE_REACTIONS",
    [11] = "GUILD_MESSAGE_TYPING",
    [12] = "DIRECT_MESSAGES",
    [13] = "DIRECT_MESSAGE_REACTIONS",
    [14] = "DIRECT_MESSAGE_TYPING",
    [15] = "MESSAGE_CONTENT",
    [16] = "GUILD_SCHEDULED_EVENTS",
    [20] = "AUTO_MODERATION_CONFIGURATION",
    [21] = "AUTO_MODERATION_EXECUTION",
    [24] = "GUILD_MESSAGE_POLLS",
    [25] = "DIRECT_MESSAGE_POLLS",
};

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool
same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * Edits (insert, delete, replace, swap of two neighbours) from a to b, letter
 * case ignored.
 */
static size_t
distance(const char *a, const char *b)
{
	size_t row[3][WORD_MAX + 1], la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *now = row[i % 3], *up = row[(i + 2) % 3],
		       *above = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			now[j] = least(least(up[j], now[j - 1]) + 1,
			    up[j - 1] + !same_letter(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2])
			    && same_letter(a[i - 2], b[j - 1]))
				now[j] = least(now[j], above[j - 2] + 1);
		}
	}
	return row[la % 3][lb];
}

/*
 * One edit in three letters: what is suggested wrongly ("help" to who types
 * "halt") is worse than nothing.
 */
const char *
config_nearest(const char *word, const char *const *names, size_t n)
{
	size_t len = strlen(word), best_d = least(len, WORD_MAX) / 3 + 1;
	const char *best = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t d;

		if (names[i] == NULL)
			continue;
		d = distance(word, names[i]);
		if (d < best_d && d < strlen(names[i])) {
			best_d = d;
			best = names[i];
		}
	}
	return best;
}

const char *
config_intent_name(unsigned bit)
{
	return bit < nitems(intent_name) ? intent_name[bit] : NULL;
}

static int
intent_number(const char *word, uint64_t *out, struct err *err)
{
	char *end;

	errno = 0;
	*out = strtoull(word, &end, 0);
	if (errno != 0 || *end != '\0' || word[0] == '-')
		return err_set(err, EXIT_CONFIG,
		    "\"%s\" is neither an intent nor a number", word);
	for (unsigned b = 0; b < 64; b++)
		if ((*out >> b & 1) != 0 && config_intent_name(b) == NULL)
			return err_set(err, EXIT_CONFIG,
			    "bit %u of %s is no intent a bot may ask for: "
			    "Discord would close with 4013",
			    b, word);
	return 0;
}

static int
intent_word(const char *word, uint64_t *out, struct err *err)
{
	const char *near;

	if (isdigit((unsigned char)word[0]))
		return intent_number(word, out, err);
	for (unsigned b = 0; b < nitems(intent_name); b++) {
		if (intent_name[b] != NULL
		    && strcmp(word, intent_name[b]) == 0) {
			*out = (uint64_t)1 << b;
			return 0;
		}
	}
	near = config_nearest(word, intent_name, nitems(intent_name));
	return err_set(err, EXIT_CONFIG, "unknown intent \"%s\"%s%s%s", word,
	    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
	    near != NULL ? "?" : "");
}

int
config_intents(const char *text, uint64_t *out, struct err *err)
{
	static const char *const gap = ", |\t";
	char word[WORD_MAX + 1];
	uint64_t bits = 0, one = 0;
	size_t n, words = 0;

	for (; *(text += strspn(text, gap)) != '\0'; text += n, words++) {
		n = strcspn(text, gap);
		if (n > WORD_MAX)
			return err_set(err, EXIT_CONFIG,
			    "unknown intent \"%.20s...\"", text);
		memcpy(word, text, n);
		word[n] = '\0';
		if (intent_word(word, &one, err) == -1)
			return -1;
		bits |= one;
	}
	if (words == 0)
		return err_set(err, EXIT_CONFIG,
		    "expected names of intents or a number, got nothing (0 "
		    "asks for none)");
	*out = bits;
	return 0;
}

/* The next character of a word, or -1 where it was only a quote. */
static int
split_char(const char **p, char *quote)
{
	char c = *(*p)++;

	if (*quote == '\0' && (c == '"' || c == '\'')) {
		*quote = c;
		return -1;
	}
	if (*quote != '\0' && c == *quote) {
		*quote = '\0';
		return -1;
	}
	if (c == '\\' && **p != '\0' && *quote != '\''
	    && (*quote == '\0' || strchr("\"\\$`", **p) != NULL))
		c = *(*p)++;
	return (unsigned char)c;
}

/* Copies one word; returns the place behind its NUL, NULL on an open quote. */
static char *
split_word(const char **p, char *to)
{
	char quote = '\0';
	int c;

	while (**p != '\0' && (quote != '\0' || !isspace((unsigned char)**p)))
		if ((c = split_char(p, &quote)) != -1)
			*to++ = (char)c;
	*to++ = '\0';
	return quote == '\0' ? to : NULL;
}

char **
config_split(const char *line, int *argc, struct err *err)
{
	size_t head = (CONFIG_ARGS_MAX + 1) * sizeof(char *);
	char **argv = base_alloc(head + strlen(line) + 1);
	char *to = (char *)argv + head;

	for (*argc = 0;;) {
		while (isspace((unsigned char)*line))
			line++;
		if (*line == '\0')
			return argv;
		if (*argc == CONFIG_ARGS_MAX) {
			err_set(err, EXIT_CONFIG, "more than %d words",
			    CONFIG_ARGS_MAX);
			break;
		}
		argv[(*argc)++] = to;
		if ((to = split_word(&line, to)) == NULL) {
			err_set(err, EXIT_CONFIG, "a quote is not closed");
			break;
		}
	}
	free(argv);
	return NULL;
}

static bool
has_word(const char *list, const char *word, size_t len)
{
	size_t n;

	for (; *(list += strspn(list, ", \t")) != '\0'; list += n) {
		n = strcspn(list, ", \t");
		if (n == len && memcmp(list, word, n) == 0)
			return true;
	}
	return false;
}

bool
config_wants(const char *events, const char *name, size_t len)
{
	return strcmp(events, "*") == 0 || has_word(events, name, len);
}

bool
config_may(const struct config_plugin *p, const char *permission)
{
	return has_word(p->permissions, permission, strlen(permission));
}

bool
config_client_may(const struct config_client *c, const char *op)
{
	return has_word(c->ops, op, strlen(op));
}

bool
config_gate(const struct config *c)
{
	return c->gate_listen[0] != '\0' && c->clients > 0;
}

const struct config_client *
config_client(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->clients; i++)
		if (strcmp(c->client[i].name, name) == 0)
			return &c->client[i];
	return NULL;
}

bool
config_address(const char *text, char host[64], uint16_t *port)
{
	bool six = text[0] == '[';
	const char *end = strrchr(text, ':'), *from = text + six;
	unsigned char bytes[sizeof(struct in6_addr)];
	uint64_t n;
	size_t len;

	if (end == NULL || end < from + six || (six && end[-1] != ']')
	    || !str_to_u64(end + 1, &n) || n == 0 || n > UINT16_MAX)
		return false;
	len = (size_t)(end - from) - six;
	if (len >= 64)
		return false;
	memcpy(host, from, len);
	host[len] = '\0';
	*port = (uint16_t)n;
	return inet_pton(six ? AF_INET6 : AF_INET, host, bytes) == 1;
}

bool
config_web(const struct config *c)
{
	return c->web_listen[0] != '\0' || c->web_public_listen[0] != '\0'
	    || c->web_push_file[0] != '\0';
}

static bool
is_address(const char *host)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, bytes) == 1
	    || inet_pton(AF_INET6, host, bytes) == 1;
}

static bool
in_hosts(const char *list, const char *host)
{
	size_t n, len = strlen(host);

	for (const char *p = list; *(p += strspn(p, ", ")) != '\0'; p += n) {
		n = strcspn(p, ", ");
		if (n == len && strncasecmp(p, host, n) == 0)
			return true;
	}
	return false;
}

bool
config_web_host(const struct config *c, const char *host)
{
	bool six = host != NULL && host[0] == '[';
	char name[256];
	size_t n;

	/* HTTP/1.0 has none, and no browser speaks that. */
	if (host == NULL || strcmp(c->web_allow_host, "*") == 0)
		return true;
	n = six ? strcspn(host + 1, "]") : strcspn(host, ":");
	if (n >= sizeof(name))
		return false;
	memcpy(name, host + six, n);
	name[n] = '\0';
	return is_address(name) || strcasecmp(name, "localhost") == 0
	    || in_hosts(c->web_allow_host, name);
}

bool
config_address_loopback(const char *text)
{
	char host[64];
	uint16_t port;

	return config_address(text, host, &port)
	    && (strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0);
}

/*
 * systemd lets the service's user in by an ACL, whose mask shows as the
 * group's bits.
 */
static bool
is_credential(const char *path)
{
	const char *dir = getenv(CONFIG_CREDENTIALS);
	size_t n = dir != NULL ? strlen(dir) : 0;

	return n > 0 && strncmp(path, dir, n) == 0 && path[n] == '/';
}

static int
secret_open(const char *path, const char *what, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	mode_t closed = is_credential(path) ? 007 : 077;
	struct stat st;

	if (fd == -1)
		return err_sys(err, EXIT_CONFIG,
		    "The %s file %s cannot be read", what, path);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		err_set(err, EXIT_CONFIG, "The %s file %s is not a plain file.",
		    what, path);
	else if (geteuid() != 0 && st.st_uid != geteuid() && st.st_uid != 0)
		err_set(err, EXIT_CONFIG,
		    "The %s file %s belongs to user %u, who could put another "
		    "one there. Run: chown %u %s",
		    what, path, (unsigned)st.st_uid, (unsigned)geteuid(), path);
	else if ((st.st_mode & closed) != 0)
		err_set(err, EXIT_CONFIG,
		    "The %s file %s can be read by others (mode %04o). Run: "
		    "chmod 600 %s",
		    what, path, (unsigned)st.st_mode & 07777, path);
	else
		return fd;
	close(fd);
	return -1;
}

/* Strips white space and a "Bot " in front; NULL when nothing is left. */
char *
config_secret_text(char *text, const char *path, const char *what,
    struct err *err)
{
	char *start = text + strspn(text, " \t\r\n"), *end;

	if (strncmp(start, "Bot ", 4) == 0)
		start += 4 + strspn(start + 4, " \t");
	end = start + strcspn(start, " \t\r\n");
	if (end == start) {
		err_set(err, EXIT_CONFIG,
		    "The %s file %s is empty. Put the bot's %s into it, on one "
		    "line.",
		    what, path, what);
		return NULL;
	}
	if (end[strspn(end, " \t\r\n")] != '\0') {
		err_set(err, EXIT_CONFIG,
		    "The %s file %s holds more than one word. It must hold the "
		    "bot's %s and nothing else.",
		    what, path, what);
		return NULL;
	}
	*end = '\0';
	for (const char *p = start; p < end; p++) {
		if (*p <= ' ' || *p >= 0x7f) {
			err_set(err, EXIT_CONFIG,
			    "The %s file %s holds characters no %s has.", what,
			    path, what);
			return NULL;
		}
	}
	return base_strdup(start);
}

static char *
secret_read(int fd, const char *path, const char *what, struct err *err)
{
	char text[TOKEN_MAX + 1], *token = NULL;
	ssize_t n = read(fd, text, sizeof(text));

	if (n == -1)
		err_sys(err, EXIT_CONFIG, "The %s file %s cannot be read", what,
		    path);
	else if (n > TOKEN_MAX || memchr(text, '\0', (size_t)n) != NULL)
		err_set(err, EXIT_CONFIG,
		    "The %s file %s holds something else than a %s.", what,
		    path, what);
	else {
		text[n] = '\0';
		token = config_secret_text(text, path, what, err);
	}
	explicit_bzero(text, sizeof(text));
	return token;
}

char *
config_read_secret(const char *path, const char *what, struct err *err)
{
	int fd = secret_open(path, what, err);
	char *secret;

	if (fd == -1)
		return NULL;
	secret = secret_read(fd, path, what, err);
	close(fd);
	return secret;
}

char *
config_read_secret_fd(int fd, struct err *err)
{
	return secret_read(fd, "handed over", "token", err);
}

char *
config_read_token(const char *path, struct err *err)
{
	return config_read_secret(path, "token", err);
}
