// SPDX-License-Identifier: MIT

// discordgo as a reader of tools/bench-peers: it has no stream compression.
package main

import (
	"log"
	"os"

	"github.com/bwmarrin/discordgo"
)

func main() {
	api := os.Args[1]
	discordgo.APIVersion = "10"
	discordgo.EndpointAPI = api + "/"
	discordgo.EndpointGateway = api + "/gateway"
	discordgo.EndpointGatewayBot = api + "/gateway/bot"
	s, err := discordgo.New("Bot " + os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	s.Identify.Intents = discordgo.IntentsAll
	if err = s.Open(); err != nil {
		log.Fatal(err)
	}
	select {}
}
