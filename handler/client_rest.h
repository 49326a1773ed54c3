/* SPDX-License-Identifier: MIT */
/*
 * The REST calls of the gate's clients, as this handler serves them: the
 * proxy, at the socket that the supervisor keeps, with the clients of our
 * config and the tokens in the store.  Without a socket there is none, and the
 * handler does the rest of its work.
 */
#ifndef HANDLER_CLIENT_REST_H
#define HANDLER_CLIENT_REST_H

#include "handler/delivery/gate_question.h"
#include "handler/rest/proxy/proxy.h"
#include "shared/config/config.h"
#include "shared/page/page.h"
#include "shared/store/store.h"

struct client_rest {
	int listen_fd; /* the supervisor's, to hand to the next; -1: none */
	struct proxy *proxy; /* NULL: there is none */
	const struct config *config;
	const struct store *store;
	const uint8_t *token_key; /* of processes' tokens, or NULL */
	const struct page *page;
	struct gate_questions *gate; /* whose cache knows channels' guilds */
	bool in_service;	     /* whose counters those of the page are */
	struct page_client_rest before[PAGE_CLIENTS + 1];
	struct config_ranges guilds[CONFIG_CLIENTS_MAX];
	char *cert, *key; /* PEM, or NULL */
};

/* First of all, while what is not inherited is not open. */
void client_rest_inherit(struct client_rest *);
/* All three live longer.  What does not work is logged. */
void client_rest_open(struct client_rest *, struct ev_loop *, struct timers *,
    struct rest *);
/* No more connections; what is open is answered. */
void client_rest_stop(struct client_rest *);
/* Calls that are not answered. */
size_t client_rest_busy(const struct client_rest *);
/* Writes the counters into the page; serves: this handler is in service. */
void client_rest_page(struct client_rest *, bool serves);
/* Before rest_free(). */
void client_rest_close(struct client_rest *);

#endif
