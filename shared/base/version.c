/* SPDX-License-Identifier: MIT */
/* See version.h. */
#include "shared/base/version.h"

#include "shared/base/base.h"

#include <elf.h>
#include <link.h>
#include <string.h>

#define ALIGNED(n) (((n) + 3) & ~(size_t)3)

static bool
read_note(const char *p, size_t size, char *out)
{
	while (size >= sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *n = (const ElfW(Nhdr) *)(const void *)p;
		size_t len = sizeof(*n) + ALIGNED(n->n_namesz)
		    + ALIGNED(n->n_descsz);
		const unsigned char *id = (const unsigned char *)p + sizeof(*n)
		    + ALIGNED(n->n_namesz);

		if (len > size)
			return false;
		if (n->n_type == NT_GNU_BUILD_ID
		    && n->n_descsz * 2 < VERSION_BUILD) {
			for (size_t i = 0; i < n->n_descsz; i++)
				snprintf(out + 2 * i, 3, "%02x", id[i]);
			return true;
		}
		p += len;
		size -= len;
	}
	return false;
}

/* The first object is the program itself. */
static int
on_object(struct dl_phdr_info *o, size_t size, void *arg)
{
	for (size_t i = 0; i < o->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &o->dlpi_phdr[i];

		if (h->p_type == PT_NOTE
		    && read_note((const char *)(o->dlpi_addr + h->p_vaddr),
			h->p_memsz, arg))
			break;
	}
	return 1;
}

const char *
version_build(char out[VERSION_BUILD])
{
	str_copy(out, "unknown", VERSION_BUILD);
	dl_iterate_phdr(on_object, out);
	return out;
}
