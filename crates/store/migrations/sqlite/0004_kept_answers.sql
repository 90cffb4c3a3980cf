-- Answers to steps that were sent with a key: the same step sent again is answered again and not taken again. Kept for a day.
create table kept_answers (
    person text not null references people (id) on delete cascade,
    -- the digest of the key
    key text not null,
    -- the digest of the request: the same key with another request is a mistake
    request text not null,
    -- which start of a server took the step: what an earlier one left unfinished is not known
    server text not null,
    began_at integer not null,
    -- these three are there when the step is through
    status integer,
    media text,
    body text,
    primary key (person, key)
) strict, without rowid;

create index kept_answers_by_age on kept_answers (began_at);
