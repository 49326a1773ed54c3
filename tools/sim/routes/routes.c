/* SPDX-License-Identifier: MIT */
#include "tools/sim/routes/routes.h"

#include "tools/sim/routes/member/member.h"
#include "tools/sim/routes/more/more.h"
#include "tools/sim/routes/structure/structure.h"

const struct route *const routes_all[] = {
    routes_bot,
    routes_app,
    routes_channel,
    routes_overwrite,
    routes_thread,
    routes_thread_list,
    routes_message,
    routes_reaction,
    routes_mark,
    routes_interaction,
    routes_hook,
    routes_command,
    routes_guild,
    routes_member,
    routes_moderation,
    routes_automod,
    routes_voice,
    routes_invite,
    routes_emoji,
    routes_sticker,
    routes_sound,
    routes_event,
    routes_stage,
    routes_page,
    routes_template,
    routes_extra,
    routes_role,
    routes_absent,
    NULL,
};
