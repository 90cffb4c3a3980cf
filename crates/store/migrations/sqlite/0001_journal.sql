-- The journal: acts, each after the one before, and never changed. What stands beside a note is there to be searched; the
-- note alone is hashed and signed.
create table acts (
    seq integer primary key not null check (seq >= 0),
    at text not null,
    who text not null,
    behalf text not null,
    kind text not null,
    hash text not null,
    note text not null
) strict;

create index acts_by_kind on acts (kind, seq);

create trigger acts_follow before insert on acts
when new.seq <> coalesce((select max(seq) + 1 from acts), 0)
begin
    select raise(abort, 'acts are appended one after the other');
end;

create trigger acts_are_not_updated before update on acts
begin
    select raise(abort, 'acts are only ever added');
end;

create trigger acts_are_not_deleted before delete on acts
begin
    select raise(abort, 'acts are only ever added');
end;

create table checkpoints (
    size integer primary key not null check (size > 0),
    note text not null
) strict;

create trigger checkpoints_follow before insert on checkpoints
when new.size <= coalesce((select max(size) from checkpoints), 0)
begin
    select raise(abort, 'checkpoints are appended one after the other');
end;

create trigger checkpoints_are_not_updated before update on checkpoints
begin
    select raise(abort, 'checkpoints are only ever added');
end;

create trigger checkpoints_are_not_deleted before delete on checkpoints
begin
    select raise(abort, 'checkpoints are only ever added');
end;

-- Hashes of full subtrees, for proofs. They follow from the acts and can be written again.
create table tree_hashes (
    place integer primary key not null check (place >= 0),
    hash text not null
) strict;
