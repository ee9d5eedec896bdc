package sandbox

import "net/http"

var subscriptionRoutes = []route{
	{
		http.MethodPost, "/v1/subscriptions", "subscription", subscriptionCreateShape, checkSubscriptionCreate,
		(*Sandbox).createSubscription,
	},
	{
		http.MethodGet, "/v1/subscriptions", "list of subscription", subscriptionListShape, checkList,
		(*Sandbox).listSubscriptions,
	},
	{http.MethodGet, "/v1/subscriptions/{id}", "subscription", getShape, nil, (*Sandbox).getSubscription},
	{
		http.MethodPost, "/v1/subscriptions/{id}", "subscription", subscriptionUpdateShape, checkSubscriptionUpdate,
		(*Sandbox).updateSubscription,
	},
	{
		http.MethodDelete, "/v1/subscriptions/{id}", "subscription", subscriptionCancelShape, nil,
		(*Sandbox).cancelSubscription,
	},
	{
		http.MethodPost, "/v1/subscriptions/{id}/resume", "subscription", subscriptionResumeShape, nil,
		(*Sandbox).resumeSubscription,
	},
	{
		http.MethodGet, "/v1/subscription_items", "list of subscription_item", itemListShape, checkList,
		(*Sandbox).listSubscriptionItems,
	},
	{
		http.MethodGet, "/v1/subscription_items/{id}", "subscription_item", getShape, nil,
		(*Sandbox).getSubscriptionItem,
	},
	{
		http.MethodPost, "/v1/subscription_schedules", "subscription_schedule", scheduleCreateShape, checkScheduleCreate,
		(*Sandbox).createSchedule,
	},
	{
		http.MethodGet, "/v1/subscription_schedules", "list of subscription_schedule", scheduleListShape, checkList,
		(*Sandbox).listSchedules,
	},
	{http.MethodGet, "/v1/subscription_schedules/{id}", "subscription_schedule", getShape, nil, (*Sandbox).getSchedule},
	{
		http.MethodPost, "/v1/subscription_schedules/{id}", "subscription_schedule", scheduleUpdateShape, nil,
		(*Sandbox).updateSchedule,
	},
	{
		http.MethodPost, "/v1/subscription_schedules/{id}/release", "subscription_schedule", scheduleReleaseShape, nil,
		(*Sandbox).releaseSchedule,
	},
	{
		http.MethodPost, "/v1/subscription_schedules/{id}/cancel", "subscription_schedule", scheduleCancelShape, nil,
		(*Sandbox).cancelSchedule,
	},
}
