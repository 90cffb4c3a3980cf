//! A server before a program of two partners, and people of every role.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::MockConnectInfo;
use axum::http::{Request, Response, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt as _;
use trueup_facts::disk::Disk;
use trueup_facts::program::Program;
use trueup_facts::push::Counter;
use trueup_server::wire::{
    AcceptAsked, ActShort, ActShown, AgreementAnswer, AgreementList, Announcement,
    AnnouncementWithdrawal, ApproveAsked, Board, BundleVerdict, CalculateAsked, Comparison,
    Dispute, DisputeAnswer, DisputeState, Exception, ExceptionList, FactPage, FactsAsked,
    FeedQuality, Feeds, Grant, JournalAsked, JournalPage, KeyRequest, LineExplanation,
    LookedThrough, NewAnnouncement, NewDispute, NewException, OrderedPayout, Overview, Paper,
    Partner, PartnerAnnouncementList, PartnerHome, PartnerKeys, PartnerPage, PartnerPayments,
    PartnersAsked, PaymentFileAsked, PayoutApproveAsked, PayoutPreview, PayoutShown, PayoutSteps,
    Payouts, PeriodEarned, PeriodSteps, Periods, Permitted, PlanCheckAsked, PlanChecked, PlanList,
    PlanShort, PlanText, ReportAsked, Role, SigningAnswer, SigningAsked, Standing, Statement,
    StatementList, WhatIfAnswer, WhatIfAsked, WhatIfForm,
};
use trueup_server::{
    Actor, App, Cost, FieldError, File, Files, Log, MailSetting, NewAccount, ProviderSetting,
    Reach, Refused, Server, Settings, account, no_partner,
};
use trueup_store::Database;

use crate::told::{self, euros, exception, fresh, partner_told};
use crate::world::World;

const PROGRAM: &str = "program: alliance
title: Alliance
is: A program of two partners
currency: EUR
zone: Europe/Berlin
calendar: { year_starts: 01-01 }
kinds:
  sale:
    is: A sale
    dated: invoiced_on
    columns: { partner: partner, invoiced_on: date, amount: { type: money, scale: 2 } }
directories:
  partners:
    is: Everyone
    file: data/partners.csv
    id: id
    columns: { name: name }
sources:
  shop:
    is: The web shop
    owner: finance
    kind: sale
    format: json
    id: [number]
    revision: revision
    map:
      partner: { column: customer, identity: partners }
      invoiced_on: day
      amount: amount
";

/// What everybody signs on with.
pub const PASSWORD: &str = "four words are good";

/// Cheap, so that tests are.
pub const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
};

/// A server and the people who ask it.
pub struct Bench {
    router: Router,
    pub database: Database,
    pub server: Server,
    /// What the server's log said, a line each.
    pub log: Arc<Mutex<Vec<String>>>,
    /// What happens to the program behind it.
    pub world: Arc<World>,
    _folder: tempfile::TempDir,
}

/// How a server is started.
struct Start {
    database: Option<Database>,
    is_by_tls: bool,
    now: fn() -> jiff::Timestamp,
    provider: Option<ProviderSetting>,
    reach: Reach,
    mail: Option<MailSetting>,
}

impl Default for Start {
    fn default() -> Self {
        Self {
            database: None,
            is_by_tls: false,
            now: jiff::Timestamp::now,
            provider: None,
            reach: Reach::Public,
            mail: None,
        }
    }
}

/// What was answered.
pub struct Answer {
    pub status: u16,
    pub head: axum::http::HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// The stable code of a refusal.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Bench {
    pub async fn new() -> Self {
        Self::with(false, jiff::Timestamp::now).await
    }

    /// Behind TLS or not, and by a clock.
    pub async fn with(is_by_tls: bool, now: fn() -> jiff::Timestamp) -> Self {
        let start = Start {
            is_by_tls,
            now,
            ..Start::default()
        };
        Self::on(start).await
    }

    /// With webhooks that reach so far, and by a clock.
    pub async fn with_reach(reach: Reach, now: fn() -> jiff::Timestamp) -> Self {
        let start = Start {
            reach,
            now,
            ..Start::default()
        };
        Self::on(start).await
    }

    /// With mails that go to a relay, with webhooks that reach this machine, and by a clock.
    pub async fn with_mail(relay: &str, now: fn() -> jiff::Timestamp) -> Self {
        let start = Start {
            reach: Reach::AndThisMachine,
            now,
            mail: Some(MailSetting {
                relay: relay.to_owned(),
                from: "Alliance <trueup@example.org>".to_owned(),
                address: "https://trueup.example.org/".to_owned(),
            }),
            ..Start::default()
        };
        Self::on(start).await
    }

    /// With a provider of identities.
    pub async fn with_provider(provider: ProviderSetting) -> Self {
        let start = Start {
            provider: Some(provider),
            ..Start::default()
        };
        Self::on(start).await
    }

    /// Another start of the server, on the same database.
    pub async fn started_again(&self) -> Self {
        let start = Start {
            database: Some(self.database.clone()),
            ..Start::default()
        };
        Self::on(start).await
    }

    async fn on(start: Start) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, text).expect("written");
        };
        write("program.yaml", PROGRAM);
        write("data/partners.csv", "id,name\nP-1,One\nP-2,Two\n");
        let read = Program::read(folder.path()).expect("read");
        let program = Arc::new(read.program.unwrap_or_else(|| {
            panic!("{:?}", read.diagnostics);
        }));
        let counter = Counter::open(&program, &Disk::default(), jiff::Timestamp::now);
        let database = match start.database {
            Some(known) => known,
            None => {
                let path = folder.path().join("people.db");
                Database::in_file(&path).await.expect("opened")
            }
        };
        let world = Arc::<World>::default();
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = log.clone();
        let settings = Settings {
            log: Log::to(move |line| kept.lock().expect("kept").push(line.to_owned())),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            token: Some("the operator's own".to_owned()),
            is_by_tls: start.is_by_tls,
            cost: CHEAP,
            provider: start.provider,
            webhooks_reach: start.reach,
            mail: start.mail,
            database: database.clone(),
            files: Files::of(&[
                ("index.html", b"<meta content=\"__STYLE_NONCE__\">"),
                ("assets/app-1.js", b"let app = 1;"),
            ]),
            now: start.now,
        };
        let counter = counter.expect("opened");
        let server =
            Server::listen(settings, program, counter, Box::new(Told(world.clone()))).await;
        let server = server.expect("listening");
        let from = MockConnectInfo(SocketAddr::from(([127, 0, 0, 1], 7)));
        Self {
            router: server.router().layer(from),
            database,
            server,
            log,
            world,
            _folder: folder,
        }
    }

    /// Adds somebody of a role who signs on by the role's word, and signs on; the cookie.
    pub async fn signed(&self, name: &str, role: Role, partner: Option<&str>) -> String {
        let grants = [Grant {
            role,
            partner: partner.map(str::to_owned),
        }];
        let new = NewAccount {
            name,
            shown_name: name,
            password: PASSWORD,
            grants: &grants,
        };
        let person = account(&new, CHEAP).expect("an account");
        assert!(
            self.database
                .add_person(&person, false)
                .await
                .expect("added")
        );
        self.sign_on(name, PASSWORD).await.expect("signed on")
    }

    /// The cookie of whoever signs on; none where nobody does.
    pub async fn sign_on(&self, name: &str, password: &str) -> Option<String> {
        let body = serde_json::json!({ "name": name, "password": password });
        let answer = self
            .ask(
                "POST /v1/session",
                "content-type: application/json",
                &body.to_string(),
            )
            .await;
        let cookie = answer.head.get(header::SET_COOKIE)?.to_str().expect("text");
        (answer.status == 200).then(|| cookie.split(';').next().unwrap_or_default().to_owned())
    }

    /// Asks with headers, a line each.
    pub async fn ask(&self, line: &str, headers: &str, body: &str) -> Answer {
        let (method, path) = line.split_once(' ').expect("method and path");
        let mut request = Request::builder().method(method).uri(path);
        for header in headers.lines().filter(|line| !line.is_empty()) {
            let (name, value) = header.split_once(": ").expect("name and value");
            request = request.header(name, value);
        }
        let request = request
            .body(Body::from(body.to_owned()))
            .expect("a request");
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("answered");
        told(response).await
    }

    /// Asks as whoever has a cookie.
    pub async fn ask_as(&self, cookie: &str, line: &str, body: &str) -> Answer {
        let headers = format!("cookie: {cookie}\ncontent-type: application/json");
        self.ask(line, &headers, body).await
    }

    /// Asks for a stream, which does not end: the status alone.
    pub async fn status_of(&self, cookie: &str, path: &str) -> StatusCode {
        self.opened(cookie, path).await.status()
    }

    /// A stream, open for as long as its answer is kept.
    pub async fn opened(&self, cookie: &str, path: &str) -> Response<Body> {
        let request = Request::builder()
            .uri(path)
            .header("cookie", cookie)
            .body(Body::empty())
            .expect("a request");
        let response = self.router.clone().oneshot(request).await;
        response.expect("answered")
    }
}

async fn told(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let is_stream = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|media| media.as_bytes().starts_with(b"text/event-stream"));
    let body = match is_stream {
        true => String::new(),
        false => {
            let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("read");
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    Answer {
        status: parts.status.as_u16(),
        head: parts.headers,
        body,
    }
}

/// A program that knows two partners and says the same to everybody.
struct Told(Arc<World>);

fn known(partner: &str) -> Result<(), Refused> {
    match partner {
        "P-1" | "P-2" => Ok(()),
        other => Err(no_partner(other)),
    }
}

fn period() -> PeriodEarned {
    PeriodEarned {
        period: "2026-Q1".to_owned(),
        starts_on: "2026-01-01".to_owned(),
        ends_on: "2026-03-31".to_owned(),
        standing: Standing::Closed,
        total: euros("1.00"),
        open_lines: 0,
    }
}

fn dispute(id: u64, partner: &str) -> Dispute {
    Dispute {
        id,
        partner: partner.to_owned(),
        partner_name: partner.to_owned(),
        plan: "plan".to_owned(),
        component: "bonus".to_owned(),
        settled_on: "2026-03-31".to_owned(),
        because: "an order is missing".to_owned(),
        opened_on: "2026-04-02".to_owned(),
        opened_by: "u-9".to_owned(),
        in_the_name_of: format!("partner/{partner}"),
        state: DisputeState::Open,
        answer: None,
        answered_by: None,
        may_answer: Permitted::yes(),
        may_withdraw: Permitted::yes(),
    }
}

fn plan_short() -> PlanShort {
    PlanShort {
        name: "plan".to_owned(),
        title: "Plan".to_owned(),
        version: "1".to_owned(),
        is: "A plan".to_owned(),
        file: "plans/plan.yaml".to_owned(),
        partners: 2,
    }
}

fn payouts() -> Payouts {
    Payouts {
        closed_until: Some("2026-03-31".to_owned()),
        waiting: None,
        ordered: Vec::new(),
        steps: PayoutSteps {
            prepare: Permitted::yes(),
            approve: Permitted::yes(),
            order: Permitted::yes(),
            report: Permitted::yes(),
        },
    }
}

fn file(name: &str) -> File {
    File {
        name: name.to_owned(),
        media: "text/plain; charset=utf-8",
        bytes: b"text".to_vec(),
    }
}

impl App for Told {
    fn refresh(&self) -> u64 {
        0
    }

    fn is_touched(&self, _: &str, _: (u64, u64)) -> bool {
        true
    }

    fn ready(&self) -> Result<(), Refused> {
        Ok(())
    }

    fn partners(&self, only: Option<&[&str]>, _: &PartnersAsked) -> Result<PartnerPage, Refused> {
        let all = ["P-1", "P-2"].into_iter();
        let seen = all.filter(|id| only.is_none_or(|only| only.contains(id)));
        let partners: Vec<_> = seen
            .map(|id| trueup_server::wire::PartnerShort {
                id: id.to_owned(),
                name: id.to_owned(),
                plan: "plan".to_owned(),
                plan_title: "Plan".to_owned(),
                agreement_starts_on: "2026-01-01".to_owned(),
                attributes: Default::default(),
            })
            .collect();
        Ok(PartnerPage {
            total: partners.len() as u64,
            partners,
            next: None,
        })
    }

    fn partner(&self, partner: &str) -> Result<Partner, Refused> {
        known(partner)?;
        Ok(partner_told(partner))
    }

    fn home(&self, partner: &str) -> Result<PartnerHome, Refused> {
        known(partner)?;
        Ok(PartnerHome {
            partner: partner_told(partner),
            money: Vec::new(),
            now: Some(period()),
            periods: vec![period()],
            progress: Vec::new(),
            caps: Vec::new(),
            gains: Vec::new(),
            objectives: Vec::new(),
            next_dates: Vec::new(),
            freshness: fresh(),
            open_disputes: 0,
            notes: Vec::new(),
        })
    }

    fn board(&self, partner: &str) -> Result<Board, Refused> {
        known(partner)?;
        Ok(told::board(partner))
    }

    fn statements(&self, partner: &str) -> Result<StatementList, Refused> {
        known(partner)?;
        Ok(StatementList {
            partner: partner.to_owned(),
            statements: vec![period()],
        })
    }

    fn statement(&self, partner: &str, asked: &str) -> Result<Statement, Refused> {
        known(partner)?;
        Ok(Statement {
            partner: partner.to_owned(),
            partner_name: partner.to_owned(),
            plan: "plan".to_owned(),
            plan_version: "1".to_owned(),
            title: "Plan".to_owned(),
            under: "Plan".to_owned(),
            period: asked.to_owned(),
            starts_on: "2026-01-01".to_owned(),
            ends_on: "2026-03-31".to_owned(),
            standing: Standing::Closed,
            closed_until: None,
            currency: "EUR".to_owned(),
            objectives: Vec::new(),
            lines: Vec::new(),
            total: euros("1.00"),
            corrections: Vec::new(),
            total_with_corrections: euros("1.00"),
            on: Vec::new(),
            leaves: Vec::new(),
            funds: Vec::new(),
            notes: Vec::new(),
            acceptance: trueup_server::wire::Acceptance::not_closed(),
            previous: None,
            next: None,
        })
    }

    fn whatif_form(&self, partner: &str) -> Result<WhatIfForm, Refused> {
        known(partner)?;
        Ok(told::whatif_form(partner))
    }

    fn whatif(&self, partner: &str, asked: &WhatIfAsked) -> Result<WhatIfAnswer, Refused> {
        known(partner)?;
        if asked.rows.is_empty() {
            return Err(Refused::parts(vec![FieldError {
                pointer: "#/rows".to_owned(),
                detail: "give a row".to_owned(),
            }]));
        }
        Ok(told::whatif(partner))
    }

    fn agreements(&self, partner: &str) -> Result<AgreementList, Refused> {
        known(partner)?;
        Ok(AgreementList {
            partner: partner.to_owned(),
            partner_name: partner.to_owned(),
            agreements: Vec::new(),
        })
    }

    fn answer_agreement(
        &self,
        _: &Actor,
        partner: &str,
        _: &str,
        _: &AgreementAnswer,
    ) -> Result<(), Refused> {
        known(partner)
    }

    fn accept(&self, _: &Actor, partner: &str, _: &AcceptAsked) -> Result<(), Refused> {
        known(partner)
    }

    fn partner_keys(&self, partner: &str) -> Result<PartnerKeys, Refused> {
        known(partner)?;
        Ok(PartnerKeys {
            partner: partner.to_owned(),
            key_name: format!("alliance/partner/{partner}"),
            keys: Vec::new(),
            may_hold: Permitted::yes(),
        })
    }

    fn hold_key(&self, _: &Actor, partner: &str, _: &KeyRequest) -> Result<(), Refused> {
        known(partner)
    }

    fn sign_step(
        &self,
        _: &Actor,
        partner: &str,
        _: &SigningAsked,
    ) -> Result<SigningAnswer, Refused> {
        known(partner)?;
        Ok(SigningAnswer::done())
    }

    fn document(&self, partner: &str, period: &str, _: Paper) -> Result<File, Refused> {
        known(partner)?;
        Ok(file(&format!("statement-{partner}-{period}\r\nx: \"é.pdf")))
    }

    fn bundle(&self, _: &Actor, partner: &str, _: &str) -> Result<File, Refused> {
        known(partner)?;
        Ok(file("statement.bundle"))
    }

    fn payouts(&self) -> Result<Payouts, Refused> {
        Ok(payouts())
    }

    fn payout_preview(&self, on: Option<&str>) -> Result<PayoutPreview, Refused> {
        Ok(PayoutPreview {
            payout: 1,
            on: on.unwrap_or("2026-05-15").to_owned(),
            payments: Vec::new(),
            totals: Default::default(),
            new_accounts: 0,
            waits: Vec::new(),
        })
    }

    fn prepare_payout(&self, _: &Actor, _: &str) -> Result<Payouts, Refused> {
        Ok(payouts())
    }

    fn approve_payout(&self, _: &Actor, _: &PayoutApproveAsked) -> Result<Payouts, Refused> {
        Ok(payouts())
    }

    fn order_payout(&self, _: &Actor) -> Result<Payouts, Refused> {
        Ok(payouts())
    }

    fn payout(&self, number: u64) -> Result<PayoutShown, Refused> {
        Ok(PayoutShown {
            payout: OrderedPayout {
                payout: number,
                on: "2026-05-15".to_owned(),
                ordered_at: "2026-05-14T09:00:00Z".to_owned(),
                totals: Default::default(),
                payments: 0,
                paid: 0,
                returned: 0,
                unknown: 0,
                open: 0,
            },
            payments: Vec::new(),
            may_report: Permitted::yes(),
        })
    }

    fn payment_file(&self, _: u64, _: &PaymentFileAsked) -> Result<File, Refused> {
        Ok(file("payout-1.xml"))
    }

    fn report_payments(
        &self,
        _: &Actor,
        number: u64,
        _: &ReportAsked,
    ) -> Result<PayoutShown, Refused> {
        self.payout(number)
    }

    fn partner_payments(&self, partner: &str) -> Result<PartnerPayments, Refused> {
        known(partner)?;
        Ok(PartnerPayments {
            partner: partner.to_owned(),
            partner_name: partner.to_owned(),
            route: None,
            account: None,
            is_profile_waiting: false,
            money: Vec::new(),
            waits: Vec::new(),
            payments: Vec::new(),
        })
    }

    fn journal(&self, _: &JournalAsked) -> Result<JournalPage, Refused> {
        Ok(JournalPage {
            origin: "alliance".to_owned(),
            size: 0,
            root: None,
            signed_size: None,
            checkpoint: None,
            kinds: Vec::new(),
            acts: Vec::new(),
            next: None,
        })
    }

    fn act(&self, act: u64) -> Result<ActShown, Refused> {
        Ok(ActShown {
            act: ActShort {
                act,
                at: "2026-04-02T09:00:00Z".to_owned(),
                by: "u-17".to_owned(),
                in_the_name_of: "vendor".to_owned(),
                kind: "period.closed".to_owned(),
                partner: None,
                says: "{}".to_owned(),
            },
            content: "{}".to_owned(),
            hash: String::new(),
            note: String::new(),
            signers: Vec::new(),
            wrong: None,
        })
    }

    fn act_proof(&self, _: u64) -> Result<File, Refused> {
        Ok(file("act-1.tlog-proof"))
    }

    fn look_through(&self) -> Result<LookedThrough, Refused> {
        Ok(LookedThrough {
            is_whole: true,
            looked: Vec::new(),
            notes: Vec::new(),
            found: Vec::new(),
        })
    }

    fn check_bundle(&self, _: &[u8]) -> Result<BundleVerdict, Refused> {
        Ok(BundleVerdict {
            holds: true,
            says: String::new(),
            key: String::new(),
        })
    }

    fn vendor_key(&self) -> Result<File, Refused> {
        Ok(file("vendor.key"))
    }

    fn explanation(
        &self,
        partner: &str,
        asked: &str,
        line: &str,
        _: bool,
    ) -> Result<LineExplanation, Refused> {
        known(partner)?;
        Ok(told::explanation(partner, asked, line))
    }

    fn compared(&self, partner: &str, _: &str) -> Result<Comparison, Refused> {
        known(partner)?;
        Ok(Comparison {
            partner: partner.to_owned(),
            before: period(),
            after: period(),
            difference: euros("0.00"),
            components: Vec::new(),
        })
    }

    fn disputes(&self) -> Result<Vec<Dispute>, Refused> {
        Ok(vec![dispute(8, "P-2"), dispute(7, "P-1")])
    }

    fn open_dispute(&self, who: &Actor, asked: &NewDispute) -> Result<Dispute, Refused> {
        known(&asked.partner)?;
        let mut opened = dispute(9, &asked.partner);
        opened.opened_by.clone_from(&who.person);
        if who.partner.is_none() {
            "vendor".clone_into(&mut opened.in_the_name_of);
        }
        Ok(opened)
    }

    fn answer_dispute(&self, _: &Actor, asked: u64, _: &DisputeAnswer) -> Result<Dispute, Refused> {
        Ok(dispute(asked, "P-1"))
    }

    fn feeds(&self) -> Result<Feeds, Refused> {
        Ok(told::feeds())
    }

    fn feed_quality(&self, source: &str) -> Result<FeedQuality, Refused> {
        Ok(told::feed_quality(source))
    }

    fn partner_facts(&self, partner: &str, _: &FactsAsked) -> Result<FactPage, Refused> {
        known(partner)?;
        Ok(told::partner_facts(partner))
    }

    fn is_fact_of(&self, partner: &str, _: &str) -> Result<(), Refused> {
        known(partner)
    }

    fn exceptions(&self) -> Result<ExceptionList, Refused> {
        Ok(told::exceptions())
    }

    fn propose_exception(&self, _: &Actor, asked: &NewException) -> Result<Exception, Refused> {
        known(&asked.partner)?;
        Ok(exception(11, &asked.partner))
    }

    fn approve_exception(&self, who: &Actor, number: u64) -> Result<Exception, Refused> {
        Ok(Exception {
            approved_by: Some(who.person.clone()),
            batch: Some(1),
            ..exception(number, "P-1")
        })
    }

    fn overview(&self) -> Result<Overview, Refused> {
        Ok(Overview {
            program_title: "Alliance".to_owned(),
            partners: 2,
            periods: Vec::new(),
            objectives: Vec::new(),
            bands: Vec::new(),
            waiting: Vec::new(),
            watched: Vec::new(),
            freshness: fresh(),
            notes: Vec::new(),
        })
    }

    fn announcements(&self) -> Result<Vec<Announcement>, Refused> {
        Ok(Vec::new())
    }

    fn announce(&self, _: &Actor, _: &NewAnnouncement) -> Result<(), Refused> {
        Ok(())
    }

    fn withdraw_announcement(
        &self,
        _: &Actor,
        _: u64,
        _: &AnnouncementWithdrawal,
    ) -> Result<(), Refused> {
        Ok(())
    }

    fn partner_announcements(
        &self,
        partner: &str,
        _: &str,
    ) -> Result<PartnerAnnouncementList, Refused> {
        known(partner)?;
        Ok(PartnerAnnouncementList {
            announcements: Vec::new(),
        })
    }

    fn acknowledge(&self, _: &Actor, partner: &str, _: u64) -> Result<(), Refused> {
        known(partner)
    }

    fn touched(&self, _: u64) -> Result<Option<Vec<String>>, Refused> {
        Ok(self.0.touched.lock().expect("kept").clone())
    }

    fn late_feeds(&self) -> Result<Vec<(String, String)>, Refused> {
        Ok(self.0.late.lock().expect("kept").clone())
    }

    fn periods(&self) -> Result<Periods, Refused> {
        Ok(Periods {
            has_journal: true,
            closed_until: None,
            may_be_closed: Vec::new(),
            waiting: None,
            closed: Vec::new(),
            steps: PeriodSteps {
                calculate: Permitted::yes(),
                approve: Permitted::yes(),
                close: Permitted::yes(),
            },
        })
    }

    fn calculate(&self, _: &Actor, _: &CalculateAsked) -> Result<Periods, Refused> {
        let taken = self.0.calculate()?;
        let mut periods = self.periods()?;
        // So that no two answers are the same.
        periods.closed_until = Some(format!("2026-01-{taken:02}"));
        Ok(periods)
    }

    fn approve(&self, _: &Actor, _: &ApproveAsked) -> Result<Periods, Refused> {
        self.periods()
    }

    fn close(&self, _: &Actor) -> Result<Periods, Refused> {
        self.periods()
    }

    fn plans(&self) -> Result<PlanList, Refused> {
        Ok(PlanList {
            plans: vec![plan_short()],
        })
    }

    fn plan(&self, _: &str) -> Result<PlanText, Refused> {
        Ok(PlanText {
            plan: plan_short(),
            text: String::new(),
            words: String::new(),
        })
    }

    fn check_plan(&self, _: &PlanCheckAsked) -> Result<PlanChecked, Refused> {
        Ok(PlanChecked {
            is_usable: true,
            findings: Vec::new(),
            words: None,
            changes: Vec::new(),
            effect: None,
            no_effect: None,
        })
    }
}
