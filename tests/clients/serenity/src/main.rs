// SPDX-License-Identifier: MIT
// serenity, driven line by line: see lines.mjs of lib.
use serde::Deserialize;
use serde_json::{json, Value};
use serenity::all::*;
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message as Frame;

type Answer = std::result::Result<Value, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Order {
    n: u64,
    r#do: String,
    channel: Option<ChannelId>,
    message: Option<MessageId>,
    guild: Option<GuildId>,
    user: Option<UserId>,
    role: Option<RoleId>,
    interaction: String,
    how: String,
    text: String,
    texts: Vec<String>,
    name: String,
    data: String,
    emoji: String,
    seconds: i64,
    list: Value,
    components: Value,
    modal: Value,
    choices: Vec<Value>,
}

struct Driver {
    context: OnceLock<Context>,
    interactions: Mutex<Vec<Interaction>>,
    chunks: mpsc::UnboundedSender<GuildMembersChunkEvent>,
}

fn out(line: Value) {
    let mut to = std::io::stdout().lock();
    writeln!(to, "{line}").and_then(|()| to.flush()).expect("standard output");
}

fn saw(what: &str, mut more: Value) {
    more["saw"] = json!(what);
    out(more);
}

fn text(id: impl ToString) -> Value {
    json!(id.to_string())
}

#[async_trait]
impl EventHandler for Driver {
    async fn cache_ready(&self, c: Context, _: Vec<GuildId>) {
        let user = c.cache.current_user().clone();
        if self.context.set(c).is_ok() {
            saw("ready", json!({"user": text(user.id), "name": user.name}));
        }
    }

    async fn resume(&self, _: Context, _: ResumedEvent) {
        saw("resumed", json!({}));
    }

    async fn message(&self, _: Context, m: Message) {
        saw("message", json!({
            "id": text(m.id), "channel": text(m.channel_id),
            "guild": m.guild_id.map(text), "text": m.content,
            "author": text(m.author.id), "name": m.author.name,
            "reference": m.message_reference
                .and_then(|r| r.message_id).map(text),
            "files": m.attachments.iter().map(|a| &a.filename)
                .collect::<Vec<_>>(),
        }));
    }

    async fn message_update(&self, _: Context, _: Option<Message>,
        _: Option<Message>, e: MessageUpdateEvent) {
        saw("edit", json!({"id": text(e.id), "text": e.content}));
    }

    async fn message_delete(&self, _: Context, _: ChannelId, id: MessageId,
        _: Option<GuildId>) {
        saw("delete", json!({"id": text(id)}));
    }

    async fn reaction_add(&self, _: Context, r: Reaction) {
        saw("reaction", json!({"message": text(r.message_id),
            "user": r.user_id.map(text), "emoji": r.emoji.to_string()}));
    }

    async fn guild_member_addition(&self, _: Context, m: Member) {
        saw("join", json!({"guild": text(m.guild_id),
            "user": text(m.user.id)}));
    }

    async fn guild_member_update(&self, _: Context, _: Option<Member>,
        _: Option<Member>, e: GuildMemberUpdateEvent) {
        saw("member", json!({
            "guild": text(e.guild_id), "user": text(e.user.id),
            "roles": e.roles.iter().map(text).collect::<Vec<_>>(),
            "timeout": e.communication_disabled_until.is_some(),
        }));
    }

    async fn guild_member_removal(&self, _: Context, g: GuildId, u: User,
        _: Option<Member>) {
        saw("leave", json!({"guild": text(g), "user": text(u.id)}));
    }

    async fn guild_ban_addition(&self, _: Context, g: GuildId, u: User) {
        saw("ban", json!({"guild": text(g), "user": text(u.id)}));
    }

    async fn thread_create(&self, _: Context, t: GuildChannel) {
        saw("thread", json!({"id": text(t.id),
            "parent": t.parent_id.map(text), "name": t.name}));
    }

    async fn voice_state_update(&self, _: Context, _: Option<VoiceState>,
        v: VoiceState) {
        saw("voice", json!({"user": text(v.user_id),
            "channel": v.channel_id.map(text)}));
    }

    async fn guild_members_chunk(&self, _: Context,
        e: GuildMembersChunkEvent) {
        let _ = self.chunks.send(e);
    }

    async fn interaction_create(&self, _: Context, i: Interaction) {
        self.interactions.lock().unwrap().push(i.clone());
        match &i {
            Interaction::Command(c) => saw("command", json!({
                "id": text(c.id), "user": text(c.user.id),
                "channel": text(c.channel_id), "name": c.data.name,
                "options": c.data.options.iter().map(|o| (o.name.clone(),
                    json!(o.value.as_str()))).collect::<serde_json::Map<_, _>>(),
            })),
            Interaction::Autocomplete(c) => saw("autocomplete", json!({
                "id": text(c.id), "user": text(c.user.id),
                "channel": text(c.channel_id), "name": c.data.name,
                "typed": c.data.autocomplete().map(|o| o.value),
            })),
            Interaction::Component(c) => saw("button", json!({
                "id": text(c.id), "user": text(c.user.id),
                "channel": text(c.channel_id), "custom": c.data.custom_id,
                "message": text(c.message.id),
            })),
            Interaction::Modal(m) => saw("modal", json!({
                "id": text(m.id), "user": text(m.user.id),
                "channel": text(m.channel_id), "custom": m.data.custom_id,
                "fields": m.data.components.iter().flat_map(|r| &r.components)
                    .filter_map(|c| match c {
                        ActionRowComponent::InputText(t) =>
                            Some((t.custom_id.clone(), json!(t.value))),
                        _ => None,
                    }).collect::<serde_json::Map<_, _>>(),
            })),
            _ => (),
        }
    }
}

// The components inside the rows that Discord writes.
fn inside(rows: &Value) -> impl Iterator<Item = &Value> {
    rows.as_array().into_iter().flatten()
        .flat_map(|r| r["components"].as_array().into_iter().flatten())
}

fn word<'a>(v: &'a Value, key: &str) -> &'a str {
    v[key].as_str().unwrap_or_default()
}

fn buttons(rows: &Value) -> Vec<CreateActionRow> {
    let all: Vec<_> = inside(rows).map(|c| CreateButton::new(
        word(c, "custom_id")).label(word(c, "label"))).collect();
    if all.is_empty() { vec![] } else { vec![CreateActionRow::Buttons(all)] }
}

fn response(a: &Order) -> CreateInteractionResponse {
    let message = CreateInteractionResponseMessage::new()
        .content(a.text.clone()).components(buttons(&a.components));
    match a.how.as_str() {
        "update" => CreateInteractionResponse::UpdateMessage(message),
        "modal" => CreateInteractionResponse::Modal(CreateModal::new(
            word(&a.modal, "custom_id"), word(&a.modal, "title"))
            .components(inside(&a.modal["components"])
                .map(|c| CreateActionRow::InputText(CreateInputText::new(
                    InputTextStyle::Short, word(c, "label"),
                    word(c, "custom_id")))).collect())),
        "choices" => CreateInteractionResponse::Autocomplete(
            CreateAutocompleteResponse::new().set_choices(a.choices.iter()
                .map(|c| AutocompleteChoice::new(word(c, "name"),
                    word(c, "value"))).collect())),
        _ => CreateInteractionResponse::Message(message),
    }
}

async fn answer(d: &Driver, c: &Context, a: &Order) -> Answer {
    let found = d.interactions.lock().unwrap().iter()
        .find(|i| i.id().to_string() == a.interaction).cloned();
    let made = response(a);
    match found.ok_or("there is no such interaction")? {
        Interaction::Command(i) | Interaction::Autocomplete(i) =>
            i.create_response(c, made).await?,
        Interaction::Component(i) => i.create_response(c, made).await?,
        Interaction::Modal(i) => i.create_response(c, made).await?,
        _ => return Err("it is of another kind".into()),
    }
    Ok(json!(true))
}

fn world(c: &Context) -> Value {
    c.cache.guilds().iter().filter_map(|id| c.cache.guild(id)).map(|g| json!({
        "id": text(g.id), "name": g.name, "members": g.member_count,
        "channels": g.channels.values().map(|c| json!([text(c.id), c.name]))
            .collect::<Vec<_>>(),
        "roles": g.roles.values().map(|r| json!([text(r.id), r.name]))
            .collect::<Vec<_>>(),
        "users": g.members.values()
            .map(|m| json!([text(m.user.id), m.user.name]))
            .collect::<Vec<_>>(),
    })).collect()
}

async fn in_channel(c: &Context, a: &Order, to: ChannelId) -> Answer {
    let message = a.message.unwrap_or_default();
    Ok(match a.r#do.as_str() {
        "say" => text(to.say(c, &a.text).await?.id),
        "reply" => text(to.message(c, message).await?.reply(c, &a.text)
            .await?.id),
        "file" => text(to.send_files(c, [CreateAttachment::bytes(
            a.data.as_bytes(), &a.name)], CreateMessage::new()).await?.id),
        "react" => json!(to.create_reaction(c, message,
            ReactionType::Unicode(a.emoji.clone())).await?),
        "edit" => json!(to.edit_message(c, message, EditMessage::new()
            .content(&a.text)).await?.content),
        "delete" => json!(to.delete_message(c, message).await?),
        "burst" => {
            let sent: Vec<_> = a.texts.iter().cloned().map(|t| {
                let c = c.clone();
                tokio::spawn(async move { to.say(c, t).await })
            }).collect();
            let mut ids = vec![];
            for one in sent {
                ids.push(text(one.await??.id));
            }
            json!(ids)
        }
        "thread" => text(to.create_thread(c, CreateThread::new(&a.name)
            .kind(ChannelType::PublicThread)).await?.id),
        _ => return Err(format!("there is no {:?}", a.r#do).into()),
    })
}

async fn members(c: &Context, guild: GuildId,
    chunks: &mut mpsc::UnboundedReceiver<GuildMembersChunkEvent>) -> Answer {
    let mut ids = vec![];
    c.shard.chunk_guild(guild, None, false, ChunkGuildFilter::None, None);
    while let Some(e) = chunks.recv().await {
        ids.extend(e.members.keys().map(text));
        if e.chunk_index + 1 == e.chunk_count {
            break;
        }
    }
    Ok(json!(ids))
}

async fn in_guild(c: &Context, a: &Order, g: GuildId) -> Answer {
    let user = a.user.unwrap_or_default();
    Ok(match a.r#do.as_str() {
        "commands" => c.http.create_guild_commands(g, &a.list).await?.iter()
            .map(|c| json!(c.name)).collect(),
        "voice" => {
            c.shard.websocket_message(Frame::Text(json!({"op": 4, "d": {
                "guild_id": text(g), "channel_id": a.channel.map(text),
                "self_mute": false, "self_deaf": false}}).to_string()));
            json!(true)
        }
        "timeout" => {
            let until = Timestamp::now().unix_timestamp() + a.seconds;
            g.edit_member(c, user, EditMember::new()
                .disable_communication_until_datetime(
                    Timestamp::from_unix_timestamp(until)?)
                .audit_log_reason("a test")).await?;
            json!(true)
        }
        "role" => json!(c.http.add_member_role(g, user,
            a.role.unwrap_or_default(), Some("a test")).await?),
        "kick" => json!(g.kick_with_reason(c, user, "a test").await?),
        "ban" => json!(g.ban_with_reason(c, user, 0, "a test").await?),
        _ => return Err(format!("there is no {:?}", a.r#do).into()),
    })
}

async fn act(d: &Driver, a: &Order, chunks: &tokio::sync::Mutex<
    mpsc::UnboundedReceiver<GuildMembersChunkEvent>>) -> Answer {
    let c = d.context.get().ok_or("not ready")?;
    match (a.r#do.as_str(), a.guild, a.channel) {
        ("world", ..) => Ok(world(c)),
        ("answer", ..) => answer(d, c, a).await,
        ("presence", ..) => {
            c.set_presence(Some(ActivityData::playing(&a.text)),
                OnlineStatus::Idle);
            Ok(json!(true))
        }
        ("members", Some(g), _) =>
            members(c, g, &mut *chunks.lock().await).await,
        (_, Some(g), _) => in_guild(c, a, g).await,
        (_, _, Some(to)) => in_channel(c, a, to).await,
        _ => Err(format!("there is no {:?}", a.r#do).into()),
    }
}

#[tokio::main]
async fn main() {
    let env = |name| std::env::var(name).expect(name);
    let token = std::fs::read_to_string(env("SIM_TOKEN_FILE"))
        .expect("the token");
    let api = env("SIM_API");
    // Its own limiter asks Discord, whatever the proxy.
    let http = HttpBuilder::new(token.trim())
        .proxy(api.trim_end_matches("/api/v10"))
        .ratelimiter_disabled(true).build();
    let (chunks, receiver) = mpsc::unbounded_channel();
    let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
    let driver = Arc::new(Driver {
        context: OnceLock::new(),
        interactions: Mutex::new(vec![]),
        chunks,
    });
    let mut client = ClientBuilder::new_with_http(http, GatewayIntents::all())
        .event_handler_arc(driver.clone()).await.expect("a client");
    tokio::spawn(async move {
        if let Err(e) = client.start().await {
            saw("error", json!({"text": e.to_string()}));
        }
    });
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.expect("standard input") {
        let a: Order = serde_json::from_str(&line).expect("an order");
        let (driver, receiver) = (driver.clone(), receiver.clone());
        tokio::spawn(async move {
            out(match act(&driver, &a, &receiver).await {
                Ok(value) => json!({"re": a.n, "ok": if value.is_null() {
                    json!(true) } else { value }}),
                Err(e) => json!({"re": a.n, "error": e.to_string()}),
            });
        });
    }
    std::process::exit(0);
}
