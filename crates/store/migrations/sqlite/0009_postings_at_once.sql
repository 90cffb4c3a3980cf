-- Whether postings fall into an open period is looked at once, when their batch is closed, and not for each of them: a posting
-- without a batch does not last, and nothing is added to one that is closed.
drop trigger postings_fall_into_an_open_period;

create trigger batches_fall_into_an_open_period before insert on batches
when exists (select 1 from postings where batch = new.number and falls_on <= (select max(closed_on) from closings))
begin
    select raise(abort, 'the period is closed: post into the open one');
end;
