// Package jetstream keeps the ledger, the notices and the jobs in NATS
// JetStream, and runs the server in this process where nobody else does.
//
// # Streams
//
//	TAC_NOTICES  _tac.notice.*  what stores and the lister say happened
//	             _tac.timer.>   alarms of series that wait for the quiet time
//	TAC_LEDGER   _tac.ledger.>  the last record of every object, region source
//	                            and series (see Ledger)
//	TAC_JOBS     _tac.job.*     one job a series, the newest
//	TAC_EVENTS   pet.v1.>       the facts that anyone may subscribe to
//
// Every source of notices, the token behind _tac.notice, has a durable consumer of
// its own, and so have the alarms and the requests of tacstream's own processes
// (_tac.notice.list, _tac.notice.judge): what one source sends takes no place of
// another's. A source is made known by sending.
//
// The first three are internal: their subjects are denied to everyone but
// tacstream itself. Reads that decide something go to the stream's leader
// (direct gets are off), so that whoever appends and then reads sees
// everything that was appended before.
package jetstream
