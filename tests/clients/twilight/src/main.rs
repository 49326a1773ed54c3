// SPDX-License-Identifier: MIT
// twilight, driven line by line: see lines.mjs of lib.
use serde::Deserialize;
use serde_json::{from_value, json, Value};
use std::collections::HashSet;
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;
use twilight_cache_inmemory::{DefaultInMemoryCache, ResourceType};
use twilight_gateway::error::ReceiveMessageErrorType;
use twilight_gateway::{ConfigBuilder, Event, EventTypeFlags, Intents,
    MessageSender, Shard, StreamExt as _};
use twilight_http::request::channel::reaction::RequestReactionType;
use twilight_http::Client;
use twilight_model::application::command::Command;
use twilight_model::application::interaction::{Interaction, InteractionType};
use twilight_model::channel::message::EmojiReactionType;
use twilight_model::channel::{ChannelType, Message};
use twilight_model::gateway::payload::incoming::MemberChunk;
use twilight_model::gateway::payload::outgoing::{RequestGuildMembers,
    UpdatePresence, UpdateVoiceState};
use twilight_model::gateway::presence::{ActivityType, MinimalActivity, Status};
use twilight_model::http::attachment::Attachment;
use twilight_model::http::interaction::InteractionResponse;
use twilight_model::id::marker::{ApplicationMarker, ChannelMarker, GuildMarker,
    MessageMarker, RoleMarker, UserMarker};
use twilight_model::id::Id;
use twilight_model::util::Timestamp;

type Answer = Result<Value, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Order {
    n: u64,
    r#do: String,
    channel: Option<Id<ChannelMarker>>,
    message: Option<Id<MessageMarker>>,
    guild: Option<Id<GuildMarker>>,
    user: Option<Id<UserMarker>>,
    role: Option<Id<RoleMarker>>,
    interaction: String,
    how: String,
    text: String,
    texts: Vec<String>,
    name: String,
    data: String,
    emoji: String,
    seconds: i64,
    list: Vec<Value>,
    components: Value,
    modal: Value,
    choices: Value,
}

struct Driver {
    http: Client,
    cache: DefaultInMemoryCache,
    application: OnceLock<Id<ApplicationMarker>>,
    shards: OnceLock<Vec<MessageSender>>,
    // Shards not READY yet, and guilds that have not come.
    awaited: Mutex<(usize, HashSet<Id<GuildMarker>>)>,
    interactions: Mutex<Vec<Interaction>>,
    chunks: mpsc::UnboundedSender<MemberChunk>,
}

fn out(line: Value) {
    let mut to = std::io::stdout().lock();
    writeln!(to, "{line}").and_then(|()| to.flush()).expect("standard output");
}

fn saw(what: &str, mut more: Value) {
    more["saw"] = json!(what);
    out(more);
}

fn message(m: &Message) {
    saw("message", json!({
        "id": m.id, "channel": m.channel_id, "guild": m.guild_id,
        "text": m.content, "author": m.author.id, "name": m.author.name,
        "reference": m.reference.as_ref().and_then(|r| r.message_id),
        "files": m.attachments.iter().map(|a| &a.filename)
            .collect::<Vec<_>>(),
    }));
}

fn interaction(i: &Interaction) {
    let d = json!(i.data);
    let d = if d["name"].is_null() && d["custom_id"].is_null() {
        d.as_object().and_then(|o| o.values().next()).cloned()
            .unwrap_or_default()
    } else { d };
    let mut seen = json!({"id": i.id, "user": i.author_id(),
        "channel": i.channel.as_ref().map(|c| c.id), "name": d["name"],
        "custom": d["custom_id"],
        "message": i.message.as_ref().map(|m| m.id)});
    let all = |key| d[key].as_array().cloned().unwrap_or_default();
    saw(match i.kind {
        InteractionType::ApplicationCommand => {
            seen["options"] = all("options").iter().map(|o| (
                word(o, "name"), o["value"].clone())).collect();
            "command"
        }
        InteractionType::ApplicationCommandAutocomplete => {
            seen["typed"] = all("options").iter()
                .find(|o| o["focused"] == json!(true))
                .map(|o| o["value"].clone()).unwrap_or_default();
            "autocomplete"
        }
        InteractionType::ModalSubmit => {
            seen["fields"] = all("components").iter()
                .flat_map(|r| r["components"].as_array().cloned()
                    .unwrap_or_default())
                .map(|c| (word(&c, "custom_id"), c["value"].clone()))
                .collect();
            "modal"
        }
        _ => "button",
    }, seen);
}

fn word(v: &Value, key: &str) -> String {
    v[key].as_str().unwrap_or_default().to_owned()
}

// Ready is who has all guilds that the READYs named.
fn arrived(d: &Driver, ready: bool, guild: Option<Id<GuildMarker>>) {
    let mut awaited = d.awaited.lock().unwrap();
    if awaited.0 == 0 && awaited.1.is_empty() {
        return;
    }
    awaited.0 -= usize::from(ready && awaited.0 > 0);
    if let Some(id) = guild {
        awaited.1.remove(&id);
    }
    if awaited.0 == 0 && awaited.1.is_empty() {
        let user = d.cache.current_user().expect("READY has it");
        saw("ready", json!({"user": user.id, "name": user.name}));
    }
}

fn heard(d: &Driver, event: Event) {
    d.cache.update(&event);
    match event {
        Event::Ready(r) => {
            let _ = d.application.set(r.application.id);
            d.awaited.lock().unwrap().1.extend(r.guilds.iter().map(|g| g.id));
            arrived(d, true, None);
        }
        Event::GuildCreate(g) => arrived(d, false, Some(g.id())),
        Event::Resumed => saw("resumed", json!({})),
        Event::MessageCreate(m) => message(&m),
        Event::MessageUpdate(m) => saw("edit",
            json!({"id": m.id, "text": m.content})),
        Event::MessageDelete(m) => saw("delete", json!({"id": m.id})),
        Event::ReactionAdd(r) => saw("reaction", json!({
            "message": r.message_id, "user": r.user_id,
            "emoji": match &r.emoji {
                EmojiReactionType::Unicode { name } => Some(name),
                EmojiReactionType::Custom { name, .. } => name.as_ref(),
            }})),
        Event::MemberAdd(m) => saw("join",
            json!({"guild": m.guild_id, "user": m.user.id})),
        Event::MemberUpdate(m) => saw("member", json!({
            "guild": m.guild_id, "user": m.user.id, "roles": m.roles,
            "timeout": m.communication_disabled_until.is_some()})),
        Event::MemberRemove(m) => saw("leave",
            json!({"guild": m.guild_id, "user": m.user.id})),
        Event::BanAdd(b) => saw("ban",
            json!({"guild": b.guild_id, "user": b.user.id})),
        Event::ThreadCreate(t) => saw("thread",
            json!({"id": t.id, "parent": t.parent_id, "name": t.name})),
        Event::VoiceStateUpdate(v) => saw("voice",
            json!({"user": v.user_id, "channel": v.channel_id})),
        Event::MemberChunk(c) => {
            let _ = d.chunks.send(c);
        }
        Event::InteractionCreate(i) => {
            d.interactions.lock().unwrap().push(i.0.clone());
            interaction(&i);
        }
        _ => (),
    }
}

async fn listen(d: Arc<Driver>, mut shard: Shard) {
    while let Some(item) = shard.next_event(EventTypeFlags::all()).await {
        match item {
            Ok(event) => heard(&d, event),
            Err(e) => match e.kind() {
                ReceiveMessageErrorType::Deserializing { .. } =>
                    saw("error", json!({"text": format!("{e:?}")})),
                // A connection that ended, say.
                _ => eprintln!("{e:?}"),
            },
        }
    }
}

fn world(d: &Driver) -> Value {
    d.cache.iter().guilds().map(|g| {
        let id = g.id();
        let channels = d.cache.guild_channels(id).map(|all| all.iter()
            .filter_map(|c| d.cache.channel(*c))
            .map(|c| json!([c.id, c.name])).collect::<Vec<_>>());
        let roles = d.cache.guild_roles(id).map(|all| all.iter()
            .filter_map(|r| d.cache.role(*r))
            .map(|r| json!([r.id, r.name])).collect::<Vec<_>>());
        let users = d.cache.guild_members(id).map(|all| all.iter()
            .filter_map(|u| d.cache.user(*u))
            .map(|u| json!([u.id, u.name])).collect::<Vec<_>>());
        json!({"id": id, "name": g.name(), "members": g.member_count(),
            "channels": channels, "roles": roles,
            "users": users.unwrap_or_default()})
    }).collect()
}

async fn answer(d: &Driver, a: &Order) -> Answer {
    let found = d.interactions.lock().unwrap().iter()
        .find(|i| i.id.to_string() == a.interaction).cloned()
        .ok_or("there is no such interaction")?;
    let (kind, data) = match a.how.as_str() {
        "modal" => (9, a.modal.clone()),
        "choices" => (8, json!({"choices": a.choices})),
        "update" => (7, json!({"content": a.text, "components": []})),
        _ => (4, json!({"content": a.text, "components":
            if a.components.is_null() { json!([]) } else {
                a.components.clone() }})),
    };
    let response: InteractionResponse =
        from_value(json!({"type": kind, "data": data}))?;
    d.http.interaction(found.application_id)
        .create_response(found.id, &found.token, &response).await?;
    Ok(json!(true))
}

async fn say(d: &Driver, to: Id<ChannelMarker>, text: &str) -> Answer {
    Ok(json!(d.http.create_message(to).content(text).await?.model().await?.id))
}

async fn in_channel(d: &Arc<Driver>, a: &Order, to: Id<ChannelMarker>)
    -> Answer {
    let message = a.message.unwrap_or(Id::new(1));
    Ok(match a.r#do.as_str() {
        "say" => say(d, to, &a.text).await?,
        "reply" => json!(d.http.create_message(to).reply(message)
            .content(&a.text).await?.model().await?.id),
        "file" => json!(d.http.create_message(to).attachments(&[
            Attachment::from_bytes(a.name.clone(), a.data.clone().into_bytes(),
                1)]).await?.model().await?.id),
        "react" => {
            d.http.create_reaction(to, message, &RequestReactionType::Unicode {
                name: &a.emoji }).await?;
            json!(true)
        }
        "edit" => json!(d.http.update_message(to, message)
            .content(Some(&a.text)).await?.model().await?.content),
        "delete" => {
            d.http.delete_message(to, message).await?;
            json!(true)
        }
        "burst" => {
            let sent: Vec<_> = a.texts.iter().cloned().map(|t| {
                let d = d.clone();
                tokio::spawn(async move { say(&d, to, &t).await })
            }).collect();
            let mut ids = vec![];
            for one in sent {
                ids.push(one.await??);
            }
            json!(ids)
        }
        "thread" => json!(d.http.create_thread(to, &a.name,
            ChannelType::PublicThread).await?.model().await?.id),
        _ => return Err(format!("there is no {:?}", a.r#do).into()),
    })
}

fn shard_of(d: &Driver, guild: Id<GuildMarker>) -> &MessageSender {
    let shards = d.shards.get().expect("it has shards");
    &shards[(guild.get() >> 22) as usize % shards.len()]
}

async fn members(d: &Driver, guild: Id<GuildMarker>,
    chunks: &mut mpsc::UnboundedReceiver<MemberChunk>) -> Answer {
    let mut ids = vec![];
    shard_of(d, guild).command(
        &RequestGuildMembers::builder(guild).query("", None))?;
    while let Some(c) = chunks.recv().await {
        ids.extend(c.members.iter().map(|m| m.user.id));
        if c.chunk_index + 1 == c.chunk_count {
            break;
        }
    }
    Ok(json!(ids))
}

// A command as it is registered: twilight's type has what Discord adds, too.
fn command(c: &Value) -> Result<Command, serde_json::Error> {
    let mut c = c.clone();
    c["version"] = json!("1");
    from_value(c)
}

async fn in_guild(d: &Driver, a: &Order, g: Id<GuildMarker>) -> Answer {
    let user = a.user.unwrap_or(Id::new(1));
    match a.r#do.as_str() {
        "commands" => {
            let all = a.list.iter().map(command)
                .collect::<Result<Vec<_>, _>>()?;
            let made = d.http.interaction(*d.application.get()
                .ok_or("not ready")?).set_guild_commands(g, &all).await?
                .models().await?;
            return Ok(made.iter().map(|c| json!(c.name)).collect());
        }
        "voice" => shard_of(d, g).command(
            &UpdateVoiceState::new(g, a.channel, false, false))?,
        "timeout" => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
            let until = Timestamp::from_secs(now as i64 + a.seconds)?;
            d.http.update_guild_member(g, user)
                .communication_disabled_until(Some(until)).await?;
        }
        "role" => {
            d.http.add_guild_member_role(g, user,
                a.role.unwrap_or(Id::new(1))).await?;
        }
        "kick" => {
            d.http.remove_guild_member(g, user).await?;
        }
        "ban" => {
            d.http.create_ban(g, user).await?;
        }
        _ => return Err(format!("there is no {:?}", a.r#do).into()),
    }
    Ok(json!(true))
}

fn presence(d: &Driver, a: &Order) -> Answer {
    let activity = MinimalActivity { kind: ActivityType::Playing,
        name: a.text.clone(), url: None };
    let presence = UpdatePresence::new(vec![activity.into()], false, None,
        Status::Idle)?;
    for shard in d.shards.get().ok_or("not ready")? {
        shard.command(&presence)?;
    }
    Ok(json!(true))
}

async fn act(d: &Arc<Driver>, a: &Order, chunks: &tokio::sync::Mutex<
    mpsc::UnboundedReceiver<MemberChunk>>) -> Answer {
    match (a.r#do.as_str(), a.guild, a.channel) {
        ("world", ..) => Ok(world(d)),
        ("answer", ..) => answer(d, a).await,
        ("presence", ..) => presence(d, a),
        ("members", Some(g), _) =>
            members(d, g, &mut *chunks.lock().await).await,
        (_, Some(g), _) => in_guild(d, a, g).await,
        (_, _, Some(to)) => in_channel(d, a, to).await,
        _ => Err(format!("there is no {:?}", a.r#do).into()),
    }
}

async fn start(d: &Arc<Driver>, token: String, gateway: String) -> Answer {
    let shards = d.http.gateway().authed().await?.model().await?.shards;
    let config = ConfigBuilder::new(token, Intents::all())
        .proxy_url(gateway).build();
    d.awaited.lock().unwrap().0 = shards as usize;
    let all: Vec<_> = twilight_gateway::bucket(0, 1, shards)
        .map(|id| Shard::with_config(id, config.clone())).collect();
    let _ = d.shards.set(all.iter().map(Shard::sender).collect());
    for shard in all {
        tokio::spawn(listen(d.clone(), shard));
    }
    Ok(json!(true))
}

#[tokio::main]
async fn main() {
    let env = |name| std::env::var(name).expect(name);
    let token = std::fs::read_to_string(env("SIM_TOKEN_FILE"))
        .expect("the token").trim().to_owned();
    let api = env("SIM_API");
    let host = api.trim_start_matches("http://").trim_end_matches("/api/v10");
    let (chunks, receiver) = mpsc::unbounded_channel();
    let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
    let driver = Arc::new(Driver {
        http: Client::builder().token(token.clone())
            .proxy(host.to_owned(), true).build(),
        cache: DefaultInMemoryCache::builder()
            .resource_types(ResourceType::all()).build(),
        application: OnceLock::new(),
        shards: OnceLock::new(),
        awaited: Mutex::new((0, HashSet::new())),
        interactions: Mutex::new(vec![]),
        chunks,
    });
    if let Err(e) = start(&driver, token, env("SIM_GATEWAY")).await {
        saw("error", json!({"text": e.to_string()}));
    }
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
