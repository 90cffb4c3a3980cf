-- Who outside is told what happened, and what became of telling it. What happened stands on the journal; here stand how far each
-- receiver was told of it, and each message until it arrived.
create table webhooks (
    id text primary key not null,
    address text not null,
    -- the kinds of events, set apart by blanks
    kinds text not null,
    -- with which messages are signed; whoever receives them knows it too
    secret text not null,
    made_at integer not null,
    -- the act that is looked at next
    next_act integer not null
) strict, without rowid;

create table deliveries (
    webhook text not null references webhooks (id) on delete cascade,
    act integer not null,
    kind text not null,
    -- when it happened, as the act says it
    at text not null,
    state text not null check (state in ('waiting', 'arrived', 'dead')),
    tries integer not null,
    -- when it is tried next
    next_at integer not null,
    -- what came of the last try
    said text not null,
    primary key (webhook, act)
) strict, without rowid;

create index deliveries_by_time on deliveries (state, next_at);
