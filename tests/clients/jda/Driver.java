// SPDX-License-Identifier: MIT
// JDA, driven line by line: see lines.mjs of lib.
import com.neovisionaries.ws.client.WebSocketFactory;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import net.dv8tion.jda.api.JDA;
import net.dv8tion.jda.api.JDABuilder;
import net.dv8tion.jda.api.OnlineStatus;
import net.dv8tion.jda.api.components.actionrow.ActionRow;
import net.dv8tion.jda.api.components.buttons.Button;
import net.dv8tion.jda.api.components.label.Label;
import net.dv8tion.jda.api.components.textinput.TextInput;
import net.dv8tion.jda.api.components.textinput.TextInputStyle;
import net.dv8tion.jda.api.entities.Activity;
import net.dv8tion.jda.api.entities.Guild;
import net.dv8tion.jda.api.entities.Member;
import net.dv8tion.jda.api.entities.Message;
import net.dv8tion.jda.api.entities.UserSnowflake;
import net.dv8tion.jda.api.entities.channel.concrete.TextChannel;
import net.dv8tion.jda.api.entities.emoji.Emoji;
import net.dv8tion.jda.api.events.RawGatewayEvent;
import net.dv8tion.jda.api.events.guild.GuildBanEvent;
import net.dv8tion.jda.api.events.guild.member.GuildMemberJoinEvent;
import net.dv8tion.jda.api.events.guild.member.GuildMemberRemoveEvent;
import net.dv8tion.jda.api.events.guild.member.GuildMemberUpdateEvent;
import net.dv8tion.jda.api.events.guild.voice.GuildVoiceUpdateEvent;
import net.dv8tion.jda.api.events.interaction.ModalInteractionEvent;
import net.dv8tion.jda.api.events.interaction.command.CommandAutoCompleteInteractionEvent;
import net.dv8tion.jda.api.events.interaction.command.SlashCommandInteractionEvent;
import net.dv8tion.jda.api.events.interaction.component.ButtonInteractionEvent;
import net.dv8tion.jda.api.events.message.MessageDeleteEvent;
import net.dv8tion.jda.api.events.message.MessageReceivedEvent;
import net.dv8tion.jda.api.events.message.MessageUpdateEvent;
import net.dv8tion.jda.api.events.message.react.MessageReactionAddEvent;
import net.dv8tion.jda.api.events.session.ReadyEvent;
import net.dv8tion.jda.api.hooks.ListenerAdapter;
import net.dv8tion.jda.api.hooks.VoiceDispatchInterceptor;
import net.dv8tion.jda.api.interactions.Interaction;
import net.dv8tion.jda.api.interactions.callbacks.IAutoCompleteCallback;
import net.dv8tion.jda.api.interactions.callbacks.IMessageEditCallback;
import net.dv8tion.jda.api.interactions.callbacks.IModalCallback;
import net.dv8tion.jda.api.interactions.callbacks.IReplyCallback;
import net.dv8tion.jda.api.interactions.commands.Command;
import net.dv8tion.jda.api.interactions.commands.build.CommandData;
import net.dv8tion.jda.api.modals.Modal;
import net.dv8tion.jda.api.requests.GatewayIntent;
import net.dv8tion.jda.api.requests.RestConfig;
import net.dv8tion.jda.api.utils.ChunkingFilter;
import net.dv8tion.jda.api.utils.FileUpload;
import net.dv8tion.jda.api.utils.MemberCachePolicy;
import net.dv8tion.jda.api.utils.SessionControllerAdapter;
import net.dv8tion.jda.api.utils.data.DataArray;
import net.dv8tion.jda.api.utils.data.DataObject;
import okhttp3.OkHttpClient;

public final class Driver extends ListenerAdapter {
	private static final PrintStream OUT =
		new PrintStream(System.out, true, StandardCharsets.UTF_8);
	private final Map<String, Interaction> interactions =
		new ConcurrentHashMap<>();
	private JDA jda;

	private static synchronized void out(DataObject line) {
		OUT.println(line);
	}

	private static DataObject told(Object... pairs) {
		DataObject made = DataObject.empty();
		for (int i = 0; i < pairs.length; i += 2)
			made.put((String) pairs[i], pairs[i + 1]);
		return made;
	}

	private static void saw(String what, DataObject more) {
		out(more.put("saw", what));
	}

	@Override
	public void onReady(ReadyEvent e) {
		saw("ready", told("user", e.getJDA().getSelfUser().getId(),
			"name", e.getJDA().getSelfUser().getName()));
	}

	@Override
	public void onMessageReceived(MessageReceivedEvent e) {
		Message m = e.getMessage();
		saw("message", told("id", m.getId(), "channel", m.getChannelId(),
			"guild", m.getGuildId(), "text", m.getContentRaw(),
			"author", m.getAuthor().getId(),
			"name", m.getAuthor().getName(),
			"reference", m.getMessageReference() == null ? null
				: m.getMessageReference().getMessageId(),
			"files", m.getAttachments().stream()
				.map(Message.Attachment::getFileName).toList()));
	}

	@Override
	public void onMessageUpdate(MessageUpdateEvent e) {
		saw("edit", told("id", e.getMessageId(),
			"text", e.getMessage().getContentRaw()));
	}

	@Override
	public void onMessageDelete(MessageDeleteEvent e) {
		saw("delete", told("id", e.getMessageId()));
	}

	@Override
	public void onMessageReactionAdd(MessageReactionAddEvent e) {
		saw("reaction", told("message", e.getMessageId(),
			"user", e.getUserId(), "emoji", e.getEmoji().getName()));
	}

	@Override
	public void onGuildMemberJoin(GuildMemberJoinEvent e) {
		saw("join", told("guild", e.getGuild().getId(),
			"user", e.getUser().getId()));
	}

	@Override
	public void onGuildMemberUpdate(GuildMemberUpdateEvent e) {
		Member m = e.getMember();
		saw("member", told("guild", e.getGuild().getId(), "user", m.getId(),
			"roles", m.getRoles().stream().map(r -> r.getId()).toList(),
			"timeout", m.isTimedOut()));
	}

	@Override
	public void onGuildMemberRemove(GuildMemberRemoveEvent e) {
		saw("leave", told("guild", e.getGuild().getId(),
			"user", e.getUser().getId()));
	}

	@Override
	public void onGuildBan(GuildBanEvent e) {
		saw("ban", told("guild", e.getGuild().getId(),
			"user", e.getUser().getId()));
	}

	// Of a thread that its own request has told it of before, the library
	// makes no event.
	@Override
	public void onRawGateway(RawGatewayEvent e) {
		DataObject t = e.getPayload();
		if (e.getType().equals("THREAD_CREATE"))
			saw("thread", told("id", t.getString("id"),
				"parent", t.getString("parent_id"),
				"name", t.getString("name")));
	}

	@Override
	public void onGuildVoiceUpdate(GuildVoiceUpdateEvent e) {
		saw("voice", told("user", e.getMember().getId(),
			"channel", e.getChannelJoined() == null ? null
				: e.getChannelJoined().getId()));
	}

	private DataObject kept(Interaction i) {
		interactions.put(i.getId(), i);
		return told("id", i.getId(), "user", i.getUser().getId(),
			"channel", i.getChannelId());
	}

	@Override
	public void onSlashCommandInteraction(SlashCommandInteractionEvent e) {
		saw("command", kept(e).put("name", e.getName()).put("options",
			e.getOptions().stream().collect(Collectors.toMap(
				o -> o.getName(), o -> o.getAsString()))));
	}

	@Override
	public void onCommandAutoCompleteInteraction(
			CommandAutoCompleteInteractionEvent e) {
		saw("autocomplete", kept(e).put("name", e.getName())
			.put("typed", e.getFocusedOption().getValue()));
	}

	@Override
	public void onButtonInteraction(ButtonInteractionEvent e) {
		saw("button", kept(e).put("custom", e.getCustomId())
			.put("message", e.getMessageId()));
	}

	@Override
	public void onModalInteraction(ModalInteractionEvent e) {
		saw("modal", kept(e).put("custom", e.getModalId()).put("fields",
			e.getValues().stream().collect(Collectors.toMap(
				v -> v.getCustomId(), v -> v.getAsString()))));
	}

	// What is inside the rows that Discord writes.
	private static List<DataObject> inside(DataArray rows) {
		return rows.stream(DataArray::getObject)
			.flatMap(row -> row.getArray("components")
				.stream(DataArray::getObject)).toList();
	}

	private static Modal form(DataObject given) {
		return Modal.create(given.getString("custom_id"),
				given.getString("title"))
			.addComponents(inside(given.getArray("components")).stream()
				.map(c -> Label.of(c.getString("label"), TextInput.of(
					c.getString("custom_id"), TextInputStyle.SHORT)))
				.toList())
			.build();
	}

	private Object answer(DataObject a) {
		Interaction i = interactions.get(a.getString("interaction"));
		switch (a.getString("how")) {
		case "reply":
			var reply = ((IReplyCallback) i).reply(a.getString("text"));
			List<Button> buttons = inside(a.getArray("components")).stream()
				.map(c -> Button.primary(c.getString("custom_id"),
					c.getString("label"))).toList();
			if (!buttons.isEmpty())
				reply.addComponents(ActionRow.of(buttons));
			reply.complete();
			break;
		case "update":
			((IMessageEditCallback) i).editMessage(a.getString("text"))
				.setComponents().complete();
			break;
		case "modal":
			((IModalCallback) i).replyModal(form(a.getObject("modal")))
				.complete();
			break;
		case "choices":
			((IAutoCompleteCallback) i).replyChoices(
				a.getArray("choices").stream(DataArray::getObject)
					.map(c -> new Command.Choice(c.getString("name"),
						c.getString("value"))).toList()).complete();
			break;
		default:
			throw new IllegalArgumentException(a.getString("how"));
		}
		return true;
	}

	private Object world() {
		return jda.getGuilds().stream().map(g -> Map.of(
			"id", g.getId(), "name", g.getName(),
			"members", g.getMemberCount(),
			"channels", g.getChannels().stream()
				.map(c -> List.of(c.getId(), c.getName())).toList(),
			"roles", g.getRoles().stream()
				.map(r -> List.of(r.getId(), r.getName())).toList(),
			"users", g.getMembers().stream()
				.map(m -> List.of(m.getId(), m.getUser().getName()))
				.toList())).toList();
	}

	private Object burst(TextChannel channel, DataArray texts) {
		List<CompletableFuture<Message>> sent = IntStream
			.range(0, texts.length()).mapToObj(n ->
				channel.sendMessage(texts.getString(n)).submit()).toList();
		return sent.stream().map(m -> m.join().getId()).toList();
	}

	private Object inChannel(DataObject a, TextChannel c) {
		switch (a.getString("do")) {
		case "say":
			return c.sendMessage(a.getString("text")).complete().getId();
		case "reply":
			return c.retrieveMessageById(a.getString("message")).complete()
				.reply(a.getString("text")).complete().getId();
		case "file":
			return c.sendFiles(FileUpload.fromData(a.getString("data")
				.getBytes(StandardCharsets.UTF_8), a.getString("name")))
				.complete().getId();
		case "react":
			return c.addReactionById(a.getString("message"),
				Emoji.fromUnicode(a.getString("emoji"))).complete();
		case "edit":
			return c.editMessageById(a.getString("message"),
				a.getString("text")).complete().getContentRaw();
		case "delete":
			return c.deleteMessageById(a.getString("message")).complete();
		case "burst":
			return burst(c, a.getArray("texts"));
		case "thread":
			return c.createThreadChannel(a.getString("name")).complete()
				.getId();
		default:
			throw new IllegalArgumentException(a.getString("do"));
		}
	}

	private Object voice(Guild guild, String channel) {
		if (channel == null)
			jda.getDirectAudioController().disconnect(guild);
		else
			jda.getDirectAudioController().connect(
				guild.getVoiceChannelById(channel));
		return true;
	}

	private Object inGuild(DataObject a, Guild g) {
		UserSnowflake user = a.isNull("user") ? null
			: UserSnowflake.fromId(a.getString("user"));
		switch (a.getString("do")) {
		case "commands":
			return g.updateCommands().addCommands(a.getArray("list")
				.stream(DataArray::getObject).map(CommandData::fromData)
				.toList()).complete().stream().map(Command::getName)
				.toList();
		case "members":
			return g.loadMembers().get().stream().map(m -> m.getId())
				.toList();
		case "voice":
			return voice(g, a.getString("channel", null));
		case "timeout":
			return g.timeoutFor(user, Duration.ofSeconds(
				a.getInt("seconds"))).reason("a test").complete();
		case "role":
			return g.addRoleToMember(user, g.getRoleById(
				a.getString("role"))).reason("a test").complete();
		case "kick":
			return g.kick(user).reason("a test").complete();
		case "ban":
			return g.ban(user, 0, TimeUnit.SECONDS).reason("a test")
				.complete();
		default:
			throw new IllegalArgumentException(a.getString("do"));
		}
	}

	private Object act(DataObject a) {
		switch (a.getString("do")) {
		case "world":
			return world();
		case "answer":
			return answer(a);
		case "presence":
			jda.getPresence().setPresence(OnlineStatus.IDLE,
				Activity.playing(a.getString("text")));
			return true;
		default:
			return a.isNull("guild")
				? inChannel(a, jda.getTextChannelById(
					a.getString("channel")))
				: inGuild(a, jda.getGuildById(a.getString("guild")));
		}
	}

	private void obey(DataObject a) {
		try {
			Object value = act(a);
			out(told("re", a.getInt("n"), "ok",
				value == null ? true : value));
		} catch (Exception e) {
			out(told("re", a.getInt("n"), "error", e.toString()));
		}
	}

	// Trusts the simulator's own authority, and none else.
	private static void trust(String file, OkHttpClient.Builder http,
			WebSocketFactory sockets) throws Exception {
		KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
		store.load(null, null);
		try (var in = Files.newInputStream(Path.of(file))) {
			store.setCertificateEntry("simulator", CertificateFactory
				.getInstance("X.509").generateCertificate(in));
		}
		var trusted = TrustManagerFactory.getInstance(
			TrustManagerFactory.getDefaultAlgorithm());
		trusted.init(store);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(null, trusted.getTrustManagers(), null);
		http.sslSocketFactory(context.getSocketFactory(),
			(X509TrustManager) trusted.getTrustManagers()[0]);
		sockets.setSSLContext(context);
	}

	// Voice is somebody else's work, as with Lavalink.
	private static final class Elsewhere implements VoiceDispatchInterceptor {
		@Override
		public void onVoiceServerUpdate(VoiceServerUpdate update) {
		}

		@Override
		public boolean onVoiceStateUpdate(VoiceStateUpdate update) {
			return false;
		}
	}

	// The library's own logger prints here; that it is closed with 4000 is
	// an error to it.
	private static final class Loud extends PrintStream {
		Loud(PrintStream to) {
			super(to, true, StandardCharsets.UTF_8);
		}

		@Override
		public PrintStream printf(String format, Object... args) {
			String line = String.format(format, args);
			if (line.contains("[ERROR]") && !line.contains("error! 4000"))
				saw("error", told("text", line));
			return super.printf("%s", line);
		}
	}

	private static JDABuilder builder() throws Exception {
		var http = new OkHttpClient.Builder();
		var sockets = new WebSocketFactory();
		String ca = System.getenv("SIM_CA");
		if (ca != null && !ca.isEmpty())
			trust(ca, http, sockets);
		return JDABuilder.create(Files.readString(Path.of(
				System.getenv("SIM_TOKEN_FILE"))).trim(),
				EnumSet.allOf(GatewayIntent.class))
			.setHttpClientBuilder(http)
			.setWebsocketFactory(sockets)
			.setMemberCachePolicy(MemberCachePolicy.ALL)
			.setChunkingFilter(ChunkingFilter.NONE)
			.setRawEventsEnabled(true)
			.setVoiceDispatchInterceptor(new Elsewhere())
			.setRestConfig(new RestConfig().setBaseUrl(
				System.getenv("SIM_API") + "/"))
			.setSessionController(new SessionControllerAdapter() {
				@Override
				public String getGateway() {
					return System.getenv("SIM_GATEWAY");
				}
			});
	}

	public static void main(String[] args) throws Exception {
		System.setErr(new Loud(System.err));
		Driver driver = new Driver();
		driver.jda = builder().addEventListeners(driver).build();
		ExecutorService pool = Executors.newCachedThreadPool();
		try (var lines = new BufferedReader(new InputStreamReader(System.in,
				StandardCharsets.UTF_8))) {
			for (String line; (line = lines.readLine()) != null;) {
				DataObject a = DataObject.fromJson(line);
				pool.execute(() -> driver.obey(a));
			}
		}
		System.exit(0);
	}
}
