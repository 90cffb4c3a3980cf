//! Steps that are sent more than once, with a key: taken once.

use std::sync::atomic::Ordering;

use trueup_server::wire::Role;

use crate::bench::{Answer, Bench};

const CALCULATE: &str = "POST /v1/periods/calculate";
const MARCH: &str = "{\"until\":\"2026-03-31\"}";
const JUNE: &str = "{\"until\":\"2026-06-30\"}";

/// Sends a step with a key.
async fn send(bench: &Bench, cookie: &str, line: &str, key: &str, body: &str) -> Answer {
    let headers =
        format!("cookie: {cookie}\ncontent-type: application/json\nidempotency-key: {key}");
    bench.ask(line, &headers, body).await
}

#[tokio::test]
async fn a_step_that_is_sent_again_is_answered_again_and_not_taken_again() {
    let bench = Bench::new().await;
    let cookie = bench.signed("finance", Role::Finance, None).await;
    let first = send(&bench, &cookie, CALCULATE, "k-1", MARCH).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert!(first.head.get("idempotency-replayed").is_none());
    let again = send(&bench, &cookie, CALCULATE, "k-1", MARCH).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.head["idempotency-replayed"], "true");
    assert_eq!(again.head["content-type"], "application/json");
    // Even by a server that was started again.
    let later = bench.started_again().await;
    let again = send(&later, &cookie, CALCULATE, "k-1", MARCH).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(bench.world.calculated.load(Ordering::SeqCst), 1);
    assert_eq!(later.world.calculated.load(Ordering::SeqCst), 0);
    // Another key is another step, and so is none.
    let other = send(&bench, &cookie, CALCULATE, "k-2", MARCH).await;
    assert_ne!(other.body, first.body);
    let without = bench.ask_as(&cookie, CALCULATE, MARCH).await;
    assert_eq!(without.status, 200);
    assert_eq!(bench.world.calculated.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_key_is_for_one_request_of_one_person() {
    let bench = Bench::new().await;
    let cookie = bench.signed("finance", Role::Finance, None).await;
    assert_eq!(
        send(&bench, &cookie, CALCULATE, "k", MARCH).await.status,
        200
    );
    for (line, body) in [
        (CALCULATE, JUNE),
        ("POST /v1/periods/close", ""),
        ("POST /v1/periods/calculate?x=1", MARCH),
    ] {
        let reused = send(&bench, &cookie, line, "k", body).await;
        assert_eq!(
            (reused.status, reused.code().as_str()),
            (422, "key_reused"),
            "{line}"
        );
    }
    // Somebody else finds nothing out by the same key.
    let other = bench.signed("other", Role::Finance, None).await;
    let theirs = send(&bench, &other, CALCULATE, "k", JUNE).await;
    assert_eq!(theirs.status, 200);
    assert!(theirs.head.get("idempotency-replayed").is_none());
    // Who may do it no longer is not answered from before.
    let viewer = bench
        .signed("viewer", Role::PartnerViewer, Some("P-1"))
        .await;
    assert_eq!(
        send(&bench, &viewer, CALCULATE, "k", MARCH).await.status,
        403
    );
}

#[tokio::test]
async fn a_step_that_is_under_way_goes_on_though_its_sender_is_gone() {
    let bench = std::sync::Arc::new(Bench::new().await);
    let cookie = bench.signed("finance", Role::Finance, None).await;
    bench.world.hold(true);
    let sending = {
        let (bench, cookie) = (bench.clone(), cookie.clone());
        tokio::spawn(async move { send(&bench, &cookie, CALCULATE, "k", MARCH).await.status })
    };
    bench.world.begun.notified().await;
    let meanwhile = send(&bench, &cookie, CALCULATE, "k", MARCH).await;
    assert_eq!(
        (meanwhile.status, meanwhile.code().as_str()),
        (409, "under_way")
    );
    assert_eq!(meanwhile.head["retry-after"], "1");
    // A server that was started again does not know how it ends.
    let later = bench.started_again().await;
    let unknown = send(&later, &cookie, CALCULATE, "k", MARCH).await;
    assert_eq!(
        (unknown.status, unknown.code().as_str()),
        (409, "unfinished")
    );
    sending.abort();
    assert!(sending.await.expect_err("hung up").is_cancelled());
    bench.world.hold(false);
    let answer = loop {
        let answer = send(&bench, &cookie, CALCULATE, "k", MARCH).await;
        if answer.status != 409 {
            break answer;
        }
    };
    assert_eq!(answer.status, 200);
    assert_eq!(answer.head["idempotency-replayed"], "true");
    assert_eq!(bench.world.calculated.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_a_rule_refused_is_refused_again_and_what_failed_is_taken_anew() {
    let bench = Bench::new().await;
    let cookie = bench.signed("finance", Role::Finance, None).await;
    let wrong = send(&bench, &cookie, CALCULATE, "k-1", "{\"til\":1}").await;
    let again = send(&bench, &cookie, CALCULATE, "k-1", "{\"til\":1}").await;
    assert_eq!((wrong.status, &wrong.body), (422, &again.body));
    assert_eq!(again.head["content-type"], "application/problem+json");
    bench.world.is_broken.store(true, Ordering::SeqCst);
    let failed = send(&bench, &cookie, CALCULATE, "k-2", MARCH).await;
    assert_eq!((failed.status, failed.code().as_str()), (503, "fault"));
    assert!(failed.json()["request"].is_string(), "{}", failed.body);
    bench.world.is_broken.store(false, Ordering::SeqCst);
    let anew = send(&bench, &cookie, CALCULATE, "k-2", MARCH).await;
    assert_eq!(anew.status, 200);
    assert!(anew.head.get("idempotency-replayed").is_none());
}

#[tokio::test]
async fn a_key_is_one_and_short_and_visible() {
    let bench = Bench::new().await;
    let cookie = bench.signed("finance", Role::Finance, None).await;
    let long = "x".repeat(256);
    for key in ["", "two words", &long, "a\nidempotency-key: b"] {
        let odd = send(&bench, &cookie, CALCULATE, key, MARCH).await;
        assert_eq!((odd.status, odd.code().as_str()), (400, "bad_key"), "{key}");
    }
    let quoted = send(
        &bench,
        &cookie,
        CALCULATE,
        "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"",
        MARCH,
    )
    .await;
    assert_eq!(quoted.status, 200);
}
