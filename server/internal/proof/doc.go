// Package proof holds tests only: those that kill the server, simulate its histories and remove its guards, to prove
// that it never charges twice and never loses an outcome. The judge of every one is the sandbox's ledger.
//
// A small size of each runs with all other tests. The full sizes, whose figures are quoted, take minutes to hours:
//
//	go test ./server/internal/proof -full -run F1_ -timeout 3h -v   10,000 charges, the server killed at least 500 times
//	go test ./server/internal/proof -full -run F2_ -timeout 1h -v   500 keys, 200 callers at once for each
//	go test ./server/internal/proof -full -run F3_ -timeout 1h -v   10,000 keys, each used by two callers
//	go test ./server/internal/proof -full -run M43 -v               200 calls for one customer, servers killed 40 times
//	go test ./server/internal/proof -full -run M28 -v               a server that stands still for longer than its lease
//	go test ./server/internal/proof -full -run T05 -timeout 1h -v   every crash point for every rpc that writes
//	go test ./server/internal/proof -full -run F4_ -timeout 2h -v   100,000 simulated histories
//	go test ./server/internal/proof -full -run F15 -timeout 3h -v   every guard removed, one at a time
//	go test ./server/internal/proof -full -run Access -timeout 2h   50,000 customers who subscribe, change and do not pay
//	go test ./server/internal/proof -full -run Preview -timeout 1h  20,000 changes of plans against an oracle
//
// Each runs on SQLite and on PostgreSQL: `-run F1_.*/postgres` is the one alone. What a test draws by lot comes from
// its seed, which a failure prints; `-seed N` draws the same again, although the machine decides what meets when.
package proof
