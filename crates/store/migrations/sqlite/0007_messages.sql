-- What others are to be told, webhooks and people alike, until it arrived. What happened is an act, by its number, or a feed that
-- is late.
create table messages (
    -- the webhook or the person
    receiver text not null,
    event text not null,
    kind text not null,
    -- when it happened
    at text not null,
    state text not null check (state in ('waiting', 'arrived', 'dead')),
    tries integer not null,
    -- when it is tried next
    next_at integer not null,
    -- what came of the last try
    said text not null,
    primary key (receiver, event)
) strict, without rowid;

insert into messages (receiver, event, kind, at, state, tries, next_at, said)
select webhook, cast(act as text), kind, at, state, tries, next_at, said from deliveries;

drop table deliveries;

create index messages_by_time on messages (state, next_at);

-- The act from which on people are told by e-mail; nothing where no mail is set up.
create table mail (
    one integer primary key not null check (one = 1),
    next_act integer not null
) strict;

-- What somebody does not want to be told by e-mail.
create table declined (
    person text not null references people (id) on delete cascade,
    kind text not null,
    primary key (person, kind)
) strict, without rowid;

-- Sources that are late, each with the day that it missed; one that delivers again is no longer here.
create table late_feeds (
    source text primary key not null,
    due text not null
) strict, without rowid;
