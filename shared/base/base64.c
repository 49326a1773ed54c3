/* SPDX-License-Identifier: MIT */
/* See base64.h. */
#include "shared/base/base64.h"

#include "shared/base/base.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

unsigned char *
base64_decode(const char *text, size_t *len)
{
	size_t all = strlen(text), most = all / 4 * 3;
	size_t digits = strspn(text,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
	size_t pad = all - digits;
	unsigned char *bytes;

	if (all % 4 != 0 || pad > 2 || strspn(text + digits, "=") != pad
	    || all > INT_MAX)
		return NULL;
	bytes = base_alloc(most + 1);
	/* What is padding becomes bytes, too. */
	must(EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)all)
	    == (int)most);
	*len = most - pad;
	return bytes;
}
