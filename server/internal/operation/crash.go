package operation

// CrashPoints are the names of the points at which Config.Crash is called: before and after each meeting with Stripe,
// and around the commit between two steps.
// store has others, at its commits.
func CrashPoints() []string {
	return []string{
		"send.before", "send.after", "resend.before", "step.done", "step.next",
		"recover.claimed", "recover.sent", "recover.looked",
	}
}
