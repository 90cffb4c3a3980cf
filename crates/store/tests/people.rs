//! The contract of the store of people, on SQLite and on PostgreSQL alike.

mod both;

use both::Bench;
use trueup_store::{Granted, NewSession, NewToken, Person};

fn ada() -> Person {
    Person {
        id: "u-1".to_owned(),
        name: "ada@example.org".to_owned(),
        shown_name: "Ada".to_owned(),
        password: "a hash".to_owned(),
        authenticator: None,
        is_active: true,
        grants: vec![
            granted("finance", None),
            granted("partner_viewer", Some("P-1")),
        ],
    }
}

fn granted(role: &str, partner: Option<&str>) -> Granted {
    Granted {
        role: role.to_owned(),
        partner: partner.map(str::to_owned),
    }
}

fn session<'a>(digest: &'a str, began_at: i64, ends_at: i64) -> NewSession<'a> {
    NewSession {
        digest,
        person: "u-1",
        began_at,
        ends_at,
    }
}

#[tokio::test]
async fn a_person_is_found_by_name_with_its_roles() {
    for bench in Bench::both().await {
        let database = &bench.database;
        assert!(database.add_person(&ada(), false).await.expect("added"));
        let found = database.person_named("ada@example.org").await;
        assert!(found.expect("read") == Some(ada()), "{}", bench.name);
        let nobody = database.person_named("bob@example.org").await;
        assert!(nobody.expect("read").is_none(), "{}", bench.name);
        // A name is one person's.
        let mut other = ada();
        other.id = "u-2".to_owned();
        assert!(!database.add_person(&other, false).await.expect("asked"));
        assert_eq!(database.people_count().await.expect("counted"), 1);
    }
}

#[tokio::test]
async fn the_first_person_is_the_first_only_once() {
    for bench in Bench::both().await {
        let database = &bench.database;
        assert!(database.add_person(&ada(), true).await.expect("added"));
        let mut other = ada();
        other.id = "u-2".to_owned();
        other.name = "bob@example.org".to_owned();
        let added = database.add_person(&other, true).await;
        assert!(!added.expect("asked"), "{}", bench.name);
        let added = database.add_person(&other, false).await;
        assert!(added.expect("asked"), "{}", bench.name);
    }
}

#[tokio::test]
async fn a_session_lasts_until_its_end_and_not_beyond_a_change_of_access() {
    for bench in Bench::both().await {
        let database = &bench.database;
        database.add_person(&ada(), false).await.expect("added");
        let begun = database.begin_session(&session("d-1", 100, 200)).await;
        begun.expect("begun");
        let at = async |now| database.session("d-1", now).await.expect("read");
        let signed = at(199).await.expect("a session");
        assert!(signed.person == ada() && signed.ends_at == 200);
        assert!(at(200).await.is_none(), "{}: over", bench.name);
        let unknown = database.session("d-2", 150).await.expect("read");
        assert!(unknown.is_none(), "{}", bench.name);
        // What ended goes when the next one begins.
        let begun = database.begin_session(&session("d-3", 200, 300)).await;
        begun.expect("begun");
        assert!(at(150).await.is_none(), "{}: removed", bench.name);
        let auditor = [granted("auditor", None)];
        let changed = database.change_access("u-1", true, &auditor).await;
        assert!(changed.expect("changed"));
        let ended = database.session("d-3", 250).await.expect("read");
        assert!(ended.is_none(), "{}: access changed", bench.name);
        let begun = database.begin_session(&session("d-4", 250, 300)).await;
        begun.expect("begun");
        database.end_session("d-4").await.expect("ended");
        let ended = database.session("d-4", 260).await.expect("read");
        assert!(ended.is_none(), "{}: signed off", bench.name);
    }
}

#[tokio::test]
async fn who_may_not_sign_on_any_more_has_no_session_and_no_token() {
    for bench in Bench::both().await {
        let database = &bench.database;
        database.add_person(&ada(), false).await.expect("added");
        let scopes = ["facts:push".to_owned(), "sources:read".to_owned()];
        let token = NewToken {
            digest: "t-digest",
            id: "t-1",
            person: "u-1",
            is_for: "the shop",
            scopes: &scopes,
            made_at: 100,
            ends_at: 1_000,
        };
        database.add_token(&token).await.expect("added");
        let found = database.token("t-digest", 500).await.expect("read");
        let signed = found.expect("a token");
        assert_eq!(signed.scopes.as_deref(), Some(&scopes[..]));
        let over = database.token("t-digest", 1_000).await.expect("read");
        assert!(over.is_none(), "{}: over", bench.name);
        let own = database.tokens_of("u-1").await.expect("read");
        assert_eq!(own.len(), 1);
        // Nobody ends somebody else's.
        assert!(!database.end_token("u-2", "t-1").await.expect("asked"));
        let changed = database.change_access("u-1", false, &[]).await;
        assert!(changed.expect("changed"), "{}", bench.name);
        let gone = database.token("t-digest", 500).await.expect("read");
        assert!(gone.is_none(), "{}", bench.name);
        assert!(
            !database
                .change_access("u-9", true, &[])
                .await
                .expect("asked")
        );
    }
}

#[tokio::test]
async fn a_code_is_used_once_and_no_earlier_one_after_it() {
    for bench in Bench::both().await {
        let database = &bench.database;
        database.add_person(&ada(), false).await.expect("added");
        let changed = database.change_authenticator("u-1", Some("SECRET")).await;
        assert!(changed.expect("changed"));
        for (step, is_used) in [(7, true), (7, false), (6, false), (8, true)] {
            let used = database.use_code("u-1", step).await.expect("asked");
            assert_eq!(used, is_used, "{}: step {step}", bench.name);
        }
        let changed = database.change_password("u-1", "another hash").await;
        assert!(changed.expect("changed"));
        let found = database
            .person_named("ada@example.org")
            .await
            .expect("read");
        let found = found.expect("a person");
        assert_eq!(found.password, "another hash");
        assert_eq!(found.authenticator.as_deref(), Some("SECRET"));
    }
}

#[tokio::test]
async fn an_account_elsewhere_is_bound_once_and_held_to() {
    for bench in Bench::both().await {
        let (name, on) = (bench.name, &bench.database);
        assert!(on.add_person(&ada(), false).await.expect("added"));
        let by = async |subject: &str, named: Option<&str>| {
            let found = on.person_by("https://id.example", subject, named).await;
            found.expect("looked").map(|person| person.id)
        };
        assert_eq!(by("s-1", None).await, None, "{name}");
        assert_eq!(by("s-1", Some("eve@example.org")).await, None, "{name}");
        let first = by("s-1", Some("ada@example.org")).await;
        assert_eq!(first.as_deref(), Some("u-1"), "{name}");
        // From now on the account says who it is, whatever it is called.
        assert_eq!(by("s-1", None).await.as_deref(), Some("u-1"), "{name}");
        let renamed = by("s-1", Some("eve@example.org")).await;
        assert_eq!(renamed.as_deref(), Some("u-1"), "{name}");
        // Whoever was given her address since is not her.
        assert_eq!(by("s-2", Some("ada@example.org")).await, None, "{name}");
        // Who may sign on no longer is bound anew by whoever lets them in again.
        assert!(on.change_access("u-1", false, &[]).await.expect("changed"));
        assert_eq!(by("s-2", Some("ada@example.org")).await, None, "{name}");
        assert!(on.change_access("u-1", true, &[]).await.expect("changed"));
        let anew = by("s-2", Some("ada@example.org")).await;
        assert_eq!(anew.as_deref(), Some("u-1"), "{name}");
    }
}
