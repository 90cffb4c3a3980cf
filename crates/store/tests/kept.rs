//! The contract of the store of steps with keys, on SQLite and on PostgreSQL alike.

mod both;

use both::Bench;
use trueup_store::{KeptAnswer, KeyedStep, KnownStep, Person};

fn person(id: &str) -> Person {
    Person {
        id: id.to_owned(),
        name: id.to_owned(),
        shown_name: id.to_owned(),
        password: "a hash".to_owned(),
        authenticator: None,
        is_active: true,
        grants: Vec::new(),
    }
}

fn step<'a>(person: &'a str, request: &'a str, server: &'a str, began_at: i64) -> KeyedStep<'a> {
    KeyedStep {
        person,
        key: "k",
        request,
        server,
        began_at,
        kept_since: began_at - 100,
    }
}

fn answer() -> KeptAnswer {
    KeptAnswer {
        status: 409,
        media: "application/problem+json".to_owned(),
        body: "{\"code\":\"refused\"}".to_owned(),
    }
}

#[tokio::test]
async fn a_step_begins_once_and_is_answered_as_it_was() {
    for bench in Bench::both().await {
        let (name, on) = (bench.name, &bench.database);
        for id in ["u-1", "u-2"] {
            assert!(on.add_person(&person(id), false).await.expect("added"));
        }
        let begin = async |step: KeyedStep<'_>| on.begin_step(&step).await.expect("begun");
        let first = step("u-1", "r", "s-1", 1_000);
        assert_eq!(begin(first.clone()).await, KnownStep::New, "{name}");
        assert_eq!(begin(first.clone()).await, KnownStep::UnderWay, "{name}");
        let other = step("u-1", "other", "s-1", 1_001);
        assert_eq!(begin(other).await, KnownStep::Other, "{name}");
        // Another start of the server does not know how it ended.
        let later = step("u-1", "r", "s-2", 1_002);
        assert_eq!(begin(later).await, KnownStep::Unfinished, "{name}");
        // Keys of others are others.
        let theirs = step("u-2", "other", "s-1", 1_003);
        assert_eq!(begin(theirs).await, KnownStep::New, "{name}");
        on.keep_answer(&first, &answer()).await.expect("kept");
        let later = step("u-1", "r", "s-2", 1_100);
        assert_eq!(begin(later).await, KnownStep::Answered(answer()), "{name}");
        // After the time that was said nothing is known.
        let later = step("u-1", "r", "s-2", 1_101);
        assert_eq!(begin(later).await, KnownStep::New, "{name}");
    }
}

#[tokio::test]
async fn what_came_to_nothing_is_forgotten_and_so_is_what_somebody_may_see_no_longer() {
    for bench in Bench::both().await {
        let (name, on) = (bench.name, &bench.database);
        assert!(on.add_person(&person("u-1"), false).await.expect("added"));
        let first = step("u-1", "r", "s-1", 1_000);
        let begin = async || on.begin_step(&first).await.expect("begun");
        assert_eq!(begin().await, KnownStep::New, "{name}");
        on.forget_step(&first).await.expect("forgotten");
        assert_eq!(begin().await, KnownStep::New, "{name}");
        on.keep_answer(&first, &answer()).await.expect("kept");
        assert!(on.change_access("u-1", true, &[]).await.expect("changed"));
        assert_eq!(begin().await, KnownStep::New, "{name}");
    }
}

#[tokio::test]
async fn of_many_at_once_one_begins() {
    for bench in Bench::both().await {
        let on = bench.database.clone();
        assert!(on.add_person(&person("u-1"), false).await.expect("added"));
        let begin = |_| {
            let on = on.clone();
            tokio::spawn(async move {
                let first = step("u-1", "r", "s-1", 1_000);
                on.begin_step(&first).await.expect("begun")
            })
        };
        let all: Vec<_> = (0..8).map(begin).collect();
        let mut new = 0;
        for one in all {
            new += usize::from(one.await.expect("run") == KnownStep::New);
        }
        assert_eq!(new, 1, "{}", bench.name);
    }
}
