/* SPDX-License-Identifier: MIT */
/*
 * What the roles that are entered by a call, in a process made by fork, are
 * given by the role that makes it.
 */
#ifndef SHARED_WIRE_ROLE_ARGS_H
#define SHARED_WIRE_ROLE_ARGS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

struct arrival;
struct config;
struct nonce;
struct page;
struct store;

/* All borrowed from the supervisor's memory at the time of the fork. */
struct shard_args {
	uint32_t id, count;
	uint32_t generation;	   /* restarts of this slot so far */
	int control_fd;		   /* SEQPACKET to the supervisor */
	int log_fd;		   /* reading end of its own stderr */
	const struct nonce *nonce; /* of this fleet, see orphan.h */
	const struct config *config;
	const char *token;
	SSL_CTX *tls;
	struct page *page;
	uint32_t slot; /* index into page->slot */
	const struct store *store;
	const char *gateway_url; /* of the last good /gateway/bot, "" if none */
	/* Another process has the place, and is to hand it over. */
	bool successor;
	bool presence; /* that one had another: shown after RESUMED */
};

struct supervisor_args {
	struct config *config; /* taken over */
	char **argv;	       /* of this process: for the handler's exec */
	bool foreground;       /* log to stderr as well as to the file */
	int ready_fd;	       /* written "ok\n" or "error CODE text\n" once
				   up, then closed; -1: nobody waits */
	int (*shard_main)(const struct shard_args *); /* set by tools/main.c */
	bool hold_plugins; /* until `plugin load`, as after an unload */
	char *token;	   /* taken over; NULL: read from token_file */
	const struct arrival *arrival; /* after an exec, else NULL */
};

/* Returns the exit code of the process (err.h). */
typedef int supervisor_fn(struct supervisor_args *);

#endif
