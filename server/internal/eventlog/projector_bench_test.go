package eventlog_test

import "testing"

// BenchmarkProject measures how fast what was received is published where nothing has to be fetched. The goal is 2,000
// events a second on two cores.
func BenchmarkProject(b *testing.B) {
	const objects = 500
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			w := newWorld(b, e)
			w.post(b, "/v1/payment_intents", "", "amount", "1000", "currency", "usd", "payment_method_types[]", "card")
			w.later(1e9)
			w.post(b, "/v1/payment_intents", "", "amount", "1000", "currency", "usd", "payment_method_types[]", "card",
				"confirm", "true", "payment_method", "pm_card_visa")
			found := bodies(w.happened(b), nil)
			p, n := w.project(b), 0
			for b.Loop() {
				var wave [][]byte
				for c := range objects {
					for _, body := range found {
						wave = append(wave, asCopy(body, 1000+n*objects+c))
					}
				}
				n++
				b.StopTimer()
				w.receive(b, wave...)
				b.StartTimer()
				w.settled(b, p)
			}
			b.ReportMetric(float64(n*objects*len(found))/b.Elapsed().Seconds(), "events/s")
		})
	}
}
