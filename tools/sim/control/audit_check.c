/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/audit_check.h"

#include "tools/sim/gateway/ledger.h"

/* The next blank-separated word, or NULL. */
static const char *
word(const char **p, const char *end, size_t *len)
{
	const char *start = *p;

	while (*p < end && **p != ' ')
		(*p)++;
	*len = (size_t)(*p - start);
	if (*p < end)
		(*p)++;
	return *len > 0 ? start : NULL;
}

static bool
number(const char *p, size_t len, unsigned base, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned c = (unsigned char)p[i];
		unsigned d = c >= 'a' && c <= 'f' ? c - 'a' + 10 : c - '0';

		if (d >= base || *out > (UINT64_MAX - d) / base)
			return false;
		*out = *out * base + d;
	}
	return len > 0;
}

bool
audit_check_line(struct sim *sim, const char *line, size_t len)
{
	const char *p = line, *end = line + len, *kind, *id, *q, *c;
	size_t kind_len, id_len, seq_len, crc_len;
	struct ledger_report r = {0};
	uint64_t crc = 0;

	kind = word(&p, end, &kind_len);
	id = word(&p, end, &id_len);
	q = word(&p, end, &seq_len);
	c = word(&p, end, &crc_len);
	if (!kind || kind_len != 1 || *kind != 'e' || !id || !q)
		return false;
	r.has_crc = c != NULL;
	if (c && (!number(c, crc_len, 16, &crc) || crc > UINT32_MAX))
		return false;
	r.has_seq = *q != '-';
	if (r.has_seq && !number(q, seq_len, 10, &r.seq))
		return false;
	r.crc = (uint32_t)crc;
	r.session = id;
	r.session_len = id_len;
	(void)ledger_report(sim, &r);
	return true;
}
