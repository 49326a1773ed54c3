/* SPDX-License-Identifier: MIT */
/* Values of shardherd.conf written the way the file says them. */
#include "shared/config/config_keys.h"

#include "shared/base/logline.h"

#include <math.h>

static char *
format_intents(uint64_t bits)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	const char *sep = "";

	must(f != NULL);
	for (unsigned b = 0; b < 64; b++) {
		if ((bits >> b & 1) == 0)
			continue;
		fprintf(f, "%s%s", sep, config_intent_name(b));
		sep = ", ";
	}
	fputs(bits == 0 ? "0" : "", f);
	fclose(f);
	return text;
}

const char *const *
config_words(enum config_type type)
{
	static const char *const log_to[] = {
		[CONFIG_LOG_FILE] = "file", [CONFIG_LOG_STDERR] = "stderr",
		NULL,
	};
	static const char *const yes_no[] = { "no", "yes", NULL };
	static const char *const off_auto[] = { "off", "auto", NULL };

	switch (type) {
	case CONFIG_LOG_TO:
		return log_to;
	case CONFIG_LOG_FORMAT:
		return logline_format_name;
	case CONFIG_YES_NO:
		return yes_no;
	case CONFIG_OFF_AUTO:
		return off_auto;
	default:
		return NULL;
	}
}

char *
config_format(const struct config_key *k, const void *base)
{
	const void *at = (const char *)base + k->offset;
	char text[64];

	switch (k->type) {
	case CONFIG_NUMBER:
	case CONFIG_AUTO:
		if (k->type == CONFIG_AUTO && *(const int64_t *)at == 0)
			return base_strdup("auto");
		str_format(text, sizeof(text), "%lld",
		    (long long)*(const int64_t *)at);
		return base_strdup(text);
	case CONFIG_SIZE:
		config_unit_write(*(const int64_t *)at, CONFIG_SIZE, text,
		    sizeof(text));
		return base_strdup(text);
	case CONFIG_DURATION:
		config_unit_write(llround(*(const double *)at * 1000),
		    CONFIG_DURATION, text, sizeof(text));
		return base_strdup(text);
	case CONFIG_INTENTS:
		return format_intents(*(const uint64_t *)at);
	case CONFIG_COMPRESS:
		return base_strdup(config_compress_name[
		    *(const enum config_compress *)at]);
	case CONFIG_LEVEL:
		return base_strdup(log_level_name[*(const int *)at]);
	case CONFIG_LOG_TO:
	case CONFIG_LOG_FORMAT:
	case CONFIG_YES_NO:
	case CONFIG_OFF_AUTO:
		return base_strdup(config_words(k->type)[*(const int *)at]);
	default:
		return base_strdup(*(char *const *)at != NULL ?
		    *(char *const *)at : "");
	}
}
