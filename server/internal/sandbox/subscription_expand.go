package sandbox

import "strings"

// expandedSubscription shows the prices as they now are, whatever a subscription holds of them.
func (s *Sandbox) expandedSubscription(sub *subscription, below map[string][]string) *subscription {
	snapshot := *sub
	s.expandRef(&snapshot.Customer, below["customer"])
	s.expandRef(&snapshot.DefaultPaymentMethod, below["default_payment_method"])
	s.expandRef(&snapshot.LatestInvoice, below["latest_invoice"])
	s.expandRef(&snapshot.PendingSetupIntent, below["pending_setup_intent"])
	s.expandRef(&snapshot.Schedule, below["schedule"])
	s.expandRef(&snapshot.TestClock, below["test_clock"])
	paths := inside(underneath(below["items"], "data"))
	items := make([]*subscriptionItem, len(sub.Items.Data))
	for i, item := range sub.Items.Data {
		items[i] = s.expandedItem(item, by(paths))
	}
	snapshot.setItems(items)
	return &snapshot
}

func (s *Sandbox) expandedItem(item *subscriptionItem, below map[string][]string) *subscriptionItem {
	snapshot := *item
	if now, ok := s.world.prices.get(item.Price.ID); ok {
		snapshot.Price, snapshot.Plan = now, planOf(now)
	}
	snapshot.Price, _ = s.expanded(snapshot.Price, inside(below["price"])).(*price)
	snapshot.Plan, _ = s.expanded(snapshot.Plan, inside(below["plan"])).(*plan)
	return &snapshot
}

func (s *Sandbox) expandedSchedule(sched *subscriptionSchedule, below map[string][]string) *subscriptionSchedule {
	snapshot := *sched
	s.expandRef(&snapshot.Customer, below["customer"])
	s.expandRef(&snapshot.Subscription, below["subscription"])
	s.expandRef(&snapshot.TestClock, below["test_clock"])
	s.expandRef(&snapshot.DefaultSettings.DefaultPaymentMethod,
		underneath(below["default_settings"], "default_payment_method"))
	items := by(underneath(below["phases"], "items"))
	snapshot.Phases = make([]schedulePhase, len(sched.Phases))
	for i, phase := range sched.Phases {
		s.expandRef(&phase.DefaultPaymentMethod, underneath(below["phases"], "default_payment_method"))
		all := make([]scheduleItem, len(phase.Items))
		for j, item := range phase.Items {
			s.expandRef(&item.Price, items["price"])
			all[j] = item
		}
		phase.Items = all
		snapshot.Phases[i] = phase
	}
	return &snapshot
}

// by sorts paths by their first names, with what follows each of them.
func by(paths []string) map[string][]string {
	below := map[string][]string{}
	for _, path := range paths {
		if head, _, _ := strings.Cut(path, "."); head != "" {
			below[head] = underneath(paths, head)
		}
	}
	return below
}
