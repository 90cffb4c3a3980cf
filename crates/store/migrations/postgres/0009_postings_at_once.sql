-- Whether postings fall into an open period is looked at once, when their batch is closed, and not for each of them: a posting
-- without a batch does not last, and nothing is added to one that is closed.
drop trigger postings_fall_into_an_open_period on postings;
drop function postings_fall_into_an_open_period;

create function batches_fall_into_an_open_period() returns trigger language plpgsql as $$
begin
    if exists (select 1 from postings where batch = new.number and falls_on <= (select max(closed_on) from closings)) then
        raise exception 'the period is closed: post into the open one';
    end if;
    return new;
end
$$;

create trigger batches_fall_into_an_open_period before insert on batches for each row execute function batches_fall_into_an_open_period();

-- That nothing is added to a closed batch is looked at once for all postings of a statement.
drop trigger postings_enter_an_open_batch on postings;
drop function postings_enter_an_open_batch;

create function postings_enter_an_open_batch() returns trigger language plpgsql as $$
begin
    if exists (select 1 from batches where number in (select distinct batch from added)) then
        raise exception 'the batch is closed: nothing is added to it';
    end if;
    return null;
end
$$;

create trigger postings_enter_an_open_batch after insert on postings
    referencing new table as added for each statement execute function postings_enter_an_open_batch();
