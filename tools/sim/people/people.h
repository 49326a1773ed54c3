/* SPDX-License-Identifier: MIT */
/*
 * This room is what persons do at the desk: each verb judges with that
 * person's permissions, changes the world and tells the bot.  This header: the
 * verbs, as ctl and scripts call them, and what they wait for.
 *
 * WHERE, NAME and MESSAGE are as in who.h; --as NAME says who does it, --json
 * answers with the object that was made, as a row (answer.h).
 */
#ifndef TOOLS_SIM_PEOPLE_PEOPLE_H
#define TOOLS_SIM_PEOPLE_PEOPLE_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/sim.h"

#include <json-c/json.h>

struct words;
struct world_interaction;

/* What a verb waits for: how the bot answers an interaction, or a message. */
struct people_wait {
	char verb[16];
	double seconds;	      /* 0: for nothing */
	uint64_t interaction; /* 0: a message */
	char edited[40];      /* when its message was edited last; "": never */
	uint64_t channel, after;
	int64_t from;	 /* user, or -1: anybody */
	unsigned viewer; /* who looks */
	char says[256];	 /* a part of its text; "": any */
	bool json;
};

/* Judges whether it has come: true when it is over, *code and out final.  late:
 * the time is up, so it is over. */
bool people_judge(struct sim *, const struct people_wait *, bool late,
    int *code, struct sbuf *out);
/* From now on `await` there means later ones than this message. */
void people_heard(uint64_t channel, uint64_t message);
/* An interaction was made: its id is the answer, or the bot's is waited for. */
int people_made(struct sim *, struct words *, const struct world_interaction *,
    struct people_wait *);

/* name, topic of the help, its words, what it does */
#define PEOPLE_VERBS(X)                                                        \
	X(say, PEOPLE,                                                         \
	    "WHERE TEXT [--as NAME] [--reply MESSAGE]\n"                       \
	    "        [--file PATH ...]",                                       \
	    "A person says TEXT; prints the message's id.")                    \
	X(dm, PEOPLE, "TEXT [--as NAME] [--reply MESSAGE] [--file PATH ...]",  \
	    "A person writes to the bot.")                                     \
	X(edit, PEOPLE, "MESSAGE TEXT [--in WHERE] [--as NAME]",               \
	    "Changes what that person said; last: their newest.")              \
	X(delete, PEOPLE, "MESSAGE [--in WHERE] [--as NAME]",                  \
	    "Deletes their own message, or one that they may.")                \
	X(react, OFFERS, "MESSAGE EMOJI [--remove] [--in WHERE] [--as NAME]",  \
	    "Reacts to a message; last: the bot's newest.")                    \
	X(vote, OFFERS, "MESSAGE ANSWER [--remove] [--in WHERE] [--as NAME]",  \
	    "Votes in a poll, by the answer's number or text.")                \
	X(pin, OFFERS, "MESSAGE [--in WHERE] [--as NAME]", "Pins a message.")  \
	X(unpin, OFFERS, "MESSAGE [--in WHERE] [--as NAME]",                   \
	    "Takes the pin out again.")                                        \
	X(typing, PEOPLE, "WHERE [--as NAME]", "Somebody is typing.")          \
	X(press, OFFERS,                                                       \
	    "MESSAGE BUTTON [--in WHERE] [--as NAME]\n"                        \
	    "        [--wait [SECONDS]]",                                      \
	    "Presses a button, by its custom_id or label.")                    \
	X(choose, OFFERS,                                                      \
	    "MESSAGE SELECT VALUE ... [--in WHERE] [--as NAME]\n"              \
	    "        [--wait [SECONDS]]",                                      \
	    "Chooses in a selection: options, or names.")                      \
	X(use, OFFERS,                                                         \
	    "/COMMAND [SUB ...] [OPTION=VALUE ...] [--in WHERE]\n"             \
	    "        [--as NAME] [--file PATH ...] [--user-install]\n"         \
	    "        [--wait [SECONDS]]",                                      \
	    "Uses a command that the bot registered.")                         \
	X(complete, OFFERS,                                                    \
	    "/COMMAND [SUB ...] [OPTION=VALUE ...] OPTION=TEXT\n"              \
	    "        [--in WHERE] [--as NAME] [--wait [SECONDS]]",             \
	    "TEXT is being typed into the last option.")                       \
	X(menu, OFFERS,                                                        \
	    "COMMAND user|message TARGET [--in WHERE] [--as NAME]\n"           \
	    "        [--wait [SECONDS]]",                                      \
	    "Uses a command of a context menu.")                               \
	X(submit, OFFERS, "[FIELD=VALUE ...] [--as NAME] [--wait [SECONDS]]",  \
	    "Sends the form that the bot opened.")                             \
	X(join, MEMBERS, "GUILD NAME", "Joins; somebody new is made.")         \
	X(leave, MEMBERS, "GUILD --as NAME", "Leaves.")                        \
	X(kick, MEMBERS, "GUILD NAME [--as MODERATOR]", "Kicks a member.")     \
	X(ban, MEMBERS, "GUILD NAME [--as MODERATOR]", "Bans somebody.")       \
	X(unban, MEMBERS, "GUILD NAME [--as MODERATOR]", "Takes a ban back.")  \
	X(nick, MEMBERS, "GUILD NAME TEXT|none [--as MODERATOR]",              \
	    "Changes what a member is called.")                                \
	X(role, MEMBERS, "add|remove GUILD NAME ROLE [--as MODERATOR]",        \
	    "Gives a role, or takes it.")                                      \
	X(voice, MEMBERS,                                                      \
	    "WHERE|none [--in GUILD] [--as NAME] [--mute] [--deaf]",           \
	    "Enters a voice channel, or leaves it.")                           \
	X(who, MEMBERS, "[GUILD [N]]", "The first N members of a guild.")      \
	X(guild, MEMBERS, "new NAME [--as OWNER] | delete GUILD",              \
	    "Makes a guild, without the bot, or deletes one.")                 \
	X(bot, MEMBERS, "join|kick GUILD",                                     \
	    "The bot is let in, or thrown out.")                               \
	X(said, PEOPLE, "WHERE [N] [--as NAME]",                               \
	    "The last N messages there, with those that only NAME sees.")      \
	X(await, PEOPLE,                                                       \
	    "WHERE [--after ID] [--from NAME] [--says TEXT]\n"                 \
	    "        [--as NAME] [--wait [SECONDS]]",                          \
	    "Waits for the next message there, and prints it.")

/* wait: filled when it waits (seconds > 0); NULL: it can't.  An exit code, and
 * what was made or a sentence in out. */
#define X(name, topic, usage, what)                                            \
	int people_##name(struct sim *, int argc, char **argv,                 \
	    struct people_wait *, struct sbuf *out);
PEOPLE_VERBS(X)
#undef X
/* Its usage, for the sentence of who misses it. */
const char *people_usage(const char *verb);

/* The words of --as of `interaction`. */
#define PEOPLE_INTERACTION_WORDS                                               \
	"slash|user|message|button|select|autocomplete|modal"

/* interaction GUILD [NAME [TEXT]] [--as KIND] [--target ID]: what the bot may
 * never have offered, too.  The interaction's id, or an exit code with a
 * sentence. */
int people_interaction(struct sim *, int argc, char **argv, struct sbuf *out);

#endif
