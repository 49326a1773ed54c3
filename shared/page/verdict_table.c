/* SPDX-License-Identifier: MIT */
/* See verdict_table.h. */
#include "shared/page/verdict_table.h"

#include "shared/page/page.h"

const char *const verdict_subject_name[VERDICT_SUBJECTS_N] = {
#define X(n, s) [VERDICT_OF_##n] = s,
    VERDICT_SUBJECTS(X)
#undef X
};

const char *const verdict_code_name[VERDICT_CODES_N] = {[VERDICT_CODE_NONE] =
							    "",
#define X(n, s, of, rank, means, advice) [VERDICT_CODE_##n] = s,
    VERDICT_CODES(X)
#undef X
};

const char *const verdict_code_means[VERDICT_CODES_N] = {[VERDICT_CODE_NONE] =
							     "",
#define X(n, s, of, rank, means, advice) [VERDICT_CODE_##n] = means,
    VERDICT_CODES(X)
#undef X
};

const char *const verdict_advice[VERDICT_CODES_N] = {[VERDICT_CODE_NONE] = "",
#define X(n, s, of, rank, means, advice) [VERDICT_CODE_##n] = advice,
    VERDICT_CODES(X)
#undef X
};

const enum verdict_subject verdict_code_subject[VERDICT_CODES_N] = {
#define X(n, s, of, rank, means, advice) [VERDICT_CODE_##n] = VERDICT_OF_##of,
    VERDICT_CODES(X)
#undef X
};

const unsigned char verdict_code_rank[VERDICT_CODES_N] = {[VERDICT_CODE_NONE] =
							      PAGE_INFO,
#define X(n, s, of, rank, means, advice) [VERDICT_CODE_##n] = PAGE_##rank,
    VERDICT_CODES(X)
#undef X
};
