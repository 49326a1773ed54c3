/* SPDX-License-Identifier: MIT */
/*
 * What is to be changed in a bot so that it goes to the gate, by library: the
 * very lines, with the addresses of this config.
 */
#ifndef TOOLS_CLI_DATA_CLIENT_LINES_H
#define TOOLS_CLI_DATA_CLIENT_LINES_H

#include "shared/config/config.h"

struct json_object;

/* Where clients go: "ws://127.0.0.1:7780", "http://127.0.0.1:7781"; rest: ""
 * without rest_listen. */
struct client_lines {
	char gateway[CONFIG_PATH_MAX], rest[CONFIG_PATH_MAX];
	char host[256], port[16]; /* of rest */
	bool tls;
};

void client_lines_find(const struct config *, struct client_lines *);
/* Of all libraries, or of this one alone; false: there is no such. */
bool client_lines_print(const struct client_lines *, const char *library,
    FILE *);
/* {library: lines} */
struct json_object *client_lines_json(const struct client_lines *);
/* "discord.js, discord.py, ..." */
void client_lines_names(char *out, size_t size);

#endif
