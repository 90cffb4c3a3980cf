//! A program's folder, served: what the server asks through its port, answered from rooms that are kept in memory.
//!
//! What is read is worked out once per state of facts, texts and journal; whether that changed is looked at before an answer is
//! given, at most some times a second. Steps are the same acts under the same rules as those of the commands.

mod acceptance;
mod agreements;
mod announcements;
mod board;
mod closed;
mod compared;
mod disputes;
#[cfg(test)]
mod example;
mod exceptions;
mod explained;
mod facts;
mod figures;
mod home;
mod journal;
mod look;
mod overview;
mod papers;
mod partners;
mod payouts;
mod periods;
mod plans;
mod progress;
mod room;
mod signing;
mod statements;
mod touched;
mod turned;
mod whatif;

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use trueup_base::date::parse_date;
use trueup_base::id::PartnerId;
use trueup_server::wire::{
    AcceptAsked, ActShown, AgreementAnswer, AgreementList, Announcement, AnnouncementWithdrawal,
    ApproveAsked, Board, BundleVerdict, CalculateAsked, Comparison, Dispute, DisputeAnswer,
    DisputeShort, Exception, ExceptionList, FactPage, FactsAsked, FeedQuality, Feeds, JournalAsked,
    JournalPage, KeyRequest, Line, LineExplanation, LookedThrough, NewAnnouncement, NewDispute,
    NewException, Overview, Paper, Partner, PartnerAnnouncementList, PartnerHome, PartnerKeys,
    PartnerPage, PartnerPayments, PartnerStep, PartnersAsked, PaymentFileAsked, PayoutApproveAsked,
    PayoutPreview, PayoutShown, Payouts, PeriodEarned, Periods, Permitted, PlanCheckAsked,
    PlanChecked, PlanList, PlanText, ReportAsked, SigningAnswer, SigningAsked, Standing, Statement,
    StatementList, WhatIfAnswer, WhatIfAsked, WhatIfForm,
};
use trueup_server::{Actor, App, File, Refused};

use crate::commands::announce;
use crate::contested::Contested;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::threads::on_deep_stack;

use look::{Fingerprint, Look};

/// How long a look at folder and journal is taken for granted.
const LOOKED_FOR: Duration = Duration::from_millis(200);

/// A program's folder as a server asks for it.
pub struct Served {
    program: PathBuf,
    now: RwLock<Option<Arc<Look>>>,
    seen: Mutex<Seen>,
    changes: Mutex<VecDeque<Change>>,
}

/// A change, and whom it touches.
struct Change {
    version: u64,
    /// The partners whose figures may be other; none where that may be everybody.
    touched: Option<BTreeSet<String>>,
}

/// How many changes are known one by one; of earlier ones everybody may be touched.
const CHANGES_MAX: usize = 1_000;

/// What was seen last.
struct Seen {
    fingerprint: Option<Fingerprint>,
    at: Option<Instant>,
    version: u64,
    /// Why nothing can be answered by what is there now.
    broken: Option<String>,
}

impl Served {
    /// Of a program's folder.
    pub fn new(program: PathBuf) -> Self {
        Self {
            program,
            now: RwLock::new(None),
            seen: Mutex::new(Seen {
                fingerprint: None,
                at: None,
                version: 0,
                broken: None,
            }),
            changes: Mutex::default(),
        }
    }

    /// Looks whether anything changed, unless that was done just now, and reads what did.
    fn looked(&self, at_most_old: Duration) -> u64 {
        let Ok(mut seen) = self.seen.lock() else {
            return 0;
        };
        if seen.at.is_some_and(|at| at.elapsed() < at_most_old) {
            return seen.version;
        }
        let before = self.now.read().ok().and_then(|now| now.clone());
        let fingerprint = Fingerprint::of(&self.program, before.as_deref());
        if seen.fingerprint.as_ref() != Some(&fingerprint) {
            let mut touched = None;
            let read = on_deep_stack(&|| Look::of(&self.program, before.as_deref()));
            match read {
                Ok(look) => {
                    seen.fingerprint = Some(fingerprint.read_by(&self.program, &look));
                    seen.broken = None;
                    look.warm();
                    touched = before
                        .as_deref()
                        .and_then(|before| look.touched_since(before));
                    if let Ok(mut now) = self.now.write() {
                        *now = Some(Arc::new(look));
                    }
                }
                // What was there before goes on being answered: half a change is on its way.
                Err(failure) => {
                    seen.fingerprint = Some(fingerprint);
                    seen.broken = Some(refused(failure).says);
                }
            }
            seen.version += 1;
            self.changed(Change {
                version: seen.version,
                touched,
            });
        }
        seen.at = Some(Instant::now());
        seen.version
    }

    fn changed(&self, change: Change) {
        if let Ok(mut changes) = self.changes.lock() {
            changes.push_back(change);
            if changes.len() > CHANGES_MAX {
                changes.pop_front();
            }
        }
    }

    /// An announcement that was made.
    fn announcement(&self, at: u64) -> Result<trueup_program::Announcement, Refused> {
        let look = self.look()?;
        let found = look.on_record().announcements.of(at);
        found.cloned().ok_or_else(no_announcement)
    }

    /// Refuses an announcement that is not to a partner: one to others is one that there is not.
    fn announcement_to(&self, partner: &str, at: u64) -> Result<(), Refused> {
        match self.announcement(at)?.is_to(partner) {
            true => Ok(()),
            false => Err(no_announcement()),
        }
    }

    /// What the program says now. While somebody else reads a change, what was there before is answered.
    fn look(&self) -> Result<Arc<Look>, Refused> {
        let is_known = self.now.read().is_ok_and(|now| now.is_some());
        if !is_known || self.seen.try_lock().is_ok() {
            self.looked(LOOKED_FOR);
        }
        let now = self.now.read().ok().and_then(|now| now.clone());
        now.ok_or_else(|| {
            let broken = self.seen.lock().ok().and_then(|seen| seen.broken.clone());
            Refused::fault(broken.unwrap_or_else(|| "the program is not read yet".to_owned()))
        })
    }
}

/// What is answered about an announcement that there is not, or that somebody may not see.
fn no_announcement() -> Refused {
    Refused::not_found("there is no such announcement that you may see")
}

/// What a failure is to somebody who asks over the network: paths and causes are the operator's.
fn refused(failure: Failure) -> Refused {
    match failure {
        Failure::Use(says) | Failure::Found(says) => Refused::not_found(says),
        Failure::Fault(says) => Refused::fault(says),
        Failure::Findings | Failure::Stopped => Refused::fault("the evaluation broke off"),
    }
}

/// What a failure is to somebody who takes a step.
fn not_done(failure: Failure) -> Refused {
    match failure {
        Failure::Use(says) | Failure::Found(says) => Refused::conflict(says),
        Failure::Fault(says) => Refused::fault(says),
        Failure::Findings | Failure::Stopped => Refused::fault("the step broke off"),
    }
}

/// What the directory calls a partner; its id where it says nothing.
fn name_of(folder: &Folder, partner: &str) -> String {
    let matched = folder.matched.iter();
    let mut found = matched.filter(|matched| matched.listed.id.as_str() == partner);
    found
        .next()
        .and_then(|matched| matched.listed.columns.get("name").cloned())
        .unwrap_or_else(|| partner.to_owned())
}

impl App for Served {
    fn refresh(&self) -> u64 {
        self.looked(Duration::ZERO)
    }

    fn is_touched(&self, partner: &str, (after, until): (u64, u64)) -> bool {
        let Ok(changes) = self.changes.lock() else {
            return true;
        };
        // What is not known one by one may touch everybody.
        let is_known = changes
            .front()
            .is_some_and(|first| first.version <= after + 1);
        let mut between = changes
            .iter()
            .filter(|change| after < change.version && change.version <= until);
        !is_known
            || between.any(|change| {
                let touched = change.touched.as_ref();
                touched.is_none_or(|touched| touched.contains(partner))
            })
    }

    fn ready(&self) -> Result<(), Refused> {
        self.look().map(drop)
    }

    fn partners(
        &self,
        only: Option<&[&str]>,
        asked: &PartnersAsked,
    ) -> Result<PartnerPage, Refused> {
        partners::page(&self.look()?.open.basis.folder, only, asked)
    }

    fn partner(&self, partner: &str) -> Result<Partner, Refused> {
        partners::partner(&self.look()?.open.basis.folder, partner)
    }

    fn home(&self, partner: &str) -> Result<PartnerHome, Refused> {
        let look = self.look()?;
        home::of(&look, partner)
    }

    fn board(&self, partner: &str) -> Result<Board, Refused> {
        let look = self.look()?;
        board::of(&look, partner)
    }

    fn statements(&self, partner: &str) -> Result<StatementList, Refused> {
        let look = self.look()?;
        partners::known(&look.open.basis.folder, partner)?;
        let mut statements = look.periods_of(partner)?;
        statements.reverse();
        Ok(StatementList {
            partner: partner.to_owned(),
            statements,
        })
    }

    fn statement(&self, partner: &str, period: &str) -> Result<Statement, Refused> {
        let look = self.look()?;
        partners::known(&look.open.basis.folder, partner)?;
        let all = look.periods_of(partner)?;
        let at = position(&all, period)?;
        let mut statement = (*look.statement(partner, period)?).clone();
        let label = |at: Option<usize>| at.and_then(|at| all.get(at)).map(|one| one.period.clone());
        statement.previous = label(at.checked_sub(1));
        statement.next = label(Some(at + 1));
        decide(&look, &mut statement);
        Ok(statement)
    }

    fn explanation(
        &self,
        partner: &str,
        period: &str,
        line: &str,
        with_rows: bool,
    ) -> Result<LineExplanation, Refused> {
        let look = self.look()?;
        partners::known(&look.open.basis.folder, partner)?;
        explained::of(&look, (partner, period, line), with_rows)
    }

    fn compared(&self, partner: &str, period: &str) -> Result<Comparison, Refused> {
        let look = self.look()?;
        partners::known(&look.open.basis.folder, partner)?;
        compared::of(&look, partner, period)
    }

    fn whatif_form(&self, partner: &str) -> Result<WhatIfForm, Refused> {
        let look = self.look()?;
        partners::known(&look.open.basis.folder, partner)?;
        whatif::form(&look, partner)
    }

    fn whatif(&self, partner: &str, asked: &WhatIfAsked) -> Result<WhatIfAnswer, Refused> {
        let look = self.look()?;
        partners::known(&look.open.basis.folder, partner)?;
        whatif::of(&look, partner, asked)
    }

    fn agreements(&self, partner: &str) -> Result<AgreementList, Refused> {
        let look = self.look()?;
        partners::known(&look.open.basis.folder, partner)?;
        on_deep_stack(&|| agreements::of(&look, &self.program, partner)).map_err(refused)
    }

    fn answer_agreement(
        &self,
        who: &Actor,
        partner: &str,
        agreement: &str,
        asked: &AgreementAnswer,
    ) -> Result<(), Refused> {
        partners::known(&self.look()?.open.basis.folder, partner)?;
        let step = || agreements::answer(&self.program, who, (partner, agreement), asked);
        on_deep_stack(&step).map_err(not_done)
    }

    fn accept(&self, who: &Actor, partner: &str, asked: &AcceptAsked) -> Result<(), Refused> {
        partners::known(&self.look()?.open.basis.folder, partner)?;
        let step = || acceptance::accept(&Desk::open(&self.program)?, who, partner, asked);
        on_deep_stack(&step).map_err(not_done)
    }

    fn partner_keys(&self, partner: &str) -> Result<PartnerKeys, Refused> {
        let look = self.look()?;
        partners::known(&look.open.basis.folder, partner)?;
        signing::keys(&look, partner).map_err(refused)
    }

    fn hold_key(&self, who: &Actor, partner: &str, asked: &KeyRequest) -> Result<(), Refused> {
        partners::known(&self.look()?.open.basis.folder, partner)?;
        signing::hold(&self.program, who, partner, &asked.request).map_err(not_done)?;
        self.refresh();
        Ok(())
    }

    fn sign_step(
        &self,
        who: &Actor,
        partner: &str,
        asked: &SigningAsked,
    ) -> Result<SigningAnswer, Refused> {
        let look = self.look()?;
        let folder = &look.open.basis.folder;
        partners::known(folder, partner)?;
        match asked.step {
            PartnerStep::AcknowledgeAnnouncement { announcement } => {
                self.announcement_to(partner, announcement)?;
            }
            PartnerStep::WithdrawDispute { dispute, .. } => {
                let disputes = look.on_record().disputes.all().iter();
                let mut own = disputes.filter(|one| one.says.partner.as_str() == partner);
                if !own.any(|one| one.at == dispute) {
                    return Err(Refused::not_found(
                        "there is no such dispute that you may see",
                    ));
                }
            }
            PartnerStep::AcceptAgreement { .. }
            | PartnerStep::DeclineAgreement { .. }
            | PartnerStep::AcceptStatements { .. }
            | PartnerStep::OpenDispute { .. } => {}
        }
        let step = || signing::signed(&self.program, folder, (who, partner), asked);
        let answer = on_deep_stack(&step).map_err(not_done)?;
        if answer.is_done {
            self.refresh();
        }
        Ok(answer)
    }

    fn document(&self, partner: &str, period: &str, paper: Paper) -> Result<File, Refused> {
        let look = self.look()?;
        partners::known(&look.open.basis.folder, partner)?;
        position(&look.periods_of(partner)?, period)?;
        let written = || papers::document(&self.program, (partner, period), paper);
        on_deep_stack(&written).map_err(refused)
    }

    fn bundle(&self, who: &Actor, partner: &str, period: &str) -> Result<File, Refused> {
        let look = self.look()?;
        partners::known(&look.open.basis.folder, partner)?;
        let all = look.periods_of(partner)?;
        let asked = all.get(position(&all, period)?);
        if asked.is_some_and(|one| one.standing != Standing::Closed) {
            return Err(Refused::conflict(format!(
                "{period} is not closed, so its figures can still change; a bundle is of a closed period"
            )));
        }
        let written = || papers::bundled(&self.program, who, (partner, period));
        on_deep_stack(&written).map_err(not_done)
    }

    fn vendor_key(&self) -> Result<File, Refused> {
        papers::key(self.look()?.on_record()).ok_or_else(|| {
            Refused::not_found("the program has no journal, so nothing is signed by a key")
        })
    }

    fn disputes(&self) -> Result<Vec<Dispute>, Refused> {
        let look = self.look()?;
        let disputes = look.on_record().disputes.all().iter().rev();
        Ok(disputes
            .map(|one| disputes::told(&look.open.basis.folder, one))
            .collect())
    }

    fn open_dispute(&self, who: &Actor, asked: &NewDispute) -> Result<Dispute, Refused> {
        let folder = &self.look()?.open.basis.folder;
        partners::known(folder, &asked.partner)?;
        let step = || {
            let desk = Desk::open(&self.program)?;
            disputes::open(&desk, (&self.program, folder), who, asked)
        };
        on_deep_stack(&step).map_err(not_done)
    }

    fn answer_dispute(
        &self,
        who: &Actor,
        dispute: u64,
        asked: &DisputeAnswer,
    ) -> Result<Dispute, Refused> {
        let folder = &self.look()?.open.basis.folder;
        let step = || {
            let desk = Desk::open(&self.program)?;
            disputes::answer(&desk, folder, who, (dispute, asked))
        };
        on_deep_stack(&step).map_err(not_done)
    }

    fn exceptions(&self) -> Result<ExceptionList, Refused> {
        let look = self.look()?;
        exceptions::list(&look).map_err(refused)
    }

    fn propose_exception(&self, who: &Actor, asked: &NewException) -> Result<Exception, Refused> {
        let folder = &self.look()?.open.basis.folder;
        partners::known(folder, &asked.partner)?;
        let step = || exceptions::propose(&self.program, folder, who, asked);
        on_deep_stack(&step).map_err(not_done)
    }

    fn approve_exception(&self, who: &Actor, exception: u64) -> Result<Exception, Refused> {
        let folder = &self.look()?.open.basis.folder;
        let step = || exceptions::approve(&self.program, folder, who, exception);
        on_deep_stack(&step).map_err(not_done)
    }

    fn feeds(&self) -> Result<Feeds, Refused> {
        let look = self.look()?;
        facts::feeds(&look).map_err(refused)
    }

    fn feed_quality(&self, source: &str) -> Result<FeedQuality, Refused> {
        let look = self.look()?;
        facts::quality(&look, source)
    }

    fn partner_facts(&self, partner: &str, asked: &FactsAsked) -> Result<FactPage, Refused> {
        let look = self.look()?;
        partners::known(&look.open.basis.folder, partner)?;
        facts::page(&look, partner, asked)
    }

    fn is_fact_of(&self, partner: &str, fact: &str) -> Result<(), Refused> {
        let look = self.look()?;
        partners::known(&look.open.basis.folder, partner)?;
        facts::is_of(&look, partner, fact)
    }

    fn overview(&self) -> Result<Overview, Refused> {
        let look = self.look()?;
        overview::of(&look)
    }

    fn announcements(&self) -> Result<Vec<Announcement>, Refused> {
        Ok(announcements::all(&*self.look()?))
    }

    fn announce(&self, who: &Actor, asked: &NewAnnouncement) -> Result<(), Refused> {
        let folder = &self.look()?.open.basis.folder;
        let step = || announcements::make(&self.program, folder, who, asked);
        on_deep_stack(&step).map_err(not_done)?;
        self.refresh();
        Ok(())
    }

    fn withdraw_announcement(
        &self,
        who: &Actor,
        announcement: u64,
        asked: &AnnouncementWithdrawal,
    ) -> Result<(), Refused> {
        self.announcement(announcement)?;
        let what = (announcement, asked.because.as_str());
        let step = || announce::take_back(&self.program, what, &who.person);
        on_deep_stack(&step).map_err(not_done)?;
        self.refresh();
        Ok(())
    }

    fn partner_announcements(
        &self,
        partner: &str,
        person: &str,
    ) -> Result<PartnerAnnouncementList, Refused> {
        let look = self.look()?;
        partners::known(&look.open.basis.folder, partner)?;
        Ok(PartnerAnnouncementList {
            announcements: announcements::of_partner(&look, partner, person),
        })
    }

    fn acknowledge(&self, who: &Actor, partner: &str, announcement: u64) -> Result<(), Refused> {
        partners::known(&self.look()?.open.basis.folder, partner)?;
        self.announcement_to(partner, announcement)?;
        let step = || {
            let desk = Desk::open(&self.program)?;
            announcements::acknowledge(&desk, who, partner, announcement)
        };
        on_deep_stack(&step).map_err(not_done)?;
        self.refresh();
        Ok(())
    }

    fn touched(&self, act: u64) -> Result<Option<Vec<String>>, Refused> {
        touched::partners(&*self.look()?, act)
    }

    fn late_feeds(&self) -> Result<Vec<(String, String)>, Refused> {
        touched::late_feeds(&*self.look()?)
    }

    fn periods(&self) -> Result<Periods, Refused> {
        let look = self.look()?;
        periods::of(&look)
    }

    fn calculate(&self, who: &Actor, asked: &CalculateAsked) -> Result<Periods, Refused> {
        let step = || periods::calculate(&self.program, who, asked);
        on_deep_stack(&step).map_err(not_done)?;
        self.refresh();
        self.periods()
    }

    fn approve(&self, who: &Actor, asked: &ApproveAsked) -> Result<Periods, Refused> {
        let step = || periods::approve(&self.program, who, asked);
        on_deep_stack(&step).map_err(not_done)?;
        self.refresh();
        self.periods()
    }

    fn close(&self, who: &Actor) -> Result<Periods, Refused> {
        let step = || periods::close(&self.program, who);
        on_deep_stack(&step).map_err(not_done)?;
        self.refresh();
        self.periods()
    }

    fn payouts(&self) -> Result<Payouts, Refused> {
        let look = self.look()?;
        Ok(payouts::of(&look))
    }

    fn payout_preview(&self, on: Option<&str>) -> Result<PayoutPreview, Refused> {
        let folder = &self.look()?.open.basis.folder;
        let step = || payouts::preview(&self.program, folder, on);
        on_deep_stack(&step).map_err(not_done)
    }

    fn prepare_payout(&self, who: &Actor, on: &str) -> Result<Payouts, Refused> {
        let step = || payouts::prepare(&self.program, who, on);
        on_deep_stack(&step).map_err(not_done)?;
        self.refresh();
        self.payouts()
    }

    fn approve_payout(&self, who: &Actor, asked: &PayoutApproveAsked) -> Result<Payouts, Refused> {
        payouts::approve(&self.program, who, asked).map_err(not_done)?;
        self.refresh();
        self.payouts()
    }

    fn order_payout(&self, who: &Actor) -> Result<Payouts, Refused> {
        let step = || payouts::order(&self.program, who);
        on_deep_stack(&step).map_err(not_done)?;
        self.refresh();
        self.payouts()
    }

    fn payout(&self, number: u64) -> Result<PayoutShown, Refused> {
        let look = self.look()?;
        payouts::shown(&self.program, &look, number)
    }

    fn payment_file(&self, number: u64, asked: &PaymentFileAsked) -> Result<File, Refused> {
        self.payout(number)?;
        payouts::bank_file(&self.program, number, asked).map_err(not_done)
    }

    fn report_payments(
        &self,
        who: &Actor,
        number: u64,
        asked: &ReportAsked,
    ) -> Result<PayoutShown, Refused> {
        self.payout(number)?;
        payouts::report(&self.program, who, (number, asked)).map_err(not_done)?;
        self.refresh();
        self.payout(number)
    }

    fn partner_payments(&self, partner: &str) -> Result<PartnerPayments, Refused> {
        let look = self.look()?;
        payouts::of_partner(&look, &self.program, partner)
    }

    fn journal(&self, asked: &JournalAsked) -> Result<JournalPage, Refused> {
        let look = self.look()?;
        journal::page(&look, asked)
    }

    fn act(&self, act: u64) -> Result<ActShown, Refused> {
        let look = self.look()?;
        journal::act(&look, act)
    }

    fn act_proof(&self, act: u64) -> Result<File, Refused> {
        let look = self.look()?;
        journal::proof(&look, act)
    }

    fn look_through(&self) -> Result<LookedThrough, Refused> {
        on_deep_stack(&|| journal::check(&self.program)).map_err(refused)
    }

    fn check_bundle(&self, bundle: &[u8]) -> Result<BundleVerdict, Refused> {
        let look = self.look()?;
        on_deep_stack(&|| journal::check_bundle(&look, bundle))
    }

    fn plans(&self) -> Result<PlanList, Refused> {
        Ok(plans::list(&self.look()?.open.basis.folder))
    }

    fn plan(&self, plan: &str) -> Result<PlanText, Refused> {
        plans::plan(&self.look()?.open.basis.folder, plan)
    }

    fn check_plan(&self, asked: &PlanCheckAsked) -> Result<PlanChecked, Refused> {
        let look = self.look()?;
        on_deep_stack(&|| plans::check(&look.open.basis, asked))
    }
}

/// Where a period's statement stands among a partner's.
fn position(all: &[PeriodEarned], period: &str) -> Result<usize, Refused> {
    all.iter()
        .position(|one| one.period == period)
        .ok_or_else(|| no_statement(period))
}

fn no_statement(period: &str) -> Refused {
    let shown: String = period.chars().take(40).collect();
    Refused::not_found(format!("there is no statement of the period {shown}"))
}

/// Says of a statement's lines what people decided: disputes, the way the partner is paid, and whether a line may be disputed.
fn decide(look: &Look, statement: &mut Statement) {
    let route = look.route_of(&statement.partner);
    let contested = Contested::of(look.on_record(), look.agreed());
    statement.acceptance = acceptance::of(look, &contested, statement);
    let is_over = |line: &Line| {
        let partner = PartnerId::new(statement.partner.as_str()).ok()?;
        let settled_on = parse_date(&line.settled_on).ok()?;
        let standing = contested.standing(&partner, &line.plan, settled_on);
        standing.why_not(settled_on)
    };
    for line in &mut statement.lines {
        line.route.clone_from(&route);
        let mut all = look.on_record().disputes.all().iter().rev();
        let dispute = all.find(|one| {
            one.says.partner.as_str() == statement.partner
                && one.says.plan == line.plan
                && one.says.component == line.component
                && one.settled_on.to_string() == line.settled_on
        });
        let is_open = dispute.is_some_and(|one| one.resolved.is_none());
        line.dispute = dispute.map(|one| DisputeShort {
            id: one.at,
            state: disputes::state(one),
            because: one.says.because.clone(),
        });
        let is_posted = look.is_posted(&statement.partner, line);
        line.may_dispute = match (is_posted, is_open, is_over(line)) {
            (_, true, _) => Permitted::no("it is disputed already"),
            (true, false, Some(why)) => Permitted::no(why),
            (true, false, None) => Permitted::yes(),
            (false, false, _) => Permitted::no(
                "nothing is posted for this line yet: its period is open, and its figure can still change",
            ),
        };
    }
}
