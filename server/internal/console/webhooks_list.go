package console

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	// ourVersion is the API version that register gives an endpoint. Events of others are taken too, at the price of a
	// fetch for each.
	ourVersion = "2023-10-16"
	// maxTypes is how many types are named for people.
	maxTypes = 12
)

// endpointLine is an endpoint for programs.
type endpointLine struct {
	ID         string   `json:"id"`
	URL        string   `json:"url"`
	Status     string   `json:"status"`
	APIVersion string   `json:"api_version"`
	CreateTime string   `json:"create_time"`
	Missing    []string `json:"missing_types"`
	More       []string `json:"more_types"`
}

// list prints the endpoints at Stripe, and how they differ from ours.
func (w *endpoints) list(ctx context.Context, c config.ListWebhooks) error {
	all, err := w.gateway.WebhookEndpoints(ctx)
	if err != nil {
		return fromStripe(err)
	}
	if c.JSON {
		encoder := json.NewEncoder(w.stdout)
		for _, e := range all {
			if err := encoder.Encode(lineOf(e)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(w.stdout, "There is no endpoint; server webhooks register --url https://... makes one.")
		return err
	}
	// What is printed is kept until Flush, which tells of a fault.
	table := tabwriter.NewWriter(w.stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ID\tSTATUS\tVERSION\tTYPES\tURL")
	for _, e := range all {
		line := lineOf(e)
		_, _ = fmt.Fprintln(table, strings.Join([]string{
			orDash(e.ID), orDash(e.Status), printable(cmp.Or(e.APIVersion, "the account's")), typesOf(line), orDash(e.URL),
		}, "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, e := range all {
		for _, text := range differencesOf(e) {
			if _, err := fmt.Fprintf(w.stdout, "%s %s\n", printable(e.ID), text); err != nil {
				return err
			}
		}
	}
	return nil
}

func lineOf(e stripegw.WebhookEndpoint) endpointLine {
	line := endpointLine{
		ID: e.ID, URL: e.URL, Status: e.Status, APIVersion: e.APIVersion, CreateTime: untilText(e.CreateTime),
		Missing: []string{}, More: []string{},
	}
	ours := stripegw.EventTypes()
	for _, t := range e.Types {
		if !slices.Contains(ours, t) {
			line.More = append(line.More, t)
		}
	}
	if !slices.Contains(e.Types, "*") {
		for _, t := range ours {
			if !slices.Contains(e.Types, t) {
				line.Missing = append(line.Missing, t)
			}
		}
	}
	return line
}

func typesOf(line endpointLine) string {
	switch {
	case len(line.Missing)+len(line.More) == 0:
		return "as ours"
	case slices.Contains(line.More, "*"):
		return "all"
	default:
		return fmt.Sprintf("%d missing, %d more", len(line.Missing), len(line.More))
	}
}

// differencesOf are those from what register makes, a line each.
func differencesOf(e stripegw.WebhookEndpoint) []string {
	line := lineOf(e)
	var texts []string
	if e.Status != "enabled" {
		texts = append(texts, "gets nothing: enable it in Stripe's dashboard; the repair loop brings its events meanwhile")
	}
	if e.APIVersion != ourVersion {
		texts = append(texts, "is not of version "+ourVersion+", so the object of each of its events is fetched")
	}
	if len(line.Missing) > 0 {
		texts = append(texts, "does not get "+named(line.Missing))
	}
	if len(line.More) > 0 && !slices.Contains(line.More, "*") {
		texts = append(texts, "also gets "+named(line.More))
	}
	return texts
}

func named(types []string) string {
	if more := len(types) - maxTypes; more > 0 {
		return printable(strings.Join(types[:maxTypes], ", ")) + fmt.Sprintf(" and %d more", more)
	}
	return printable(strings.Join(types, ", "))
}
