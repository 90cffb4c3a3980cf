//! Signing on by a provider of identities: npm's `oidc-provider`, on this machine.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use reqwest::{Client, Url, redirect};
use trueup_server::ProviderSetting;
use trueup_server::wire::Role;

use crate::bench::{Answer, Bench};

const ADDRESS: &str = "http://127.0.0.1:8080";

/// A provider that runs until it is dropped.
struct Elsewhere {
    issuer: String,
    child: Child,
    _stdin: ChildStdin,
    /// It says more, and would end where nobody listens.
    _stdout: BufReader<ChildStdout>,
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Elsewhere {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/tests/provider.mjs");
        let mut child = Command::new("node")
            .arg(script)
            .arg(format!("{ADDRESS}/v1/sign-on/provider/return"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node is there, and `scripts/web_test.sh build` installed its packages");
        let out = child.stdout.take().expect("piped");
        let mut issuer = String::new();
        let mut out = BufReader::new(out);
        out.read_line(&mut issuer).expect("a line");
        Self {
            issuer: issuer.trim().to_owned(),
            _stdout: out,
            _stdin: child.stdin.take().expect("piped"),
            child,
        }
    }

    fn setting(&self) -> ProviderSetting {
        ProviderSetting {
            issuer: self.issuer.clone(),
            client: "trueup".to_owned(),
            secret: Some("the client's own secret".to_owned()),
            called: "Example".to_owned(),
            address: ADDRESS.to_owned(),
        }
    }

    async fn bench(&self) -> Bench {
        let bench = Bench::with_provider(self.setting()).await;
        bench.signed("ada@example.org", Role::Finance, None).await;
        bench
    }
}

/// What a browser goes through at the provider, until it is sent back: the path and query that it is sent back to.
async fn through(address: &str, as_whom: &str) -> String {
    let browser = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy();
    let browser = browser.build().expect("a client");
    let mut address = Url::parse(address).expect("an address");
    address.query_pairs_mut().append_pair("login_hint", as_whom);
    let mut cookies = BTreeMap::new();
    for _ in 0..8 {
        let all: Vec<String> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let asked = browser
            .get(address.clone())
            .header("cookie", all.join("; "));
        let answer = asked.send().await.expect("answered");
        for set in answer.headers().get_all("set-cookie") {
            let set = set
                .to_str()
                .expect("text")
                .split(';')
                .next()
                .expect("a pair");
            let (name, value) = set.split_once('=').expect("a pair");
            match value.is_empty() {
                true => cookies.remove(name),
                false => cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        let status = answer.status();
        assert!(status.is_redirection(), "{address} answered {status}");
        let next = answer.headers()["location"]
            .to_str()
            .expect("text")
            .to_owned();
        if let Some(back) = next.strip_prefix(ADDRESS) {
            return back.to_owned();
        }
        address = address.join(&next).expect("an address");
    }
    panic!("{address} leads nowhere");
}

/// A try: where the provider is, and the cookie of the browser that began it.
async fn begin(bench: &Bench, to: &str) -> (String, String) {
    let begun = bench
        .ask(&format!("GET /v1/sign-on/provider?to={to}"), "", "")
        .await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    let cookie = begun.head["set-cookie"].to_str().expect("text");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let cookie = cookie.split(';').next().expect("a pair").to_owned();
    (location(&begun), cookie)
}

fn location(answer: &Answer) -> String {
    answer.head["location"].to_str().expect("text").to_owned()
}

/// The session's cookie of an answer; none where it begins none.
fn session(answer: &Answer) -> Option<String> {
    let all = answer.head.get_all("set-cookie").iter();
    let mut all = all.filter_map(|set| set.to_str().ok()?.split(';').next());
    all.find(|set| set.starts_with("trueup="))
        .map(str::to_owned)
}

async fn back(bench: &Bench, path: &str, cookie: &str) -> Answer {
    let answer = bench
        .ask(&format!("GET {path}"), &format!("cookie: {cookie}"), "")
        .await;
    assert_eq!(answer.status, 303, "{path}: {}", answer.body);
    answer
}

/// Somebody was not signed on, and the page is told why.
fn check(answer: &Answer, why: &str) {
    assert_eq!(location(answer), format!("/sign-on?refused={why}"));
    assert_eq!(session(answer), None);
}

#[tokio::test]
async fn whoever_an_administrator_added_signs_on_by_the_provider() {
    let elsewhere = Elsewhere::start();
    let bench = elsewhere.bench().await;
    let ways = bench.ask("GET /v1/sign-on", "", "").await;
    assert_eq!(ways.json()["provider"]["called"], "Example");
    let (address, cookie) = begin(&bench, "/periods%3Fopen%3D1").await;
    for part in [
        "response_type=code",
        "code_challenge_method=S256",
        "client_id=trueup",
    ] {
        assert!(address.contains(part), "{address}");
    }
    let path = through(&address, "ada").await;
    let planted = format!("{cookie}; trueup=planted");
    let answer = back(&bench, &path, &planted).await;
    assert_eq!(location(&answer), "/periods?open=1");
    let signed = session(&answer).expect("a session");
    assert!(!signed.contains("planted"));
    let told = bench.ask_as(&signed, "GET /v1/session", "").await;
    assert_eq!(told.json()["name"], "ada@example.org");
    // The same answer again is nobody's: the try is used up, and so is its code.
    check(&back(&bench, &path, &cookie).await, "stale");
    let (_, other) = begin(&bench, "/").await;
    check(&back(&bench, &path, &other).await, "stale");
}

#[tokio::test]
async fn an_answer_counts_only_for_the_browser_and_the_try_that_it_is_for() {
    let elsewhere = Elsewhere::start();
    let bench = elsewhere.bench().await;
    let (address, cookie) = begin(&bench, "/").await;
    let path = through(&address, "ada").await;
    // Somebody makes another browser take his answer.
    check(&back(&bench, &path, "trueup-try=planted").await, "stale");
    check(&bench.ask(&format!("GET {path}"), "", "").await, "stale");
    // The code of one try in the answer of another: the verifier is not its.
    let (second, other) = begin(&bench, "/").await;
    let state = Url::parse(&second).expect("an address");
    let state = state.query_pairs().find(|(name, _)| name == "state");
    let state = state.expect("a state").1.into_owned();
    let answer = Url::parse(&format!("{ADDRESS}{path}")).expect("an address");
    let code = answer.query_pairs().find(|(name, _)| name == "code");
    let code = code.expect("a code").1.into_owned();
    let mixed = format!(
        "/v1/sign-on/provider/return?code={code}&state={state}&iss={}",
        elsewhere.issuer
    );
    check(&back(&bench, &mixed, &other).await, "wrong");
    // Whoever began it still is who it was for.
    assert!(session(&back(&bench, &path, &cookie).await).is_some());
}

#[tokio::test]
async fn another_nonce_and_another_issuer_are_refused() {
    let elsewhere = Elsewhere::start();
    let bench = elsewhere.bench().await;
    let (address, cookie) = begin(&bench, "/").await;
    let other = address.replacen("nonce=", "nonce=x", 1);
    check(
        &back(&bench, &through(&other, "ada").await, &cookie).await,
        "wrong",
    );
    let (address, cookie) = begin(&bench, "/").await;
    let path = through(&address, "ada").await;
    let (before, _) = path.split_once("&iss=").expect("an issuer");
    let evil = format!("{before}&iss=https%3A%2F%2Fevil.example");
    check(&back(&bench, &evil, &cookie).await, "wrong");
    // One that says that it always names itself, and does not, is another.
    let (address, cookie) = begin(&bench, "/").await;
    let path = through(&address, "ada").await;
    let (before, _) = path.split_once("&iss=").expect("an issuer");
    check(&back(&bench, before, &cookie).await, "wrong");
    let (_, cookie) = begin(&bench, "/").await;
    check(
        &back(
            &bench,
            "/v1/sign-on/provider/return?error=access_denied",
            &cookie,
        )
        .await,
        "stale",
    );
    let meters = bench
        .ask(
            "GET /metrics",
            "authorization: Bearer the operator's own",
            "",
        )
        .await;
    let counted = "trueup_sign_on_failures_total{way=\"provider\",why=\"wrong\"} 3";
    assert!(meters.body.contains(counted), "{}", meters.body);
}

#[tokio::test]
async fn nobody_is_made_up_and_nobody_becomes_another() {
    let elsewhere = Elsewhere::start();
    let bench = elsewhere.bench().await;
    let come = async |whom: &str| {
        let (address, cookie) = begin(&bench, "/").await;
        back(&bench, &through(&address, whom).await, &cookie).await
    };
    check(&come("stranger").await, "unknown");
    check(&come("mallory").await, "unverified");
    assert!(session(&come("ada").await).is_some());
    check(&come("usurper").await, "unknown");
    assert!(session(&come("ada").await).is_some());
    assert_eq!(bench.database.people_count().await.expect("counted"), 1);
    let log = bench.log.lock().expect("the log").join("\n");
    for secret in ["ada@", "Ada@", "stranger@", "code=", "nonce"] {
        assert!(!log.contains(secret), "{secret} stands in {log}");
    }
}

#[tokio::test]
async fn a_provider_leads_nowhere_else() {
    let elsewhere = Elsewhere::start();
    let bench = elsewhere.bench().await;
    for to in [
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "%2Fa%0D%0Aset-cookie%3A%20x%3D1",
    ] {
        let (address, cookie) = begin(&bench, to).await;
        let answer = back(&bench, &through(&address, "ada").await, &cookie).await;
        assert_eq!(location(&answer), "/", "{to}");
        assert_eq!(answer.head.get_all("set-cookie").iter().count(), 2, "{to}");
    }
}

#[tokio::test]
async fn a_provider_that_is_gone_or_is_another_is_said_to_be() {
    let elsewhere = Elsewhere::start();
    let mut setting = elsewhere.setting();
    setting.issuer = elsewhere.issuer.replace("127.0.0.1", "localhost");
    let bench = Bench::with_provider(setting).await;
    let begun = bench.ask("GET /v1/sign-on/provider", "", "").await;
    check(&begun, "down");
    let setting = elsewhere.setting();
    drop(elsewhere);
    let bench = Bench::with_provider(setting).await;
    check(&bench.ask("GET /v1/sign-on/provider", "", "").await, "down");
    let none = Bench::new().await;
    assert_eq!(
        none.ask("GET /v1/sign-on/provider", "", "").await.status,
        404
    );
    assert!(none.ask("GET /v1/sign-on", "", "").await.json()["provider"].is_null());
}
