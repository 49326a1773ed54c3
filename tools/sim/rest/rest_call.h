/* SPDX-License-Identifier: MIT */
/*
 * One REST call in work, and what its handler may do: read arguments and body,
 * collect form errors, and answer exactly once.  For rest*.c and route*.c.
 */
#ifndef TOOLS_SIM_REST_REST_CALL_H
#define TOOLS_SIM_REST_REST_CALL_H

#include "tools/sim/rest/limit.h"
#include "tools/sim/rest/rest.h"
#include "tools/sim/base/sbuf.h"
#include "tools/sim/world/world.h"

#include <ev.h>
#include <json-c/json.h>

struct MHD_Connection;
struct MHD_Daemon;
struct MHD_Response;
struct rest_hooks;
struct rest_commands;
struct rest_reactions;
struct rest_faults;
struct route;

#define REST_ARGS_MAX 4		/* variable parts of a path */
#define REST_FILES_MAX 10	/* discord-protocol.md section 7.3 */
#define REST_URL_MAX 2048
#define REST_STATUS_MAX 600

struct rest {
	struct sim *sim;
	struct MHD_Daemon *daemon;
	int listen_fd;
	unsigned port;
	ev_io io;		/* the HTTP server's epoll fd */
	ev_timer tick;		/* its own time-outs */
	struct list waiting;	/* calls whose answer is delayed */
	struct limit *limit;
	struct rest_faults *faults;
	struct rest_hooks *hooks;	/* routes_hook.c */
	struct rest_commands *commands;	/* routes_command.c */
	struct rest_reactions *reactions; /* routes_reaction.c */
	uint64_t requests, rate_limited, global_limited, invalid, faulted;
	uint64_t by_status[REST_STATUS_MAX];
	uint64_t limited[LIMIT_CLASSES];	/* 429s by class */
};

struct rest_file {
	char name[128], type[64];
	size_t size;
};

struct rest_call {
	struct list link;	/* in rest->waiting while delayed */
	struct rest *rest;
	struct sim *sim;
	struct world *w;
	struct MHD_Connection *conn;
	char method[12];
	char url[REST_URL_MAX];	/* as sent, without the query */
	const char *path;	/* in url, after /api/vN */
	bool too_big, done;
	bool other_bot;		/* its token is sim->other_token */
	struct sbuf raw;	/* the body as sent */

	const struct route *route;
	uint64_t id[REST_ARGS_MAX];	/* snowflakes of the path, in order */
	char word[REST_ARGS_MAX][256];	/* other variable parts, decoded */
	unsigned ids, words;
	json_object *body;		/* parsed; NULL: none was sent */
	struct rest_file file[REST_FILES_MAX];
	unsigned files;
	json_object *errors;		/* of the form; NULL: none */

	/* the answer */
	int status;
	struct sbuf out;
	const char *type;
	struct limit_answer limit;
	const char *scope;		/* of a 429 */
	double retry_after;		/* seconds; < 0: no header */
	bool cut;
	unsigned delay_ms;
	ev_timer delay;
};

/* ---- answers: rest_reply.c ------------------------------------------ */

/* name, HTTP status, Discord's code, message */
#define REST_ERRORS(X)                                                         \
	X(BAD_REQUEST, 400, 0, "400: Bad Request")                             \
	X(UNAUTHORIZED, 401, 0, "401: Unauthorized")                           \
	X(NOT_FOUND, 404, 0, "404: Not Found")                                 \
	X(BAD_METHOD, 405, 0, "405: Method Not Allowed")                       \
	X(BAD_VERSION, 400, 50041, "Invalid API version")                      \
	X(UNKNOWN_APPLICATION, 404, 10002, "Unknown Application")              \
	X(UNKNOWN_CHANNEL, 404, 10003, "Unknown Channel")                      \
	X(UNKNOWN_GUILD, 404, 10004, "Unknown Guild")                          \
	X(UNKNOWN_MEMBER, 404, 10007, "Unknown Member")                        \
	X(UNKNOWN_MESSAGE, 404, 10008, "Unknown Message")                      \
	X(UNKNOWN_USER, 404, 10013, "Unknown User")                            \
	X(UNKNOWN_EMOJI, 400, 10014, "Unknown Emoji")                          \
	X(UNKNOWN_WEBHOOK, 404, 10015, "Unknown Webhook")                      \
	X(UNKNOWN_INTERACTION, 404, 10062, "Unknown interaction")              \
	X(UNKNOWN_COMMAND, 404, 10063, "Unknown application command")          \
	X(TOO_MANY_REACTIONS, 400, 30010,                                      \
	    "Maximum number of reactions reached (20)")                        \
	X(TOO_MANY_HOOKS, 400, 30007, "Maximum number of webhooks reached (15)") \
	X(ENTRY_POINT, 400, 50240,                                             \
	    "You cannot remove this app's Entry Point command in a bulk "      \
	    "update operation")                                                \
	X(TOO_MANY_COMMANDS, 400, 30032,                                       \
	    "Maximum number of application commands reached (100)")            \
	X(COMMANDS_USED_UP, 400, 30034,                                        \
	    "Max number of daily application command creates has been reached (200)") \
	X(TOO_BIG, 413, 40005, "Request entity too large")                     \
	X(ACKNOWLEDGED, 400, 40060,                                            \
	    "Interaction has already been acknowledged.")                      \
	X(MISSING_ACCESS, 403, 50001, "Missing Access")                        \
	X(DM_ACTION, 403, 50003, "Cannot execute action on a DM channel")      \
	X(NOT_AUTHOR, 403, 50005,                                              \
	    "Cannot edit a message authored by another user")                  \
	X(EMPTY_MESSAGE, 400, 50006, "Cannot send an empty message")           \
	X(NO_DM, 403, 50007, "Cannot send messages to this user")              \
	X(NOT_TEXT, 400, 50008,                                                \
	    "Cannot send messages in a non-text channel")                      \
	X(BULK_COUNT, 400, 50016,                                              \
	    "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete") \
	X(BAD_HOOK_TOKEN, 401, 50027, "Invalid Webhook Token")                 \
	X(BULK_OLD, 400, 50034,                                                \
	    "You can only bulk delete messages that are under 14 days old.")   \
	X(BAD_JSON, 400, 50109, "The request body contains invalid JSON.")     \
	X(FULL, 503, 130000, "API resource is currently overloaded. Try again a little later.")

enum rest_error {
#define X(name, status, code, text) REST_##name,
	REST_ERRORS(X)
#undef X
	REST_ERROR_COUNT
};

/* Takes o over. */
void rest_reply(struct rest_call *, int status, json_object *o);
void rest_reply_text(struct rest_call *, int status, const char *json);
void rest_reply_none(struct rest_call *);	/* 204 */
void rest_reply_error(struct rest_call *, enum rest_error);
void rest_reply_html(struct rest_call *, int status);
void rest_reply_limit(struct rest_call *, const char *scope, double after_s);
/* Queues the finished answer on the connection; an enum MHD_Result. */
int rest_reply_send(struct rest_call *);
/* Appends JSON text with every character above ASCII as \uXXXX. */
void rest_reply_ascii(struct sbuf *, const char *json);

/* ---- forms: rest_form.c --------------------------------------------- */

/* Notes one error at a dotted path ("embeds.0.title"; "": the body). */
void rest_form_error(struct rest_call *, const char *path, const char *code,
    const char *fmt, ...) printflike(4, 5);
/* True (and answered 400, 50035) when errors were noted. */
bool rest_form_refused(struct rest_call *);
/* The body when it is an object; else an answer is made and NULL returned. */
json_object *rest_form_object(struct rest_call *);
/* Member of o when present and not null, else NULL. */
json_object *rest_form_get(json_object *o, const char *key);
/* A string of min to max characters; absent or null: NULL.  Notes errors. */
const char *rest_form_string(struct rest_call *, json_object *o,
    const char *key, size_t min, size_t max);
/* An integer within bounds; true when given and right.  Notes errors. */
bool rest_form_int(struct rest_call *, json_object *o, const char *key,
    int64_t min, int64_t max, int64_t *out);
/* A snowflake as string or number; true when given and right. */
bool rest_form_id(struct rest_call *, json_object *o, const char *key,
    uint64_t *out);
/* An array of at most max; NULL when absent.  Notes errors. */
json_object *rest_form_array(struct rest_call *, json_object *o,
    const char *key, size_t max);
size_t rest_form_chars(const char *utf8);
/* A data URI (or null) for an image; notes errors. */
void rest_form_image(struct rest_call *, json_object *o, const char *key,
    bool gif);
/* Copies the keys of from that are in the NULL-ended list and present. */
void rest_form_copy(json_object *to, json_object *from,
    const char *const *keys);

/* ---- bodies: rest_body.c -------------------------------------------- */

/* Parses call->raw by its Content-Type; false when it answered an error. */
bool rest_body_parse(struct rest_call *);
/* Undoes %XX (and + when plus); false on a bad escape or a cut. */
bool rest_body_decode(char *to, size_t size, const char *from, size_t len,
    bool plus);
/* A number of the query: its value, or dflt when absent or not a number. */
uint64_t rest_body_query(struct rest_call *, const char *key, uint64_t dflt);
/* Is it "true" or "1" in the query? */
bool rest_body_true(struct rest_call *, const char *key);
/* A header or NULL. */
const char *rest_body_header(struct rest_call *, const char *name);

/* ---- messages: rest_msg.c ------------------------------------------- */

#define REST_MSG_EPHEMERAL 64
#define REST_MSG_LOADING 128

struct rest_author {
	json_object *user;	/* author object; borrowed */
	uint64_t webhook;	/* 0: the bot itself */
	json_object *extra;	/* keys laid over the message; borrowed */
};

/* Checks a message's form; on an edit nothing is needed.  False: answered. */
bool rest_msg_check(struct rest_call *, json_object *body, bool edit);
/* Makes, keeps and announces a message; never fails.  The kept one. */
struct world_msg *rest_msg_post(struct rest_call *,
    const struct world_channel *, json_object *body,
    const struct rest_author *);
/* Applies an edit, keeps and announces it. */
void rest_msg_edit(struct rest_call *, struct world_msg *, json_object *body);
void rest_msg_delete(struct rest_call *, struct world_msg *);
/* The message as the answer to this call. */
void rest_msg_reply(struct rest_call *, const struct world_msg *);
/* Emits an event about a channel's guild (or DM). */
void rest_msg_emit(struct sim *, uint32_t guild, const char *t, json_object *);
/* Answers 10003 unless the id is a channel. */
bool rest_msg_channel(struct rest_call *, uint64_t id, struct world_channel *);
/* Answers 10003 or 10008 unless both exist. */
struct world_msg *rest_msg_find(struct rest_call *, uint64_t channel,
    uint64_t id);

/* ---- limits: rest.c ------------------------------------------------- */

/* One request against a bucket; true when it answered 429. */
bool rest_limit_refused(struct rest_call *, enum limit_class, uint64_t major);

/* ---- faults: rest_fault.c ------------------------------------------- */

struct rest_faults *rest_faults_new(void);
/* Applies a fault to the call: true when it made the answer. */
bool rest_fault_apply(struct rest_call *);

/* ---- state of the routes -------------------------------------------- */

struct rest_hooks *rest_hooks_new(void);
void rest_hooks_free(struct rest_hooks *);
struct rest_commands *rest_commands_new(void);
void rest_commands_free(struct rest_commands *);
struct rest_reactions *rest_reactions_new(void);
void rest_reactions_free(struct rest_reactions *);
/* Adds "reactions" to a message object when it has any. */
void rest_reactions_show(struct rest *, uint64_t message, json_object *);

static inline json_object *
rest_json_id(uint64_t id)
{
	char text[24];

	(void)str_format(text, sizeof(text), "%llu", (unsigned long long)id);
	return json_object_new_string(text);
}

static inline const char *
rest_json_text(json_object *o)
{
	return json_object_to_json_string_ext(o,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

#endif
