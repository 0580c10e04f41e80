// Package jetstream keeps the ledger, the notices and the jobs in NATS JetStream,
// and runs a NATS server in this process if the configuration names none.
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
// Every source of notices (the token after _tac.notice) has its own durable
// consumer, and so have the alarms and the requests of tacstream's own processes
// (_tac.notice.list, _tac.notice.judge), so a busy source does not delay another.
// A new source needs no setup: its first notice makes it known.
//
// The first three streams are internal: only tacstream itself may use their
// subjects. Reads that decide something go to the stream's leader (direct gets are
// off), so a process that appends and then reads sees everything that was appended
// before.
package jetstream
