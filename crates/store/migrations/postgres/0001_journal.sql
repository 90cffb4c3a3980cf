-- The journal: acts, each after the one before, and never changed. What stands beside a note is there to be searched; the
-- note alone is hashed and signed.
create table acts (
    seq bigint primary key check (seq >= 0),
    at text not null,
    who text not null,
    behalf text not null,
    kind text not null,
    hash text not null,
    note text not null
);

create index acts_by_kind on acts (kind, seq);

create table checkpoints (
    size bigint primary key check (size > 0),
    note text not null
);

create function only_added() returns trigger language plpgsql as $$
begin
    raise exception '% are only ever added', tg_table_name;
end
$$;

create function acts_follow() returns trigger language plpgsql as $$
begin
    if new.seq <> coalesce((select max(seq) + 1 from acts), 0) then
        raise exception 'acts are appended one after the other';
    end if;
    return new;
end
$$;

create function checkpoints_follow() returns trigger language plpgsql as $$
begin
    if new.size <= coalesce((select max(size) from checkpoints), 0) then
        raise exception 'checkpoints are appended one after the other';
    end if;
    return new;
end
$$;

create trigger acts_follow before insert on acts for each row execute function acts_follow();
create trigger acts_are_not_changed before update or delete on acts for each row execute function only_added();
create trigger acts_are_not_truncated before truncate on acts for each statement execute function only_added();

create trigger checkpoints_follow before insert on checkpoints for each row execute function checkpoints_follow();
create trigger checkpoints_are_not_changed before update or delete on checkpoints for each row execute function only_added();
create trigger checkpoints_are_not_truncated before truncate on checkpoints for each statement execute function only_added();

-- Hashes of full subtrees, for proofs. They follow from the acts and can be written again.
create table tree_hashes (
    place bigint primary key check (place >= 0),
    hash text not null
);
