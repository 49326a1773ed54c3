/* SPDX-License-Identifier: MIT */
/*
 * One REST call in work.  What its handler may do with it: read arguments and
 * body (rest_body.h), collect form errors (rest_form.h), change the world, and
 * answer exactly once (rest_reply.h).
 */
#ifndef TOOLS_SIM_REST_REST_CALL_H
#define TOOLS_SIM_REST_REST_CALL_H

#include "tools/sim/rest/limit.h"
#include "tools/sim/rest/rest.h"
#include "tools/sim/base/jso.h"
#include "tools/sim/base/sbuf.h"
#include "tools/sim/world/world.h"

#include <ev.h>
#include <json-c/json.h>

struct MHD_Connection;
struct MHD_Daemon;
struct rest_faults;
struct rest_files;
struct route;

#define REST_ARGS_MAX 4	  /* variable parts of a path */
#define REST_FILES_MAX 10 /* discord-protocol.md section 7.3 */
#define REST_URL_MAX 2048
#define REST_STATUS_MAX 600

/* What is not below /api/; see rest_door(). */
struct rest_door {
	const char *prefix;
	rest_door_fn *fn;
};

struct rest {
	struct sim *sim;
	struct MHD_Daemon *daemon;
	int listen_fd;
	unsigned port;
	ev_io io;	     /* the HTTP server's epoll fd */
	ev_timer tick;	     /* its own time-outs */
	struct list waiting; /* calls whose answer is delayed */
	struct limit *limit;
	struct rest_faults *faults;
	struct rest_files *kept;	    /* what was uploaded */
	const struct route *const *routes;  /* tables, NULL-ended */
	void (*handle)(struct rest_call *); /* makes the answer */
	json_object *app_emojis; /* application's id -> id -> emoji */
	json_object *absent; /* routes asked for that are lacking: how often */
	struct rest_door door[REST_DOORS_MAX];
	unsigned doors;
	uint64_t requests, rate_limited, global_limited, invalid, faulted;
	uint64_t by_status[REST_STATUS_MAX];
	uint64_t limited[LIMIT_CLASSES]; /* 429s by class */
};

struct rest_file {
	char name[128], type[64];
	unsigned number;   /* of its part: files[number] */
	const char *bytes; /* in the call's body as sent */
	size_t size;
};

struct rest_call {
	struct list link; /* in rest->waiting while delayed */
	struct rest *rest;
	struct sim *sim;
	struct world *w;
	struct MHD_Connection *conn;
	char method[12];
	char url[REST_URL_MAX]; /* as sent, without the query */
	const char *path;	/* in url, after /api/vN */
	bool too_big, done;
	bool other_bot;	 /* its token is sim->other_token */
	unsigned app;	 /* the number of the calling bot */
	unsigned bot;	 /* its user index */
	struct sbuf raw; /* the body as sent */

	const struct route *route;
	uint64_t id[REST_ARGS_MAX];    /* snowflakes of the path, in order */
	char word[REST_ARGS_MAX][256]; /* other variable parts, decoded */
	unsigned ids, words;
	json_object *query; /* its texts, decoded; NULL: not asked for yet */
	json_object *body;  /* parsed; NULL: none was sent */
	struct rest_file file[REST_FILES_MAX];
	unsigned files;
	json_object *errors; /* of the form; NULL: none */
	char at[160];	     /* the part of it looked at: "embeds.0." */

	/* the answer */
	int status;
	struct sbuf out;
	const char *type;
	bool page;	       /* for a browser, not for a bot */
	const char *file_name; /* to save it under; NULL: none */
	struct limit_answer limit;
	const char *scope;  /* of a 429 */
	double retry_after; /* seconds; < 0: no header */
	bool cut;
	unsigned delay_ms;
	ev_timer delay;
};

#endif
