//! The HTTP API, sign-on and the web app's files. It is the only place that knows HTTP: what a request asks is decided by the
//! crates behind it, through the port [`App`].
//!
//! Who may do what stands in `access`, once; each route is registered with its operation (`routes`), and what is said of the API
//! is generated from the same lines. The crate must never work out an amount.
#![forbid(unsafe_code)]

mod access;
mod answer;
mod body;
mod events;
mod files;
mod gate;
mod identity;
mod log;
mod mail;
mod meters;
mod noted;
mod once;
mod outside;
mod password;
mod provider;
mod routes;
mod telling;
mod webhooks;
pub mod wire;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, watch};
use trueup_facts::digest::Digest;
use trueup_facts::program::Program;
use trueup_facts::push::Counter;
use trueup_store::{Database, Person};

pub use access::no_partner;
pub use answer::{FieldError, File, Refused, excerpt};
pub use files::Files;
pub use log::{Level, Log};
pub use mail::MailSetting;
pub use outside::Reach;
pub use password::Cost;
pub use provider::ProviderSetting;

use wire::{
    AcceptAsked, ActShown, AgreementAnswer, AgreementList, Announcement, AnnouncementWithdrawal,
    ApproveAsked, Board, BundleVerdict, CalculateAsked, Comparison, Dispute, DisputeAnswer,
    Exception, ExceptionList, FactPage, FactsAsked, FeedQuality, Feeds, Grant, JournalAsked,
    JournalPage, KeyRequest, LineExplanation, LookedThrough, NewAnnouncement, NewDispute,
    NewException, Overview, Paper, Partner, PartnerAnnouncementList, PartnerHome, PartnerKeys,
    PartnerPage, PartnerPayments, PartnersAsked, PaymentFileAsked, PayoutApproveAsked,
    PayoutPreview, PayoutShown, Payouts, Periods, PlanCheckAsked, PlanChecked, PlanList, PlanText,
    ReportAsked, SigningAnswer, SigningAsked, Statement, StatementList, WhatIfAnswer, WhatIfAsked,
    WhatIfForm,
};

/// Who takes a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The person's id.
    pub person: String,
    /// The partner in whose name; none in the vendor's.
    pub partner: Option<String>,
}

impl Actor {
    /// Whoever asks, in the vendor's name.
    fn of_vendor(caller: &access::Caller) -> Self {
        Self {
            person: caller.person.clone(),
            partner: None,
        }
    }
}

/// What the server asks of the program behind it. Whether the one who asks may ask is settled before; what an answer says
/// that somebody may do is what the rules of the business say of it.
pub trait App: Send + Sync + 'static {
    /// Looks whether anything changed; a number that grows when it did.
    fn refresh(&self) -> u64;

    /// Whether a change after one number and until another may touch a partner.
    fn is_touched(&self, partner: &str, between: (u64, u64)) -> bool;

    /// Whether figures can be answered.
    ///
    /// # Errors
    /// Why not.
    fn ready(&self) -> Result<(), Refused>;

    /// A page of partners, of all or of some.
    ///
    /// # Errors
    /// Why there is none.
    fn partners(
        &self,
        only: Option<&[&str]>,
        asked: &PartnersAsked,
    ) -> Result<PartnerPage, Refused>;

    /// One partner.
    ///
    /// # Errors
    /// When there is none of the id.
    fn partner(&self, partner: &str) -> Result<Partner, Refused>;

    /// A partner's home.
    ///
    /// # Errors
    /// Why there is none.
    fn home(&self, partner: &str) -> Result<PartnerHome, Refused>;

    /// A partner's joint board.
    ///
    /// # Errors
    /// Why there is none.
    fn board(&self, partner: &str) -> Result<Board, Refused>;

    /// A partner's statements.
    ///
    /// # Errors
    /// Why there are none.
    fn statements(&self, partner: &str) -> Result<StatementList, Refused>;

    /// A partner's statement of one period.
    ///
    /// # Errors
    /// Why there is none.
    fn statement(&self, partner: &str, period: &str) -> Result<Statement, Refused>;

    /// Why a line of a statement posts what it posts.
    ///
    /// # Errors
    /// Why there is none.
    fn explanation(
        &self,
        partner: &str,
        period: &str,
        line: &str,
        with_rows: bool,
    ) -> Result<LineExplanation, Refused>;

    /// What differs between a statement and the one before.
    ///
    /// # Errors
    /// Why it cannot be said.
    fn compared(&self, partner: &str, period: &str) -> Result<Comparison, Refused>;

    /// What a form needs to ask what a partner would be paid if more happened.
    ///
    /// # Errors
    /// Why nothing can be asked.
    fn whatif_form(&self, partner: &str) -> Result<WhatIfForm, Refused>;

    /// What a partner would be paid if rows came in.
    ///
    /// # Errors
    /// Why it cannot be said, or what is wrong with which cell.
    fn whatif(&self, partner: &str, asked: &WhatIfAsked) -> Result<WhatIfAnswer, Refused>;

    /// A partner's agreements.
    ///
    /// # Errors
    /// When there is no such partner, or what was signed cannot be read.
    fn agreements(&self, partner: &str) -> Result<AgreementList, Refused>;

    /// Accepts or declines what is proposed, in a partner's name.
    ///
    /// # Errors
    /// When a rule says no.
    fn answer_agreement(
        &self,
        who: &Actor,
        partner: &str,
        agreement: &str,
        asked: &AgreementAnswer,
    ) -> Result<(), Refused>;

    /// Accepts everything that is closed in a partner's name.
    ///
    /// # Errors
    /// When a rule says no.
    fn accept(&self, who: &Actor, partner: &str, asked: &AcceptAsked) -> Result<(), Refused>;

    /// The keys that sign for a partner.
    ///
    /// # Errors
    /// When there is no such partner.
    fn partner_keys(&self, partner: &str) -> Result<PartnerKeys, Refused>;

    /// Takes a key that a partner made itself.
    ///
    /// # Errors
    /// When a rule says no.
    fn hold_key(&self, who: &Actor, partner: &str, asked: &KeyRequest) -> Result<(), Refused>;

    /// Takes a step that is signed with a partner's own key, or says what is to be signed for it.
    ///
    /// # Errors
    /// When a rule says no, or a signature does not fit.
    fn sign_step(
        &self,
        who: &Actor,
        partner: &str,
        asked: &SigningAsked,
    ) -> Result<SigningAnswer, Refused>;

    /// A partner's statement of one period as a document.
    ///
    /// # Errors
    /// Why there is none.
    fn document(&self, partner: &str, period: &str, paper: Paper) -> Result<File, Refused>;

    /// A partner's statement of a closed period in one file that anyone can verify.
    ///
    /// # Errors
    /// When there is none, or a rule says no.
    fn bundle(&self, who: &Actor, partner: &str, period: &str) -> Result<File, Refused>;

    /// The vendor's public key.
    ///
    /// # Errors
    /// When there is none.
    fn vendor_key(&self) -> Result<File, Refused>;

    /// Every dispute, the latest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    fn disputes(&self) -> Result<Vec<Dispute>, Refused>;

    /// Opens a dispute.
    ///
    /// # Errors
    /// When a rule says no.
    fn open_dispute(&self, who: &Actor, asked: &NewDispute) -> Result<Dispute, Refused>;

    /// Answers a dispute, or takes it back.
    ///
    /// # Errors
    /// When a rule says no.
    fn answer_dispute(
        &self,
        who: &Actor,
        dispute: u64,
        asked: &DisputeAnswer,
    ) -> Result<Dispute, Refused>;

    /// Every exception, the latest first, and what may be given up.
    ///
    /// # Errors
    /// When the journal or the books cannot be read.
    fn exceptions(&self) -> Result<ExceptionList, Refused>;

    /// Proposes an exception.
    ///
    /// # Errors
    /// When a rule says no.
    fn propose_exception(&self, who: &Actor, asked: &NewException) -> Result<Exception, Refused>;

    /// Approves an exception.
    ///
    /// # Errors
    /// When there is none that waits, or a rule says no.
    fn approve_exception(&self, who: &Actor, exception: u64) -> Result<Exception, Refused>;

    /// The sources, and the rows that are set aside.
    ///
    /// # Errors
    /// When the facts cannot be read.
    fn feeds(&self) -> Result<Feeds, Refused>;

    /// How good the facts of a source are.
    ///
    /// # Errors
    /// When there is no such source, or its facts cannot be read.
    fn feed_quality(&self, source: &str) -> Result<FeedQuality, Refused>;

    /// A partner's facts.
    ///
    /// # Errors
    /// When there is no such partner or kind.
    fn partner_facts(&self, partner: &str, asked: &FactsAsked) -> Result<FactPage, Refused>;

    /// Whether a fact is credited to a partner and counts.
    ///
    /// # Errors
    /// When it is not.
    fn is_fact_of(&self, partner: &str, fact: &str) -> Result<(), Refused>;

    /// The program's overview.
    ///
    /// # Errors
    /// Why there is none.
    fn overview(&self) -> Result<Overview, Refused>;

    /// Every announcement, the latest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    fn announcements(&self) -> Result<Vec<Announcement>, Refused>;

    /// Makes an announcement.
    ///
    /// # Errors
    /// When a rule says no.
    fn announce(&self, who: &Actor, asked: &NewAnnouncement) -> Result<(), Refused>;

    /// Takes an announcement back.
    ///
    /// # Errors
    /// When there is none of the number, or a rule says no.
    fn withdraw_announcement(
        &self,
        who: &Actor,
        announcement: u64,
        asked: &AnnouncementWithdrawal,
    ) -> Result<(), Refused>;

    /// The announcements to a partner, as somebody of it sees them.
    ///
    /// # Errors
    /// When there is no such partner.
    fn partner_announcements(
        &self,
        partner: &str,
        person: &str,
    ) -> Result<PartnerAnnouncementList, Refused>;

    /// Says in a partner's name that somebody has read an announcement.
    ///
    /// # Errors
    /// When there is no such partner or announcement, or a rule says no.
    fn acknowledge(&self, who: &Actor, partner: &str, announcement: u64) -> Result<(), Refused>;

    /// The partners that an act touches; none where it is about all.
    ///
    /// # Errors
    /// When the act is not read yet.
    fn touched(&self, act: u64) -> Result<Option<Vec<String>>, Refused>;

    /// The sources that are late today, each with the day that it missed.
    ///
    /// # Errors
    /// When they cannot be read.
    fn late_feeds(&self) -> Result<Vec<(String, String)>, Refused>;

    /// Where periods stand.
    ///
    /// # Errors
    /// When the journal cannot be read.
    fn periods(&self) -> Result<Periods, Refused>;

    /// Calculates a period.
    ///
    /// # Errors
    /// When a rule says no.
    fn calculate(&self, who: &Actor, asked: &CalculateAsked) -> Result<Periods, Refused>;

    /// Approves the calculation that waits.
    ///
    /// # Errors
    /// When a rule says no.
    fn approve(&self, who: &Actor, asked: &ApproveAsked) -> Result<Periods, Refused>;

    /// Closes what was approved.
    ///
    /// # Errors
    /// When a rule says no.
    fn close(&self, who: &Actor) -> Result<Periods, Refused>;

    /// Where payouts stand.
    ///
    /// # Errors
    /// When the journal cannot be read.
    fn payouts(&self) -> Result<Payouts, Refused>;

    /// What would be prepared for a day, or for today, and what waits.
    ///
    /// # Errors
    /// When nothing is closed, or the day is none.
    fn payout_preview(&self, on: Option<&str>) -> Result<PayoutPreview, Refused>;

    /// Prepares a payout for a day.
    ///
    /// # Errors
    /// When a rule says no.
    fn prepare_payout(&self, who: &Actor, on: &str) -> Result<Payouts, Refused>;

    /// Approves the payout that waits.
    ///
    /// # Errors
    /// When a rule says no.
    fn approve_payout(&self, who: &Actor, asked: &PayoutApproveAsked) -> Result<Payouts, Refused>;

    /// Orders the payout that was approved.
    ///
    /// # Errors
    /// When a rule says no.
    fn order_payout(&self, who: &Actor) -> Result<Payouts, Refused>;

    /// An ordered payout with its payments.
    ///
    /// # Errors
    /// When there is none of the number.
    fn payout(&self, number: u64) -> Result<PayoutShown, Refused>;

    /// The bank's file of an ordered payout.
    ///
    /// # Errors
    /// When there is none of the number, or it cannot be written.
    fn payment_file(&self, number: u64, asked: &PaymentFileAsked) -> Result<File, Refused>;

    /// Says what became of payments.
    ///
    /// # Errors
    /// When there is no such payout, or a rule says no.
    fn report_payments(
        &self,
        who: &Actor,
        number: u64,
        asked: &ReportAsked,
    ) -> Result<PayoutShown, Refused>;

    /// A partner's payments.
    ///
    /// # Errors
    /// When there is no such partner, or the journal cannot be read.
    fn partner_payments(&self, partner: &str) -> Result<PartnerPayments, Refused>;

    /// Acts, the newest first.
    ///
    /// # Errors
    /// When there is no journal, or it cannot be read.
    fn journal(&self, asked: &JournalAsked) -> Result<JournalPage, Refused>;

    /// One act as it was signed.
    ///
    /// # Errors
    /// When there is none.
    fn act(&self, act: u64) -> Result<ActShown, Refused>;

    /// The proof that an act lies below the latest checkpoint.
    ///
    /// # Errors
    /// When there is no such act.
    fn act_proof(&self, act: u64) -> Result<File, Refused>;

    /// Looks through everything.
    ///
    /// # Errors
    /// When something cannot be read at all.
    fn look_through(&self) -> Result<LookedThrough, Refused>;

    /// Checks a bundle.
    ///
    /// # Errors
    /// When it is none.
    fn check_bundle(&self, bundle: &[u8]) -> Result<BundleVerdict, Refused>;

    /// The plans.
    ///
    /// # Errors
    /// When the program cannot be read.
    fn plans(&self) -> Result<PlanList, Refused>;

    /// One plan.
    ///
    /// # Errors
    /// When there is none of the name.
    fn plan(&self, plan: &str) -> Result<PlanText, Refused>;

    /// What a changed text of a plan says and does.
    ///
    /// # Errors
    /// When there is no such plan.
    fn check_plan(&self, asked: &PlanCheckAsked) -> Result<PlanChecked, Refused>;
}

/// What a server needs.
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The operator's own token, with which facts are pushed and figures read; none where there is none.
    pub token: Option<String>,
    /// Whether people reach it by TLS, which something in front of it speaks.
    pub is_by_tls: bool,
    /// What hashing a password costs.
    pub cost: Cost,
    /// The provider of identities by which people may sign on too.
    pub provider: Option<ProviderSetting>,
    /// Which addresses webhooks may have.
    pub webhooks_reach: Reach,
    /// How people are told by e-mail; none where they are not.
    pub mail: Option<MailSetting>,
    /// Where people and their sessions stand.
    pub database: Database,
    /// The web app's files.
    pub files: Files,
    /// Where the log goes.
    pub log: Log,
    /// The clock.
    pub now: fn() -> Timestamp,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum NotServed {
    /// Passwords would cross the network as they are.
    #[error(
        "{0} can be reached from other machines, and passwords would cross the network for everyone to read: put something that speaks TLS in front and say so with --behind-tls, or listen on 127.0.0.1"
    )]
    Open(SocketAddr),
    /// The address cannot be used.
    #[error("cannot listen on {listen}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// People cannot be looked up.
    #[error("cannot look up who may sign on")]
    People(#[source] trueup_store::StoreFault),
    /// Passwords cannot be hashed.
    #[error(
        "passwords cannot be hashed at the cost that is set, or the system gives no randomness"
    )]
    Secrets,
    /// Nobody outside can be asked.
    #[error("the system's certificates cannot be read, so nobody outside can be asked")]
    Certificates,
    /// A provider of identities cannot be used as it is set.
    #[error("people cannot sign on by the provider: {0}")]
    Provider(String),
    /// People cannot be told by e-mail as it is set.
    #[error("people cannot be told by e-mail: {0}")]
    Mail(String),
    /// Serving failed.
    #[error("serving failed")]
    Serve(#[source] std::io::Error),
}

/// What every route shares.
struct Shared {
    program: Arc<Program>,
    counter: Counter,
    app: Box<dyn App>,
    gate: gate::Gate,
    files: Files,
    log: Log,
    meters: meters::Meters,
    teller: telling::Teller,
    now: fn() -> Timestamp,
    started: Timestamp,
    /// Tells this start of the server from others.
    start: String,
    /// How often something was pushed.
    pushed: AtomicU64,
    /// How many of these pushes answers count.
    counted: AtomicU64,
    /// Held by whoever folds.
    folding: tokio::sync::Mutex<()>,
    /// Told when something was pushed.
    push: Notify,
    /// How often something changed.
    version: watch::Sender<u64>,
    /// Whether the server is about to stop.
    stopping: watch::Sender<bool>,
}

impl Shared {
    fn seconds(&self) -> i64 {
        (self.now)().as_second()
    }

    fn title(&self) -> String {
        match self.program.title.is_empty() {
            true => self.program.name.to_string(),
            false => self.program.title.to_string(),
        }
    }

    /// A line of the log that says what failed.
    fn failed(&self, says: &str) {
        let says = vec![("says", says.into())];
        self.log.line((self.now)(), Level::Error, "fault", says);
    }

    /// A fault of the world: what it was goes to the log, not to whoever asked.
    fn fault(&self, doing: &str, fault: &dyn std::error::Error) -> Refused {
        let mut chain = format!("{doing}: {fault}");
        let mut source = fault.source();
        while let Some(cause) = source {
            chain.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        self.failed(&chain);
        Refused::fault(format!("{doing} failed; the server's log says why"))
    }

    /// Notes that something was pushed.
    fn pushed(&self) {
        self.pushed.fetch_add(1, Ordering::SeqCst);
        self.push.notify_one();
    }

    /// Folds what was pushed, so that what is asked now counts it.
    async fn folded(self: &Arc<Self>) -> Result<(), Refused> {
        let wanted = self.pushed.load(Ordering::SeqCst);
        if self.counted.load(Ordering::SeqCst) >= wanted {
            return Ok(());
        }
        let _folding = self.folding.lock().await;
        if self.counted.load(Ordering::SeqCst) >= wanted {
            return Ok(());
        }
        let pushed = self.pushed.load(Ordering::SeqCst);
        self.counter.fold().await.map_err(Refused::fault)?;
        self.changed().await;
        self.counted.store(pushed, Ordering::SeqCst);
        Ok(())
    }

    /// Asks the program, beside the requests: with everything that was acknowledged until now.
    async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&dyn App) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        self.folded().await?;
        let shared = self.clone();
        match tokio::task::spawn_blocking(move || question(&*shared.app)).await {
            Ok(answer) => answer,
            Err(broken) => Err(self.fault("answering", &broken)),
        }
    }

    /// Tells open pages if something changed.
    async fn changed(self: &Arc<Self>) {
        let shared = self.clone();
        let version = tokio::task::spawn_blocking(move || shared.app.refresh()).await;
        if let Ok(version) = version {
            self.version.send_if_modified(|told| {
                let is_new = *told != version;
                *told = version;
                is_new
            });
        }
    }
}

/// How often it is looked whether something changed that nobody told the server of.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Folds what is pushed and tells open pages, until the server stops.
async fn watch_over(shared: Arc<Shared>) {
    loop {
        let _ = tokio::time::timeout(LOOK_EVERY, shared.push.notified()).await;
        if let Err(refused) = shared.folded().await {
            shared.failed(&format!("folding what was pushed: {}", refused.says));
        }
        shared.changed().await;
    }
}

/// A server that listens and does not serve yet.
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
    setup_code: Option<String>,
}

impl Server {
    /// Listens.
    ///
    /// # Errors
    /// When the address cannot be used, or should not be.
    pub async fn listen(
        settings: Settings,
        program: Arc<Program>,
        counter: Counter,
        app: Box<dyn App>,
    ) -> Result<Self, NotServed> {
        let listen = settings.listen;
        if !settings.is_by_tls && !listen.ip().is_loopback() {
            return Err(NotServed::Open(listen));
        }
        if let Some(wrong) = settings.provider.as_ref().and_then(ProviderSetting::wrong) {
            return Err(NotServed::Provider(wrong));
        }
        let provider = settings.provider.map(|setting| {
            let none = || NotServed::Certificates;
            provider::Provider::new(setting).ok_or_else(none)
        });
        let mail = settings.mail.as_ref().map(mail::Mail::new);
        let mail = mail.transpose().map_err(NotServed::Mail)?;
        // Whoever sets mail up is told what happens from this start on, not from when it is first looked.
        let begun = match &mail {
            Some(_) => settings.database.mail_from().await.map(drop),
            None => settings.database.end_mail().await,
        };
        begun.map_err(NotServed::People)?;
        let teller = telling::Teller::new(settings.webhooks_reach, mail)
            .ok_or_else(|| NotServed::Certificates)?;
        let people = settings.database.people_count().await;
        let setup_code = match people.map_err(NotServed::People)? {
            0 => Some(password::random_text().ok_or(NotServed::Secrets)?),
            _ => None,
        };
        let nobody =
            password::random_text().and_then(|text| password::hashed(&text, settings.cost));
        let hashing = std::thread::available_parallelism().map_or(1, usize::from);
        let gate = gate::Gate {
            database: settings.database,
            cost: settings.cost,
            is_by_tls: settings.is_by_tls,
            setup: Mutex::new(setup_code.as_deref().map(password::kept_as)),
            operator: settings.token.map(|token| Digest::of(token.as_bytes())),
            nobody: nobody.ok_or(NotServed::Secrets)?,
            hashing: Semaphore::new(hashing),
            provider: provider.transpose()?,
            tries: Mutex::default(),
        };
        let listener = TcpListener::bind(listen)
            .await
            .map_err(|source| NotServed::Listen { listen, source })?;
        let (version, _) = watch::channel(0);
        let (stopping, _) = watch::channel(false);
        Ok(Self {
            listener,
            setup_code,
            shared: Arc::new(Shared {
                program,
                counter,
                app,
                gate,
                files: settings.files,
                log: settings.log,
                meters: meters::Meters::default(),
                teller,
                now: settings.now,
                started: (settings.now)(),
                start: password::random_id().ok_or(NotServed::Secrets)?,
                pushed: AtomicU64::new(0),
                counted: AtomicU64::new(0),
                folding: tokio::sync::Mutex::default(),
                push: Notify::new(),
                version,
                stopping,
            }),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> Result<SocketAddr, NotServed> {
        self.listener.local_addr().map_err(NotServed::Serve)
    }

    /// The one-time code that makes the first administrator; none where somebody is there.
    #[must_use]
    pub fn setup_code(&self) -> Option<&str> {
        self.setup_code.as_deref()
    }

    /// The routes, to be asked without a network.
    pub fn router(&self) -> axum::Router {
        routes::routes(self.shared.clone())
    }

    /// Tells webhooks and people what is due now, as the server does every second while it serves.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tell(&self) -> Result<(), trueup_store::StoreFault> {
        telling::tell(&self.shared).await
    }

    /// What is said of the API, as pretty JSON that ends with a line feed.
    #[must_use]
    pub fn openapi(&self) -> String {
        let described = routes::openapi_of(self.shared.clone());
        let described = serde_json::to_value(described).map(in_order);
        let text = described
            .and_then(|described| serde_json::to_string_pretty(&described))
            .unwrap_or_default();
        text + "\n"
    }

    /// Serves until asked to stop; then what is under way is answered, and what was pushed is folded.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), NotServed> {
        let routes = routes::routes(self.shared.clone());
        let watching = tokio::spawn(watch_over(self.shared.clone()));
        let telling_others = tokio::spawn(telling::tell_on(self.shared.clone()));
        let telling = self.shared.clone();
        let stop = async move {
            stop.await;
            telling.stopping.send_replace(true);
        };
        let service = routes.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(self.listener, service)
            .with_graceful_shutdown(stop)
            .await
            .map_err(NotServed::Serve)?;
        for beside in [watching, telling_others] {
            beside.abort();
            let _ = beside.await;
        }
        if let Ok(shared) = Arc::try_unwrap(self.shared).map_err(drop) {
            let closed = tokio::task::spawn_blocking(move || shared.counter.close());
            // A panic while folding loses nothing: what was acknowledged is folded by whoever comes next.
            let _ = closed.await;
        }
        Ok(())
    }
}

/// The same with the keys of every object in their order: what was put together in a table by hashes comes in any.
fn in_order(described: Value) -> Value {
    match described {
        Value::Object(fields) => {
            let mut sorted: Vec<(String, Value)> = fields.into_iter().collect();
            sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
            let fields = sorted.into_iter();
            Value::Object(fields.map(|(key, of)| (key, in_order(of))).collect())
        }
        Value::Array(all) => Value::Array(all.into_iter().map(in_order).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => described,
    }
}

/// What an account is made from at the command line.
pub struct NewAccount<'a> {
    /// The name to sign on with.
    pub name: &'a str,
    /// How the person is called.
    pub shown_name: &'a str,
    /// The password.
    pub password: &'a str,
    /// What the person may do.
    pub grants: &'a [Grant],
}

/// A person to store; what is wrong with the choice in words.
///
/// # Errors
/// When the password cannot be taken, or cannot be hashed.
pub fn account(new: &NewAccount<'_>, cost: Cost) -> Result<Person, String> {
    let name = new.name.trim().to_lowercase();
    if let Some(says) = password::wrong_with(new.password, &name) {
        return Err(says);
    }
    let no_randomness = || "the system gives no randomness".to_owned();
    Ok(Person {
        id: password::person_id().ok_or_else(no_randomness)?,
        name,
        shown_name: new.shown_name.to_owned(),
        password: password::hashed(new.password, cost).ok_or_else(no_randomness)?,
        authenticator: None,
        is_active: true,
        grants: routes::session::as_granted(new.grants),
    })
}

/// A random password; none where the system gives no randomness.
#[must_use]
pub fn random_password() -> Option<String> {
    password::random_text()
}
