//! Signing on and off, and what becomes of whoever tries too often.

use trueup_server::wire::Role;

use crate::bench::{Bench, PASSWORD};

const JSON: &str = "content-type: application/json";

fn body(name: &str, password: &str) -> String {
    serde_json::json!({ "name": name, "password": password }).to_string()
}

#[tokio::test]
async fn a_wrong_password_is_answered_like_a_name_that_nobody_has() {
    let bench = Bench::new().await;
    bench.signed("ada", Role::Finance, None).await;
    let wrong = bench
        .ask("POST /v1/session", JSON, &body("ada", "not her password"))
        .await;
    let nobody = bench
        .ask("POST /v1/session", JSON, &body("eve", "not her password"))
        .await;
    assert_eq!((wrong.status, &wrong.body), (401, &nobody.body));
    assert!(wrong.head.get("set-cookie").is_none());
    assert!(
        bench.sign_on(" ADA ", PASSWORD).await.is_some(),
        "capitals are no difference"
    );
}

#[tokio::test]
async fn a_session_is_new_each_time_and_ends_when_somebody_signs_off() {
    let bench = Bench::new().await;
    let first = bench.signed("ada", Role::Finance, None).await;
    // Whoever planted a cookie does not know the session that begins under it.
    let planted = format!("{JSON}\ncookie: trueup=planted");
    let answer = bench
        .ask("POST /v1/session", &planted, &body("ada", PASSWORD))
        .await;
    let cookie = answer.head["set-cookie"].to_str().expect("text").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("planted") && !cookie.starts_with(&first));
    let second = cookie.split(';').next().expect("a pair").to_owned();
    let session = bench.ask_as(&second, "GET /v1/session", "").await;
    assert_eq!(session.json()["name"], "ada");
    assert_eq!(
        bench
            .ask_as("trueup=planted", "GET /v1/session", "")
            .await
            .status,
        401
    );
    let off = bench.ask_as(&second, "DELETE /v1/session", "").await;
    assert_eq!(off.status, 204);
    assert!(
        off.head["set-cookie"]
            .to_str()
            .expect("text")
            .contains("Max-Age=0")
    );
    assert_eq!(
        bench.ask_as(&second, "GET /v1/session", "").await.status,
        401
    );
    assert_eq!(
        bench.ask_as(&first, "GET /v1/session", "").await.status,
        200,
        "another one goes on"
    );
    // Signing on again from a session ends that session.
    let headers = format!("{JSON}\ncookie: {first}");
    let again = bench
        .ask("POST /v1/session", &headers, &body("ada", PASSWORD))
        .await;
    assert_eq!(again.status, 200);
    assert_eq!(
        bench.ask_as(&first, "GET /v1/session", "").await.status,
        401
    );
}

#[tokio::test]
async fn behind_tls_a_cookie_never_travels_without() {
    let bench = Bench::with(true, jiff::Timestamp::now).await;
    let cookie = bench.signed("ada", Role::Finance, None).await;
    assert!(cookie.starts_with("__Host-trueup="), "{cookie}");
    let answer = bench
        .ask("POST /v1/session", JSON, &body("ada", PASSWORD))
        .await;
    assert!(
        answer.head["set-cookie"]
            .to_str()
            .expect("text")
            .contains("; Secure")
    );
}

#[tokio::test]
async fn whoever_tries_too_often_waits() {
    let bench = Bench::new().await;
    bench.signed("ada", Role::Finance, None).await;
    let mut answers = Vec::new();
    for _ in 0..12 {
        answers.push(
            bench
                .ask("POST /v1/session", JSON, &body("ada", "not her password"))
                .await,
        );
    }
    assert!(answers.iter().take(10).all(|answer| answer.status == 401));
    let last = answers.last().expect("answers");
    assert_eq!((last.status, last.code().as_str()), (429, "patience"));
    assert!(last.head.get("retry-after").is_some());
    assert!(
        bench.sign_on("ada", PASSWORD).await.is_none(),
        "even with the right one"
    );
}

#[tokio::test]
async fn the_first_administrator_is_made_once_and_by_the_printed_code() {
    let bench = Bench::new().await;
    let code = bench
        .server
        .setup_code()
        .expect("nobody is there")
        .to_owned();
    let asked = |code: &str, password: &str| {
        serde_json::json!({
            "setup_code": code, "name": "root", "shown_name": "Root", "password": password
        })
        .to_string()
    };
    let line = "POST /v1/first-administrator";
    let wrong = bench.ask(line, JSON, &asked("guessed", PASSWORD)).await;
    assert_eq!(wrong.status, 401);
    let short = bench.ask(line, JSON, &asked(&code, "short")).await;
    assert_eq!(short.status, 422, "{}", short.body);
    let made = bench.ask(line, JSON, &asked(&code, PASSWORD)).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.json()["grants"][0]["role"], "administrator");
    let again = bench.ask(line, JSON, &asked(&code, PASSWORD)).await;
    assert_eq!(again.status, 401);
}

#[tokio::test]
async fn an_authenticator_is_needed_once_it_is_in_use() {
    let bench = Bench::new().await;
    let cookie = bench.signed("ada", Role::Finance, None).await;
    let made = bench
        .ask_as(&cookie, "POST /v1/session/authenticator", "")
        .await;
    let secret = made.json()["secret"].as_str().expect("a secret").to_owned();
    let address = made.json()["address"]
        .as_str()
        .expect("an address")
        .to_owned();
    assert!(
        address.starts_with("otpauth://totp/alliance:ada?secret="),
        "{address}"
    );
    let tried = |code: &str| serde_json::json!({ "secret": secret, "code": code }).to_string();
    let wrong = bench
        .ask_as(&cookie, "PUT /v1/session/authenticator", &tried("12345"))
        .await;
    assert_eq!((wrong.status, wrong.code().as_str()), (422, "wrong_code"));
    // Nothing is in use yet.
    assert!(bench.sign_on("ada", PASSWORD).await.is_some());
    let changed = bench.database.person_named("ada").await.expect("read");
    let id = changed.expect("a person").id;
    let changed = bench
        .database
        .change_authenticator(&id, Some(&secret))
        .await;
    assert!(changed.expect("changed"));
    let without = bench
        .ask("POST /v1/session", JSON, &body("ada", PASSWORD))
        .await;
    assert_eq!(
        (without.status, without.code().as_str()),
        (401, "code_needed")
    );
    let guessed = serde_json::json!({ "name": "ada", "password": PASSWORD, "code": "abcdef" });
    let guessed = bench
        .ask("POST /v1/session", JSON, &guessed.to_string())
        .await;
    assert_eq!((guessed.status, guessed.code().as_str()), (401, "wrong"));
}

#[tokio::test]
async fn a_code_of_an_authenticator_signs_on_once() {
    // RFC 6238, appendix B: at 59 s this secret shows 94287082, whose last six digits count.
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let bench = Bench::with(false, || {
        jiff::Timestamp::from_second(59).expect("a second")
    })
    .await;
    let cookie = bench.signed("ada", Role::Finance, None).await;
    let tried = serde_json::json!({ "secret": SECRET, "code": "287082" }).to_string();
    let used = bench
        .ask_as(&cookie, "PUT /v1/session/authenticator", &tried)
        .await;
    assert_eq!(used.status, 204, "{}", used.body);
    let body = serde_json::json!({ "name": "ada", "password": PASSWORD, "code": "287082" });
    let first = bench.ask("POST /v1/session", JSON, &body.to_string()).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let again = bench.ask("POST /v1/session", JSON, &body.to_string()).await;
    assert_eq!((again.status, again.code().as_str()), (401, "wrong"));
}
