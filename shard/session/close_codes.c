/* SPDX-License-Identifier: MIT */
#include "shard/session/close_codes.h"

#define LONG_WAIT_S 30	       /* policy closes: asking again soon is rude */
#define SERVER_ERROR_WAIT_S 10 /* 1011 can last for days (8.18) */
#define RATE_WAIT_S 5
#define BLOCKED_WAIT_S 60	 /* 401/403 at the edge (1.3) */
#define RETRY_AFTER_MAX_S 86400u /* 23 h were seen and must be honoured */

static const struct close_codes_rule rules[] = {
    {1000, REACT_RESUME, 0, 0, "normal close by the server"},
    {1001, REACT_RESUME, 0, 0, "server going away"},
    {1002, REACT_RESUME, 1, 0, "protocol error"},
    {1003, REACT_RESUME, 1, 0, "unacceptable data"},
    {1005, REACT_RESUME, 0, 0, "close without a code"},
    {1006, REACT_RESUME, 0, 0, "connection lost"},
    {1007, REACT_RESUME, 1, 0, "invalid data"},
    {1008, REACT_RESUME, 0, LONG_WAIT_S, "policy violation"},
    {1009, REACT_RESUME, 1, 0, "message too big"},
    {1010, REACT_RESUME, 0, LONG_WAIT_S, "extension required"},
    {1011, REACT_RESUME, 0, SERVER_ERROR_WAIT_S, "server error"},
    {1012, REACT_RESUME, 0, 0, "service restart"},
    {1013, REACT_RESUME, 0, 1, "try again later"},
    {1014, REACT_RESUME, 0, 1, "bad gateway"},
    {1015, REACT_RESUME, 0, LONG_WAIT_S, "TLS failure"},
    {4000, REACT_RESUME, 0, 0, "unknown error"},
    {4001, REACT_RESUME, 1, 0, "unknown opcode or invalid payload"},
    {4002, REACT_RESUME, 1, 0, "decode error"},
    {4003, REACT_IDENTIFY, 0, 0, "not authenticated"},
    {4004, REACT_FATAL, 0, 0, "authentication failed",
	"Discord does not accept the token (4004): it is "
	"wrong or was reset; put the present one into "
	"token_file, then: shardherd token reload"},
    {4005, REACT_RESUME, 1, 0, "already authenticated"},
    {4006, REACT_IDENTIFY, 0, 0, "session no longer valid"},
    {4007, REACT_IDENTIFY, 0, 0, "invalid seq"},
    {4008, REACT_RESUME, 1, RATE_WAIT_S, "rate limited"},
    {4009, REACT_IDENTIFY, 0, 0, "session timed out"},
    {4010, REACT_FATAL, 0, 0, "invalid shard",
	"Discord does not accept this shard id and count "
	"(4010): set [gateway] shards to auto or to a "
	"multiple of what /gateway/bot recommends"},
    {4011, REACT_FATAL, 0, 0, "sharding required",
	"the bot has outgrown its shard count (4011): set "
	"[gateway] shards to auto or to more and start again"},
    {4012, REACT_FATAL, 0, 0, "invalid API version",
	"Discord does not serve gateway version 10 any more "
	"(4012): a newer shardherd is needed"},
    {4013, REACT_FATAL, 0, 0, "invalid intents",
	"[bot] intents holds bits that Discord does not know "
	"(4013): correct it and start again"},
    {4014, REACT_FATAL, 0, 0, "disallowed intents",
	"[bot] intents asks for a privileged intent that is "
	"not enabled (4014): enable it in the Developer "
	"Portal, page Bot, or take it out"},
    {4015, REACT_RESUME, 0, 0, "user accounts only"},
    {4016, REACT_RESUME, 0, 0, "user accounts only"},
};

static const struct close_codes_rule unknown = {0, REACT_RESUME, 0, 1,
    "unknown code"};

const struct close_codes_rule *
close_codes_find(unsigned code)
{
	if (code == 0)
		code = CLOSE_CODES_NO_CODE;
	for (size_t i = 0; i < nitems(rules); i++)
		if (rules[i].code == code)
			return &rules[i];
	return &unknown;
}

double
close_codes_http_wait(unsigned status, uint64_t retry_after_s)
{
	double wait = 0;

	if (status == 401 || status == 403)
		wait = BLOCKED_WAIT_S;
	if (retry_after_s > RETRY_AFTER_MAX_S)
		retry_after_s = RETRY_AFTER_MAX_S;
	return (double)retry_after_s > wait ? (double)retry_after_s : wait;
}
