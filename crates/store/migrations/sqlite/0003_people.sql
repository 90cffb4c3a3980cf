-- People, what they may do, and what they have signed on with. Personal data stands here and never in an act: acts name a person
-- by an id that says nothing, and a row here can be changed and removed.
create table people (
    id text primary key not null,
    -- in small letters: nobody is two people by a capital
    name text not null unique,
    shown_name text not null,
    -- Argon2id in PHC form, its cost and salt with it
    password text not null,
    -- the shared secret of an authenticator, in base 32
    authenticator text,
    -- the last time step whose code was used: none is used twice
    code_step integer not null,
    is_active integer not null check (is_active in (0, 1))
) strict, without rowid;

create table grants (
    person text not null references people (id) on delete cascade,
    role text not null,
    -- empty for every partner of the program
    partner text not null,
    primary key (person, role, partner)
) strict, without rowid;

-- A session is found by the digest of what its cookie holds: who reads this table cannot sign on with it.
create table sessions (
    digest text primary key not null,
    person text not null references people (id) on delete cascade,
    began_at integer not null,
    ends_at integer not null
) strict, without rowid;

create index sessions_by_person on sessions (person);

create table tokens (
    digest text primary key not null,
    id text not null unique,
    person text not null references people (id) on delete cascade,
    is_for text not null,
    -- the scopes, set apart by blanks
    scopes text not null,
    made_at integer not null,
    ends_at integer not null
) strict, without rowid;

create index tokens_by_person on tokens (person);
