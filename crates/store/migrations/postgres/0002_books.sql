-- The books: postings, only ever added, sealed by their batch. A batch's postings come first (its key is checked at the end of
-- the transaction); the row of the batch itself closes it: it must balance in each currency and say how many postings it has.
create table batches (
    number bigint primary key check (number > 0),
    kind text not null,
    run text not null,
    postings bigint not null,
    sha256 text not null
);

create table postings (
    batch bigint not null references batches (number) deferrable initially deferred,
    line bigint not null check (line >= 0),
    account text not null,
    partner text not null,
    plan text not null,
    component text not null,
    settled_on text not null,
    -- the day whose period it falls into: the settlement's own, or the first open one where that is closed
    falls_on text not null,
    currency text not null,
    amount bigint not null,
    primary key (batch, line)
);

create index postings_by_key on postings (account, partner, plan, component, settled_on, currency);

create function postings_enter_an_open_batch() returns trigger language plpgsql as $$
begin
    if exists (select 1 from batches where number = new.batch) then
        raise exception 'the batch is closed: nothing is added to it';
    end if;
    return new;
end
$$;

create function batches_close() returns trigger language plpgsql as $$
begin
    if new.number <> coalesce((select max(number) + 1 from batches), 1) then
        raise exception 'batches are appended one after the other';
    end if;
    if new.postings = 0 or new.postings <> (select count(*) from postings where batch = new.number) then
        raise exception 'a batch has the postings that it says';
    end if;
    if exists (select 1 from postings where batch = new.number group by currency having sum(amount) <> 0) then
        raise exception 'a batch balances in each currency';
    end if;
    return new;
end
$$;

create trigger postings_enter_an_open_batch before insert on postings for each row execute function postings_enter_an_open_batch();
create trigger postings_are_not_changed before update or delete on postings for each row execute function only_added();
create trigger postings_are_not_truncated before truncate on postings for each statement execute function only_added();

create trigger batches_close before insert on batches for each row execute function batches_close();
create trigger batches_are_not_changed before update or delete on batches for each row execute function only_added();
create trigger batches_are_not_truncated before truncate on batches for each statement execute function only_added();

-- Everything that falls on the day or before is closed for good.
create table closings (
    closed_on text primary key
);

create function closings_follow() returns trigger language plpgsql as $$
begin
    if new.closed_on <= (select max(closed_on) from closings) then
        raise exception 'closings are appended one after the other';
    end if;
    return new;
end
$$;

create function postings_fall_into_an_open_period() returns trigger language plpgsql as $$
begin
    if new.falls_on <= (select max(closed_on) from closings) then
        raise exception 'the period is closed: post into the open one';
    end if;
    return new;
end
$$;

create trigger closings_follow before insert on closings for each row execute function closings_follow();
create trigger closings_are_not_changed before update or delete on closings for each row execute function only_added();
create trigger closings_are_not_truncated before truncate on closings for each statement execute function only_added();
create trigger postings_fall_into_an_open_period before insert on postings for each row execute function postings_fall_into_an_open_period();
