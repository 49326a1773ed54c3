// SPDX-License-Identifier: MIT

// discordgo, driven line by line: see lines.mjs of lib.  Its endpoints are
// variables, each derived from EndpointAPI when the program starts; those used
// here are assigned anew.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"
)

type told map[string]any

type order struct {
	N                                    int
	Do, Channel, Message, Text, Name     string
	Data, Emoji, Guild, Interaction, How string
	User, Role                           string
	Seconds                              int
	Texts                                []string
	List                                 []*discordgo.ApplicationCommand
	Choices                              []*discordgo.ApplicationCommandOptionChoice
	Components                           []row
	Modal                                struct {
		Title      string
		Custom_id  string
		Components []row
	}
}

type row struct{ Components []json.RawMessage }

var (
	out          sync.Mutex
	interactions sync.Map
	chunks       = make(chan *discordgo.GuildMembersChunk, 100)
	once         sync.Once
)

func say(line told) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	out.Lock()
	defer out.Unlock()
	os.Stdout.Write(append(text, '\n'))
}

func saw(what string, more told) {
	more["saw"] = what
	say(more)
}

func pointAt(api string) {
	discordgo.APIVersion = "10"
	discordgo.EndpointAPI = api + "/"
	discordgo.EndpointGuilds = api + "/guilds/"
	discordgo.EndpointChannels = api + "/channels/"
	discordgo.EndpointUsers = api + "/users/"
	discordgo.EndpointGateway = api + "/gateway"
	discordgo.EndpointGatewayBot = api + "/gateway/bot"
	discordgo.EndpointWebhooks = api + "/webhooks/"
	discordgo.EndpointApplications = api + "/applications"
}

func filesOf(m *discordgo.Message) []string {
	names := []string{}
	for _, a := range m.Attachments {
		names = append(names, a.Filename)
	}
	return names
}

func onMessage(_ *discordgo.Session, m *discordgo.MessageCreate) {
	line := told{"id": m.ID, "channel": m.ChannelID, "guild": m.GuildID,
		"text": m.Content, "author": m.Author.ID,
		"name": m.Author.Username, "files": filesOf(m.Message)}
	if m.MessageReference != nil {
		line["reference"] = m.MessageReference.MessageID
	}
	saw("message", line)
}

func onMember(_ *discordgo.Session, m *discordgo.GuildMemberUpdate) {
	saw("member", told{"guild": m.GuildID, "user": m.User.ID,
		"roles": m.Roles, "timeout": m.CommunicationDisabledUntil != nil})
}

func onVoice(_ *discordgo.Session, v *discordgo.VoiceStateUpdate) {
	line := told{"user": v.UserID, "channel": nil}
	if v.ChannelID != "" {
		line["channel"] = v.ChannelID
	}
	saw("voice", line)
}

func onInteraction(_ *discordgo.Session, i *discordgo.InteractionCreate) {
	interactions.Store(i.ID, i.Interaction)
	line := told{"id": i.ID, "user": i.Member.User.ID,
		"channel": i.ChannelID}
	switch i.Type {
	case discordgo.InteractionApplicationCommand:
		d, options := i.ApplicationCommandData(), told{}
		for _, o := range d.Options {
			options[o.Name] = o.Value
		}
		line["name"], line["options"] = d.Name, options
		saw("command", line)
	case discordgo.InteractionApplicationCommandAutocomplete:
		d := i.ApplicationCommandData()
		for _, o := range d.Options {
			if o.Focused {
				line["typed"] = o.Value
			}
		}
		line["name"] = d.Name
		saw("autocomplete", line)
	case discordgo.InteractionMessageComponent:
		line["custom"] = i.MessageComponentData().CustomID
		line["message"] = i.Message.ID
		saw("button", line)
	case discordgo.InteractionModalSubmit:
		d, fields := i.ModalSubmitData(), told{}
		for _, c := range d.Components {
			for _, f := range c.(*discordgo.ActionsRow).Components {
				input := f.(*discordgo.TextInput)
				fields[input.CustomID] = input.Value
			}
		}
		line["custom"], line["fields"] = d.CustomID, fields
		saw("modal", line)
	}
}

func listen(s *discordgo.Session) {
	s.AddHandler(func(_ *discordgo.Session, r *discordgo.Ready) {
		once.Do(func() {
			saw("ready", told{"user": r.User.ID, "name": r.User.Username})
		})
		saw("identified", told{})
	})
	s.AddHandler(func(*discordgo.Session, *discordgo.Resumed) {
		saw("resumed", told{})
	})
	s.AddHandler(onMessage)
	s.AddHandler(func(_ *discordgo.Session, m *discordgo.MessageUpdate) {
		saw("edit", told{"id": m.ID, "text": m.Content})
	})
	s.AddHandler(func(_ *discordgo.Session, m *discordgo.MessageDelete) {
		saw("delete", told{"id": m.ID})
	})
	s.AddHandler(func(_ *discordgo.Session,
		r *discordgo.MessageReactionAdd) {
		saw("reaction", told{"message": r.MessageID, "user": r.UserID,
			"emoji": r.Emoji.Name})
	})
	s.AddHandler(onMember)
	s.AddHandler(func(_ *discordgo.Session, m *discordgo.GuildMemberAdd) {
		saw("join", told{"guild": m.GuildID, "user": m.User.ID})
	})
	s.AddHandler(func(_ *discordgo.Session, m *discordgo.GuildMemberRemove) {
		saw("leave", told{"guild": m.GuildID, "user": m.User.ID})
	})
	s.AddHandler(func(_ *discordgo.Session, b *discordgo.GuildBanAdd) {
		saw("ban", told{"guild": b.GuildID, "user": b.User.ID})
	})
	s.AddHandler(func(_ *discordgo.Session, t *discordgo.ThreadCreate) {
		saw("thread", told{"id": t.ID, "parent": t.ParentID,
			"name": t.Name})
	})
	s.AddHandler(onVoice)
	s.AddHandler(onInteraction)
	s.AddHandler(func(_ *discordgo.Session, c *discordgo.GuildMembersChunk) {
		chunks <- c
	})
}

func world(s *discordgo.Session) any {
	guilds := []told{}
	s.State.RLock()
	defer s.State.RUnlock()
	for _, g := range s.State.Guilds {
		channels, roles, users := [][2]string{}, [][2]string{}, [][2]string{}
		for _, c := range g.Channels {
			channels = append(channels, [2]string{c.ID, c.Name})
		}
		for _, r := range g.Roles {
			roles = append(roles, [2]string{r.ID, r.Name})
		}
		for _, m := range g.Members {
			users = append(users, [2]string{m.User.ID, m.User.Username})
		}
		guilds = append(guilds, told{"id": g.ID, "name": g.Name,
			"members": g.MemberCount, "channels": channels,
			"roles": roles, "users": users})
	}
	return guilds
}

// Components of the library, from rows as Discord writes them.
func components(rows []row) ([]discordgo.MessageComponent, error) {
	made := []discordgo.MessageComponent{}
	for _, r := range rows {
		inside := []discordgo.MessageComponent{}
		for _, text := range r.Components {
			c, err := discordgo.MessageComponentFromJSON(text)
			if err != nil {
				return nil, err
			}
			inside = append(inside, c)
		}
		made = append(made, discordgo.ActionsRow{Components: inside})
	}
	return made, nil
}

func answer(s *discordgo.Session, a order) (any, error) {
	found, _ := interactions.Load(a.Interaction)
	rows := a.Components
	if a.How == "modal" {
		rows = a.Modal.Components
	}
	made, err := components(rows)
	if err != nil {
		return nil, err
	}
	kinds := map[string]discordgo.InteractionResponseType{
		"reply":   discordgo.InteractionResponseChannelMessageWithSource,
		"update":  discordgo.InteractionResponseUpdateMessage,
		"modal":   discordgo.InteractionResponseModal,
		"choices": discordgo.InteractionApplicationCommandAutocompleteResult,
	}
	return true, s.InteractionRespond(found.(*discordgo.Interaction),
		&discordgo.InteractionResponse{Type: kinds[a.How],
			Data: &discordgo.InteractionResponseData{Content: a.Text,
				Components: made, Choices: a.Choices,
				Title: a.Modal.Title, CustomID: a.Modal.Custom_id}})
}

func members(s *discordgo.Session, guild string) (any, error) {
	ids := []string{}
	if err := s.RequestGuildMembers(guild, "", 0, "n", false); err != nil {
		return nil, err
	}
	for c := range chunks {
		for _, m := range c.Members {
			ids = append(ids, m.User.ID)
		}
		if c.ChunkIndex+1 == c.ChunkCount {
			break
		}
	}
	return ids, nil
}

func burst(s *discordgo.Session, a order) (any, error) {
	ids, errs := make([]string, len(a.Texts)), make([]error, len(a.Texts))
	var all sync.WaitGroup
	for n, text := range a.Texts {
		all.Add(1)
		go func() {
			defer all.Done()
			ids[n], errs[n] = id(s.ChannelMessageSend(a.Channel, text))
		}()
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func id(m *discordgo.Message, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return m.ID, nil
}

func do(s *discordgo.Session, a order) (any, error) {
	switch a.Do {
	case "world":
		return world(s), nil
	case "say":
		return id(s.ChannelMessageSend(a.Channel, a.Text))
	case "reply":
		return id(s.ChannelMessageSendReply(a.Channel, a.Text,
			&discordgo.MessageReference{MessageID: a.Message,
				ChannelID: a.Channel}))
	case "file":
		return id(s.ChannelFileSend(a.Channel, a.Name,
			strings.NewReader(a.Data)))
	case "react":
		return true, s.MessageReactionAdd(a.Channel, a.Message, a.Emoji)
	case "edit":
		return id(s.ChannelMessageEdit(a.Channel, a.Message, a.Text))
	case "delete":
		return true, s.ChannelMessageDelete(a.Channel, a.Message)
	case "burst":
		return burst(s, a)
	case "commands":
		made, err := s.ApplicationCommandBulkOverwrite(
			s.State.Application.ID, a.Guild, a.List)
		names := []string{}
		for _, c := range made {
			names = append(names, c.Name)
		}
		return names, err
	case "answer":
		return answer(s, a)
	case "members":
		return members(s, a.Guild)
	case "presence":
		return true, s.UpdateStatusComplex(discordgo.UpdateStatusData{
			Status:     "idle",
			Activities: []*discordgo.Activity{{Name: a.Text}}})
	case "voice":
		return true, s.ChannelVoiceJoinManual(a.Guild, a.Channel, false,
			false)
	case "timeout":
		until := time.Now().Add(time.Duration(a.Seconds) * time.Second)
		return true, s.GuildMemberTimeout(a.Guild, a.User, &until)
	case "role":
		return true, s.GuildMemberRoleAdd(a.Guild, a.User, a.Role)
	case "kick":
		return true, s.GuildMemberDeleteWithReason(a.Guild, a.User, "a test")
	case "ban":
		return true, s.GuildBanCreateWithReason(a.Guild, a.User, "a test", 0)
	case "thread":
		t, err := s.ThreadStartComplex(a.Channel, &discordgo.ThreadStart{
			Name: a.Name, Type: discordgo.ChannelTypeGuildPublicThread,
			AutoArchiveDuration: 60})
		if err != nil {
			return nil, err
		}
		return t.ID, nil
	}
	return nil, fmt.Errorf("there is no %q", a.Do)
}

func obey(s *discordgo.Session, text []byte) {
	var a order
	if err := json.Unmarshal(text, &a); err != nil {
		panic(err)
	}
	value, err := do(s, a)
	if err != nil {
		say(told{"re": a.N, "error": err.Error()})
	} else {
		say(told{"re": a.N, "ok": value})
	}
}

func main() {
	token, err := os.ReadFile(os.Getenv("SIM_TOKEN_FILE"))
	if err != nil {
		panic(err)
	}
	pointAt(os.Getenv("SIM_API"))
	s, err := discordgo.New("Bot " + strings.TrimSpace(string(token)))
	if err != nil {
		panic(err)
	}
	s.SyncEvents = true // else each event is handled beside the others
	s.Identify.Intents = discordgo.IntentsAll | discordgo.IntentsMessageContent
	listen(s)
	if err := s.Open(); err != nil {
		saw("error", told{"text": err.Error()})
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		go obey(s, append([]byte(nil), lines.Bytes()...))
	}
}
