-- The books: postings, only ever added, sealed by their batch. A batch's postings come first (its key is checked at the end of
-- the transaction); the row of the batch itself closes it: it must balance in each currency and say how many postings it has.
create table batches (
    number integer primary key not null check (number > 0),
    kind text not null,
    run text not null,
    postings integer not null,
    sha256 text not null
) strict;

create table postings (
    batch integer not null references batches (number) deferrable initially deferred,
    line integer not null check (line >= 0),
    account text not null,
    partner text not null,
    plan text not null,
    component text not null,
    settled_on text not null,
    -- the day whose period it falls into: the settlement's own, or the first open one where that is closed
    falls_on text not null,
    currency text not null,
    amount integer not null,
    primary key (batch, line)
) strict;

create index postings_by_key on postings (account, partner, plan, component, settled_on, currency);

create trigger postings_enter_an_open_batch before insert on postings
when exists (select 1 from batches where number = new.batch)
begin
    select raise(abort, 'the batch is closed: nothing is added to it');
end;

create trigger batches_follow before insert on batches
when new.number <> coalesce((select max(number) + 1 from batches), 1)
begin
    select raise(abort, 'batches are appended one after the other');
end;

create trigger batches_are_whole before insert on batches
when new.postings <> (select count(*) from postings where batch = new.number) or new.postings = 0
begin
    select raise(abort, 'a batch has the postings that it says');
end;

create trigger batches_balance before insert on batches
when exists (select 1 from postings where batch = new.number group by currency having sum(amount) <> 0)
begin
    select raise(abort, 'a batch balances in each currency');
end;

create trigger batches_are_not_updated before update on batches
begin
    select raise(abort, 'batches are only ever added');
end;

create trigger batches_are_not_deleted before delete on batches
begin
    select raise(abort, 'batches are only ever added');
end;

create trigger postings_are_not_updated before update on postings
begin
    select raise(abort, 'postings are only ever added');
end;

create trigger postings_are_not_deleted before delete on postings
begin
    select raise(abort, 'postings are only ever added');
end;

-- Everything that falls on the day or before is closed for good.
create table closings (
    closed_on text primary key not null
) strict;

create trigger closings_follow before insert on closings
when new.closed_on <= (select max(closed_on) from closings)
begin
    select raise(abort, 'closings are appended one after the other');
end;

create trigger closings_are_not_updated before update on closings
begin
    select raise(abort, 'closings are only ever added');
end;

create trigger closings_are_not_deleted before delete on closings
begin
    select raise(abort, 'closings are only ever added');
end;

create trigger postings_fall_into_an_open_period before insert on postings
when new.falls_on <= (select max(closed_on) from closings)
begin
    select raise(abort, 'the period is closed: post into the open one');
end;
