-- By which account at a provider of identities somebody signs on. It is bound at the first sign-on and held to from then on, so that
-- an e-mail address that the provider gives to another does not make the other somebody here.
create table identities (
    issuer text not null,
    subject text not null,
    person text not null references people (id) on delete cascade,
    primary key (issuer, subject),
    unique (person, issuer)
);
