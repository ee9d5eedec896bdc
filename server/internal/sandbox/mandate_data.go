package sandbox

// mandateField is the customer's consent to debits (spec3.json, mandate_data). An empty text is no consent.
var mandateField = field{name: "mandate_data", kind: kindHash, unset: true, fields: shape{
	{name: "customer_acceptance", kind: kindHash, required: true, fields: shape{
		{name: "accepted_at", kind: kindInteger},
		{name: "offline", kind: kindHash, unset: true},
		{name: "online", kind: kindHash, fields: shape{
			{name: "ip_address", required: true},
			{name: "user_agent", required: true, max: 5000},
		}},
		{name: "type", kind: kindEnum, required: true, oneOf: []string{"offline", "online"}},
	}},
}}

// checkMandate wants to know where a consent that was given online came from (spec3.json, mandate_data).
func checkMandate(c *call) *failure {
	const online = "mandate_data[customer_acceptance][online]"
	if c.text("mandate_data", "customer_acceptance", "type") == "online" &&
		!c.has("mandate_data", "customer_acceptance", "online") {
		return invalid("parameter_missing", online, "Missing required param: "+online+".")
	}
	return nil
}

// consent reads what the customer agreed to; nil means nothing. Without a time it was now.
func (c *call) consent() *acceptance {
	given := c.params.get("mandate_data", "customer_acceptance")
	if given == nil {
		return nil
	}
	a := &acceptance{AcceptedAt: c.at.Unix(), Type: given.get("type").text}
	if at := given.get("accepted_at"); at != nil {
		a.AcceptedAt, _ = parseInteger(at.text)
	}
	if a.Type == "offline" {
		a.Offline = &struct{}{}
		return a
	}
	a.Online = &onlineAcceptance{
		IPAddress: given.get("online", "ip_address").text, UserAgent: given.get("online", "user_agent").text,
	}
	return a
}
