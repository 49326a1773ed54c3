/* SPDX-License-Identifier: MIT */
#include "shared/wire/contract.h"

#include "shared/base/log.h"

static const char *const msg_name[MSG_TYPES] = {
#define X(n) [MSG_##n] = #n,
    CONTRACT_MESSAGES(X)
#undef X
};

static const char *const cause_name[CAUSES] = {
#define X(n, s) [CAUSE_##n] = s,
    CONTRACT_CAUSES(X)
#undef X
};

static const char *const outcome_name[OUTCOMES] = {
#define X(n, s) [OUTCOME_##n] = s,
    CONTRACT_OUTCOMES(X)
#undef X
};

static const char *const plugin_action_name[PLUGIN_ACTIONS] = {
#define X(n, s) [PLUGIN_DO_##n] = s,
    CONTRACT_PLUGIN_ACTIONS(X)
#undef X
};

static const char *const kept_name[KEPTS] = {
#define X(n, s) [KEPT_##n] = s,
    CONTRACT_KEPT(X)
#undef X
};

static const char *
lookup(const char *const *names, unsigned count, unsigned i)
{
	return i < count && names[i] != NULL ? names[i] : "?";
}

const char *
contract_msg_name(unsigned type)
{
	return lookup(msg_name, nitems(msg_name), type);
}

const char *
contract_cause_name(unsigned cause)
{
	return lookup(cause_name, nitems(cause_name), cause);
}

const char *
contract_outcome_name(unsigned outcome)
{
	return lookup(outcome_name, nitems(outcome_name), outcome);
}

const char *
contract_plugin_action_name(unsigned action)
{
	return lookup(plugin_action_name, nitems(plugin_action_name), action);
}

const char *
contract_kept_name(unsigned kept)
{
	return lookup(kept_name, nitems(kept_name), kept);
}

void
contract_log_level(const struct msg_log_level *m)
{
	if (m != NULL && m->level <= LOG_L_ERROR)
		log_set_level((enum log_level)m->level);
}
