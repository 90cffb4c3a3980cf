//! A room: what a program says by one basis, kept in memory and asked many times.
//!
//! A closed period's room says the same for ever, so it is kept as long as the server lives; the open one is replaced when facts
//! or texts change. Each has one thread with a stack for deep plans, which owns what it measured.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::Builder;

use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_books::Booked;
use trueup_engine::world::{PartnerIx, World};
use trueup_facts::digest::Digest;
use trueup_facts::measure::Inputs;
use trueup_plan::tree::{Grant, Plan};
use trueup_server::Refused;
use trueup_server::wire::Statement;

use crate::args::Measurer;
use crate::compute::{self, Figures, Prepared, Source, Wanted};
use crate::earned::Earned;
use crate::failure::Failure;
use crate::locked::Basis;
use crate::notes;
use crate::runs::KeptLine;
use crate::threads::{STACK_BYTES, on_threads};

use super::progress::{self, Far};
use super::refused;
use super::whatif;

/// What somebody earned in one settlement, as far as sums need it.
#[derive(Clone, Debug)]
pub struct Sum {
    /// Who.
    pub partner: String,
    /// Under which plan.
    pub plan: String,
    /// For which component.
    pub component: String,
    /// The settlement's last day.
    pub settled_on: Date,
    /// In which currency, where it is money.
    pub currency: Option<Currency>,
    /// How much is posted; none where nothing can be said.
    pub posted: Option<Exact>,
    /// Whether it has no figure yet.
    pub is_open: bool,
}

impl Sum {
    fn of(line: &Earned) -> Self {
        Self {
            partner: line.partner.to_string(),
            plan: line.plan.to_string(),
            component: line.component.to_string(),
            settled_on: line.settlement.last(),
            currency: (line.grants == Grant::Money).then_some(line.currency),
            posted: line.posted.clone(),
            is_open: !line.open.is_empty(),
        }
    }

    /// A line of a kept run; none where it cannot be read.
    pub fn of_kept(line: &KeptLine) -> Option<Self> {
        let currency = Currency::parse(&line.currency).ok()?;
        Some(Self {
            partner: line.partner.clone(),
            plan: line.plan.clone(),
            component: line.component.clone(),
            settled_on: parse_date(&line.settled_until).ok()?,
            currency: (line.grants == Grant::Money.word()).then_some(currency),
            posted: line.posted_exactly(),
            is_open: !line.open.is_empty(),
        })
    }
}

/// Of how many partners rows are kept.
const ROWS_KEPT: usize = 8;

/// What a room is asked.
type Job = Box<dyn for<'b> FnOnce(&mut Floor<'b>) + Send>;

/// What a partner's statements say by a basis, worked out once.
pub type OfPartner = Arc<Vec<Arc<Statement>>>;

/// What a program says by one basis.
pub struct Room {
    /// What it goes by.
    pub basis: Arc<Basis>,
    /// What a reader should know about the facts behind it.
    pub notes: Vec<String>,
    jobs: Mutex<Sender<Job>>,
    told: Mutex<BTreeMap<String, OfPartner>>,
    far: Mutex<BTreeMap<String, Arc<Far>>>,
    everyone: OnceLock<Arc<Vec<Sum>>>,
    /// What each partner's figures hang on; nobody is in it whose figures may hang on others'.
    inputs: OnceLock<Arc<BTreeMap<String, Vec<Digest>>>>,
    /// What an earlier room worked out for partners whose figures hang on the same here.
    taken_over: Mutex<BTreeMap<String, OfPartner>>,
}

/// What the thread of a room works on.
pub struct Floor<'b> {
    /// What it goes by.
    pub basis: &'b Basis,
    prepared: BTreeMap<String, Prepared<'b>>,
    /// The rows of partners that were asked about last.
    rows: VecDeque<(String, Arc<World>)>,
    booked: &'b BTreeMap<PartnerId, Booked>,
}

/// Before and behind the number of the snapshot in what a statement says of its facts.
const SNAPSHOT: [&str; 2] = ["snapshot ", " of the facts"];

impl<'b> Floor<'b> {
    /// What was posted for a partner in closed periods.
    pub fn booked_of(&self, partner: &str) -> Booked {
        let id = PartnerId::new(partner).ok();
        let own = id.and_then(|id| self.booked.get(&id));
        own.cloned().unwrap_or_default()
    }

    /// What each partner's figures hang on, as far as they hang on no other's.
    fn inputs(&mut self) -> Result<BTreeMap<String, Vec<Digest>>, Failure> {
        let basis = self.basis;
        let mut all: BTreeMap<String, Vec<Digest>> = BTreeMap::new();
        for plan in basis.folder.settled_under() {
            self.measure(plan)?;
            let Some(prepared) = self.prepared.get(&*plan.name) else {
                continue;
            };
            let world = &prepared.world;
            let Source::Passes(measured) = &prepared.source else {
                continue;
            };
            let Some(inputs) = Inputs::of(plan, world, measured, basis.seen.scope.until) else {
                continue;
            };
            for partner in world.all() {
                let Some(known) = world.partner(partner) else {
                    continue;
                };
                let own = all.entry(known.id.to_string()).or_default();
                own.push(inputs.digest(partner));
            }
        }
        Ok(all)
    }

    /// What everybody earned by this basis, by partner and settlement.
    pub fn everyone(&mut self) -> Result<Vec<Sum>, Failure> {
        let basis = self.basis;
        let mut all = Vec::new();
        for plan in basis.folder.settled_under() {
            self.measure(plan)?;
            let Some(prepared) = self.prepared.get(&*plan.name) else {
                continue;
            };
            let work = |share: Vec<PartnerIx>| {
                let mut figures = Figures::new(prepared);
                let mut lines = Vec::new();
                for partner in share {
                    let earned = figures.earned(partner, &basis.seen.scope);
                    lines.extend(earned.iter().map(Sum::of));
                }
                lines
            };
            all.extend(on_threads(prepared.world.all().collect(), &work).concat());
        }
        all.retain(|line: &Sum| basis.holds(line.settled_on));
        Ok(all)
    }

    /// The plan a partner is settled under with everything measured, told to be about the partner.
    pub fn about(&mut self, partner: &str, notes: &[String]) -> Result<&Prepared<'b>, Failure> {
        let (plan, ..) = compute::plan_of(&self.basis.folder, partner)?;
        self.measure(plan)?;
        let basis = self.basis;
        let prepared = self
            .prepared
            .get_mut(&*plan.name)
            .ok_or_else(|| Failure::Fault("nothing was measured".to_owned()))?;
        let whose = (partner, &basis.seen);
        compute::told_about(prepared, &basis.folder, whose, notes.to_vec())?;
        prepared.standing = basis.standing;
        Ok(prepared)
    }

    /// The plan a partner is settled under, as it was told last to be [about](Self::about) one.
    pub fn told(&self, partner: &str) -> Result<&Prepared<'b>, Failure> {
        let (plan, ..) = compute::plan_of(&self.basis.folder, partner)?;
        let prepared = self.prepared.get(&*plan.name);
        prepared.ok_or_else(|| Failure::Fault("nothing was measured".to_owned()))
    }

    /// The rows of a partner and of those above it, kept while they are asked about.
    pub fn rows_of(&mut self, partner: &str) -> Result<Arc<World>, Failure> {
        if let Some((_, world)) = self.rows.iter().find(|(whose, _)| whose == partner) {
            return Ok(world.clone());
        }
        let (folder, seen) = (&self.basis.folder, &self.basis.seen);
        let prepared = self.told(partner)?;
        let whose = whatif::whose(&prepared.world, prepared.partner(partner)?);
        let seen = (&seen.facts, seen.scope.until);
        let world = Arc::new(compute::with_rows_of(folder, prepared, seen, whose)?);
        self.rows.push_front((partner.to_owned(), world.clone()));
        self.rows.truncate(ROWS_KEPT);
        Ok(world)
    }

    /// Measures for a plan, once.
    fn measure(&mut self, plan: &'b Plan) -> Result<(), Failure> {
        if self.prepared.contains_key(&*plan.name) {
            return Ok(());
        }
        let (folder, seen) = (&self.basis.folder, &self.basis.seen);
        let prepared = compute::prepare(
            folder,
            plan,
            &seen.facts,
            seen.scope.until,
            Measurer::Passes,
            Wanted::Settlements(None),
        )?;
        self.prepared.insert(plan.name.to_string(), prepared);
        Ok(())
    }
}

impl Room {
    /// Opens a room.
    pub fn open(
        basis: Arc<Basis>,
        booked: Arc<BTreeMap<PartnerId, Booked>>,
    ) -> Result<Arc<Self>, Failure> {
        let notes = notes::of(&basis.folder, &basis.seen.facts)?;
        let (jobs, asked) = channel();
        let own = basis.clone();
        Builder::new()
            .name("room".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || work(&own, &booked, &asked))
            .map_err(|error| Failure::fault("starting a thread", &error))?;
        Ok(Arc::new(Self {
            basis,
            notes,
            jobs: Mutex::new(jobs),
            told: Mutex::default(),
            far: Mutex::default(),
            everyone: OnceLock::new(),
            inputs: OnceLock::new(),
            taken_over: Mutex::default(),
        }))
    }

    /// Asks something of the room's thread, and waits for the answer.
    pub fn ask<T: Send + 'static>(
        &self,
        question: impl for<'b> FnOnce(&mut Floor<'b>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Refused> {
        let (answers, answer) = channel();
        let job: Job = Box::new(move |floor| {
            // Whoever asked may have gone.
            let _ = answers.send(question(floor));
        });
        let sent = self.jobs.lock().map(|jobs| jobs.send(job));
        let broken = || Refused::fault("the evaluation broke off; ask again");
        match sent {
            Ok(Ok(())) => answer.recv().map_err(|_| broken())?.map_err(refused),
            Ok(Err(_)) | Err(_) => Err(broken()),
        }
    }

    /// A partner's statements by this basis, worked out when they are asked for first.
    pub fn statements(self: &Arc<Self>, partner: &str) -> Result<OfPartner, Refused> {
        let known = |told: &BTreeMap<String, OfPartner>| told.get(partner).cloned();
        if let Some(found) = self.told.lock().ok().and_then(|told| known(&told)) {
            return Ok(found);
        }
        let taken_over = self.taken_over.lock().ok();
        let taken_over = taken_over.and_then(|mut all| all.remove(partner));
        let worked_out: OfPartner = match taken_over {
            Some(before) => Arc::new(before.iter().map(|one| self.renumbered(one)).collect()),
            None => {
                let (whose, notes) = (partner.to_owned(), self.notes.clone());
                let worked_out =
                    self.ask(move |floor| super::statements::of_partner(floor, &whose, &notes))?;
                Arc::new(worked_out.into_iter().map(Arc::new).collect())
            }
        };
        if let Ok(mut told) = self.told.lock() {
            told.insert(partner.to_owned(), worked_out.clone());
        }
        Ok(worked_out)
    }

    /// A statement of an earlier room as this one says it: what differs is the number of the facts' snapshot.
    fn renumbered(&self, statement: &Arc<Statement>) -> Arc<Statement> {
        let [before, behind] = SNAPSHOT;
        let number = self.basis.seen.facts.number();
        let Some((head, rest)) = statement.under.split_once(before) else {
            return statement.clone();
        };
        let Some((_, tail)) = rest.split_once(behind) else {
            return statement.clone();
        };
        let under = format!("{head}{before}{number}{behind}{tail}");
        Arc::new(Statement {
            under,
            ..(**statement).clone()
        })
    }

    /// What each partner's figures hang on; none where it cannot be said.
    fn inputs(&self) -> Option<Arc<BTreeMap<String, Vec<Digest>>>> {
        if let Some(inputs) = self.inputs.get() {
            return Some(inputs.clone());
        }
        let inputs = Arc::new(self.ask(|floor| floor.inputs()).ok()?);
        Some(self.inputs.get_or_init(|| inputs).clone())
    }

    /// Whether it says the same of the facts besides their figures.
    fn says_the_same(&self, other: &Self) -> bool {
        let (own, others) = (&self.basis.seen, &other.basis.seen);
        let says = |seen: &crate::seen::Seen| -> Vec<String> {
            seen.late.iter().map(|late| late.says.clone()).collect()
        };
        self.notes == other.notes
            && own.scope.until == others.scope.until
            && says(own) == says(others)
    }

    /// The partners whose figures may be other than in an earlier room of the same texts; none where that may be everybody.
    pub fn touched_since(&self, before: &Self) -> Option<BTreeSet<String>> {
        if !self.says_the_same(before) {
            return None;
        }
        let (now, then) = (self.inputs()?, before.inputs()?);
        let everybody = self.basis.folder.matched.iter();
        let everybody = everybody.map(|matched| matched.listed.id.as_str());
        let is_same = |partner: &&str| {
            let digest = now.get(*partner);
            digest.is_some() && digest == then.get(*partner)
        };
        let touched = everybody.filter(|partner| !is_same(partner));
        Some(touched.map(str::to_owned).collect())
    }

    /// Takes over what an earlier room of the same texts and decisions worked out for partners whom no change touches.
    pub fn take_over(&self, before: &Self) {
        let Some(touched) = self.touched_since(before) else {
            return;
        };
        let is_same = |partner: &String| !touched.contains(partner);
        let (Ok(mut own), Ok(told), Ok(earlier)) = (
            self.taken_over.lock(),
            before.told.lock(),
            before.taken_over.lock(),
        ) else {
            return;
        };
        for (partner, known) in earlier.iter().chain(told.iter()) {
            if is_same(partner) {
                own.insert(partner.clone(), known.clone());
            }
        }
        if let (Ok(mut far), Ok(known)) = (self.far.lock(), before.far.lock()) {
            let known = known.iter().filter(|(partner, _)| is_same(partner));
            far.extend(known.map(|(partner, known)| (partner.clone(), known.clone())));
        }
    }

    /// Measures for every plan now, so that nobody waits for it later.
    pub fn warm(&self) {
        let job: Job = Box::new(|floor| {
            for plan in floor.basis.folder.settled_under() {
                // What fails is told to whoever asks.
                let _ = floor.measure(plan);
            }
        });
        if let Ok(jobs) = self.jobs.lock() {
            let _ = jobs.send(job);
        }
    }

    /// What everybody earned by this basis, worked out when it is asked for first.
    pub fn everyone(&self) -> Result<Arc<Vec<Sum>>, Refused> {
        if let Some(everyone) = self.everyone.get() {
            return Ok(everyone.clone());
        }
        let everyone = Arc::new(self.ask(|floor| floor.everyone())?);
        Ok(self.everyone.get_or_init(|| everyone).clone())
    }

    /// How far a partner is in the latest period, worked out when it is asked for first.
    pub fn far(self: &Arc<Self>, partner: &str) -> Result<Arc<Far>, Refused> {
        let known = |far: &BTreeMap<String, Arc<Far>>| far.get(partner).cloned();
        if let Some(found) = self.far.lock().ok().and_then(|far| known(&far)) {
            return Ok(found);
        }
        let (whose, notes) = (partner.to_owned(), self.notes.clone());
        let far = self.ask(move |floor| progress::of(floor, &whose, &notes, true))?;
        let far = Arc::new(far);
        if let Ok(mut all) = self.far.lock() {
            all.insert(partner.to_owned(), far.clone());
        }
        Ok(far)
    }
}

fn work(basis: &Basis, booked: &BTreeMap<PartnerId, Booked>, asked: &Receiver<Job>) {
    let mut floor = Floor {
        basis,
        booked,
        prepared: BTreeMap::new(),
        rows: VecDeque::new(),
    };
    while let Ok(job) = asked.recv() {
        // A question that breaks is answered as broken, and what was measured is measured anew.
        if catch_unwind(AssertUnwindSafe(|| job(&mut floor))).is_err() {
            floor.prepared.clear();
            floor.rows.clear();
        }
    }
}
