/* SPDX-License-Identifier: MIT */
/*
 * Makes a token for a client of the gate in the store of a fleet, and prints
 * it:
 *
 *     client_token STATE_DIR CLIENT
 */
#include "shared/store/client_token.h"

#include <err.h>
#include <string.h>

int
main(int argc, char **argv)
{
	char token[CLIENT_TOKEN_MAX];
	struct store store;
	struct err e;

	if (argc != 3)
		errx(64, "client_token STATE_DIR CLIENT");
	if (store_open(&store, argv[1], &e) < 0
	    || client_token_make(argv[2], 1, token, &e) < 0
	    || client_token_keep(&store, argv[2], token, &e) < 0)
		errx(1, "%s", e.text);
	printf("%s\n", token);
	return 0;
}
