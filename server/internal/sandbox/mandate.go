package sandbox

// mandateField is the customer's consent to debits (spec3.json, mandate_data). The sandbox keeps that it was given.
var mandateField = field{name: "mandate_data", kind: kindHash, fields: shape{
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
