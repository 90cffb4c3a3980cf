//! A look at a program: its rooms, and what the journal and the books say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use trueup_base::date::Date;
use trueup_base::id::PartnerId;
use trueup_books::{Account, Booked};
use trueup_facts::program::state_folder;
use trueup_facts::texts::Bytes;
use trueup_journal::ring::Held;
use trueup_journal::{Custody, Organisation, SecretKey};
use trueup_server::Refused;
use trueup_server::wire::{Line, PeriodEarned, Statement};
use trueup_store::{Balance, Page};

use crate::args::{ProgramArgs, ScopeArgs};
use crate::failure::Failure;
use crate::folder::{self, Folder};
use crate::locked::{Basis, Standing};
use crate::notes;
use crate::record::{self, FACTS_LOGGED, Record};
use crate::seals::OnRecord;
use crate::seen::Seen;

use super::closed::{self, Closed};
use super::overview::Wide;
use super::room::Room;
use super::{no_statement, statements};

/// How many acts are looked at together.
const ACTS_MOST: u32 = 500;

/// What tells one state of a program from another without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Every text that was read, and every file of the folders that texts are read from.
    files: BTreeMap<String, (Option<SystemTime>, u64)>,
    /// Every table's log, by how many entries it has.
    logs: BTreeMap<String, usize>,
    /// How many acts there are.
    acts: Option<u64>,
}

impl Fingerprint {
    /// Of a program; `before` says which texts it was read from.
    pub fn of(program: &Path, before: Option<&Look>) -> Self {
        let mut files = BTreeMap::new();
        let mut add = |name: String, path: &Path| {
            let found = fs::metadata(path);
            let told = found.map_or((None, 0), |meta| (meta.modified().ok(), meta.len()));
            files.insert(name, told);
        };
        add("program.yaml".to_owned(), &program.join("program.yaml"));
        for below in ["plans", "agreements"] {
            for entry in listed(&program.join(below)) {
                add(
                    format!("{below}/{entry}"),
                    &program.join(below).join(&entry),
                );
            }
        }
        let read = before.map(|look| &look.open.basis.folder.texts);
        for text in read.into_iter().flat_map(BTreeMap::keys) {
            add(text.clone(), &program.join(text));
        }
        Self {
            files,
            logs: logs(program),
            acts: before.and_then(Look::acts).or_else(|| acts(program)),
        }
    }
}

impl Fingerprint {
    /// Of what a look has read, of which this is what was there before it began: whatever changed while it read is seen as a change.
    pub fn read_by(&self, program: &Path, look: &Look) -> Self {
        let mut read = Self::of(program, Some(look));
        for (name, told) in &self.files {
            read.files.insert(name.clone(), *told);
        }
        read.logs.clone_from(&self.logs);
        // Reading puts facts on the journal itself.
        read.acts = look.record.is_some().then_some(look.acts);
        read
    }
}

fn listed(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// How many entries each table's log has.
fn logs(program: &Path) -> BTreeMap<String, usize> {
    let facts = state_folder(program).join("facts");
    let logs = listed(&facts).into_iter().map(|kind| {
        let log = facts.join(&kind).join("_delta_log");
        (kind, listed(&log).len())
    });
    logs.collect()
}

/// The names in the folders that texts are read from.
fn names(program: &Path) -> [BTreeSet<String>; 2] {
    ["plans", "agreements"].map(|below| listed(&program.join(below)).into_iter().collect())
}

/// What the room of what is open goes by: while it is the same, the room says the same, whatever else people decide.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ground {
    names: [BTreeSet<String>; 2],
    texts: BTreeMap<String, Bytes>,
    logs: BTreeMap<String, usize>,
    /// Feeds are late of a day.
    today: Date,
    closed_on: Option<Date>,
    booked: Arc<BTreeMap<PartnerId, Booked>>,
}

impl Ground {
    /// As it is now, of the texts that were read before; none where one of them is gone, or nothing was read yet.
    fn now(
        program: &Path,
        before: Option<&Look>,
        closed_on: Option<Date>,
        booked: &Arc<BTreeMap<PartnerId, Booked>>,
    ) -> Result<Option<Self>, Failure> {
        let Some(before) = before else {
            return Ok(None);
        };
        let folder = &before.open.basis.folder;
        let mut texts = BTreeMap::new();
        for path in folder.texts.keys() {
            match fs::read(program.join(path)) {
                Ok(bytes) => texts.insert(path.clone(), bytes.into()),
                Err(_) => return Ok(None),
            };
        }
        Ok(Some(Self {
            names: names(program),
            texts,
            logs: logs(program),
            today: notes::today(&folder.program)?,
            closed_on,
            booked: booked.clone(),
        }))
    }

    /// Whether it differs from another by facts alone.
    fn differs_by_facts(&self, other: &Self) -> bool {
        self.names == other.names
            && self.texts == other.texts
            && self.today == other.today
            && self.closed_on == other.closed_on
            && (Arc::ptr_eq(&self.booked, &other.booked) || self.booked == other.booked)
    }
}

fn acts(program: &Path) -> Option<u64> {
    let record = Record::if_opened(program).ok()??;
    record.acts_of(&[]).ok().map(|(_, acts)| acts)
}

/// What people decided, and what follows from it: the same until somebody decides something.
struct Decided {
    /// What is closed, the earliest first.
    closed: Vec<Arc<Closed>>,
    /// What they decided.
    on_record: OnRecord,
    /// What each account comes to, by partner.
    balances: BTreeMap<String, Vec<Balance>>,
    /// What something was posted for: partner, plan, component and the settlement's last day.
    posted: BTreeSet<(String, String, String, String)>,
    /// What was posted for each partner in what is closed.
    booked: Arc<BTreeMap<PartnerId, Booked>>,
}

/// The journal, where one was opened, with the number of its acts.
type Undecided = (Option<Arc<Record>>, u64);

/// What a program says at a moment.
pub struct Look {
    decided: Arc<Decided>,
    /// How many acts there were.
    pub acts: u64,
    /// The room of what is open.
    pub open: Arc<Room>,
    /// What that room goes by.
    ground: Ground,
    /// What is asked about everybody.
    pub wide: Arc<Wide>,
    /// The journal; none where it was not opened.
    pub record: Option<Arc<Record>>,
}

impl Look {
    /// Looks; what did not change since a look before is not worked out again.
    pub fn of(program: &Path, before: Option<&Self>) -> Result<Self, Failure> {
        match before.and_then(|before| before.record.as_deref()) {
            Some(record) => record::facts_on(record)?,
            None => record::facts(program)?,
        }
        let same = before.map(|before| before.undecided(program)).transpose()?;
        let (record, decided, acts) = match (same.flatten(), before) {
            (Some((record, acts)), Some(before)) => (record, before.decided.clone(), acts),
            (Some(_) | None, _) => {
                let record = Record::if_opened(program)?.map(Arc::new);
                let known = before.map_or(&[][..], |look| &look.decided.closed);
                let decided = Decided::of(program, record.as_deref(), known)?;
                let acts = decided.on_record.acts;
                (record, Arc::new(decided), acts)
            }
        };
        let closed_on = decided.on_record.periods.closed_on();
        let (open, ground) = opened(program, (before, closed_on), &decided.booked)?;
        let wide = match before {
            Some(before) if before.goes_by(&open, &decided.closed) => before.wide.clone(),
            Some(_) | None => Arc::new(Wide::of(&decided.closed, open.basis.clone())?),
        };
        Ok(Self {
            decided,
            acts,
            open,
            ground,
            wide,
            record,
        })
    }

    /// The journal with the number of its acts, if nothing but facts was put on it since; none where somebody decided something.
    fn undecided(&self, program: &Path) -> Result<Option<Undecided>, Failure> {
        let Some(record) = &self.record else {
            // While nobody opened one there is nothing to decide.
            let is_none = Record::if_opened(program)?.is_none();
            return Ok(is_none.then_some((None, 0)));
        };
        let mut from = self.acts;
        loop {
            let page = Page {
                from,
                most: ACTS_MOST,
            };
            let acts = record.wait("reading the journal", async |database| {
                database.acts(page).await
            })?;
            let Some(last) = acts.last() else {
                return Ok(Some((Some(record.clone()), from)));
            };
            if acts.iter().any(|act| act.kind != FACTS_LOGGED) {
                return Ok(None);
            }
            from = last.seq + 1;
        }
    }

    /// What people decided.
    pub fn on_record(&self) -> &OnRecord {
        &self.decided.on_record
    }

    /// The kept key that signs for an organisation; none where it signs elsewhere, or there is no journal.
    pub fn key_of(&self, whose: &Organisation) -> Option<Arc<SecretKey>> {
        let record = self.record.as_ref()?;
        record.key_of(&self.on_record().ring, whose).ok()
    }

    /// The key that an organisation signs with: its own, wherever that is, before one that is kept here.
    pub fn signs_with<'l>(&'l self, whose: &'l Organisation) -> Option<&'l Held> {
        let ring = &self.on_record().ring;
        let is_own = |held: &&Held| held.custody == Custody::Own;
        if let Some(own) = ring.of(whose).rev().find(is_own) {
            return Some(own);
        }
        let kept = self.key_of(whose)?;
        ring.of(whose).find(|held| held.key == *kept.public())
    }

    /// What each account of a partner comes to.
    pub fn balances(&self, partner: &str) -> &[Balance] {
        let own = self.decided.balances.get(partner);
        own.map_or(&[], Vec::as_slice)
    }

    /// The partners whose figures may be other than in a look before; none where that may be everybody.
    pub fn touched_since(&self, before: &Self) -> Option<BTreeSet<String>> {
        if !Arc::ptr_eq(&self.decided, &before.decided) {
            return None;
        }
        if Arc::ptr_eq(&self.open, &before.open) {
            return Some(BTreeSet::new());
        }
        let is_by_facts = self.ground.differs_by_facts(&before.ground);
        is_by_facts.then(|| self.open.touched_since(&before.open))?
    }

    /// Whether it has the same rooms.
    fn goes_by(&self, open: &Arc<Room>, closed: &[Arc<Closed>]) -> bool {
        let own = &self.decided.closed;
        let same = own.iter().zip(closed);
        Arc::ptr_eq(&self.open, open)
            && own.len() == closed.len()
            && same.into_iter().all(|(one, other)| Arc::ptr_eq(one, other))
    }

    /// Measures what will be asked for, beside whoever asks already.
    pub fn warm(&self) {
        self.open.warm();
    }

    /// How many acts there are now.
    fn acts(&self) -> Option<u64> {
        let record = self.record.as_ref()?;
        record.acts_of(&[]).ok().map(|(_, acts)| acts)
    }

    /// The partners with something in what an act closed; none where it closed nothing.
    pub fn closed_by(&self, act: u64) -> Option<Vec<String>> {
        let closed = self
            .decided
            .closed
            .iter()
            .find(|closed| closed.act() == act)?;
        Some(closed.partners().map(str::to_owned).collect())
    }

    /// The room that a period goes by which ends with a day.
    pub fn room_of(&self, ends_on: &str) -> Result<Arc<Room>, Refused> {
        let last = trueup_base::date::parse_date(ends_on).ok();
        let mut closed = self.decided.closed.iter();
        match closed.find(|one| last.is_some_and(|last| one.holds(last))) {
            Some(closed) => closed.room(),
            None => Ok(self.open.clone()),
        }
    }

    /// A partner's periods in short, the earliest first, each by what it goes by.
    pub fn periods_of(&self, partner: &str) -> Result<Vec<PeriodEarned>, Refused> {
        // A partner that joined later is in nothing that was closed before.
        let closed = self.decided.closed.iter();
        let mut all: Vec<PeriodEarned> = closed
            .flat_map(|closed| closed.periods_of(partner))
            .cloned()
            .collect();
        let open = self.open.statements(partner)?;
        all.extend(open.iter().map(|one| statements::short(one)));
        Ok(all)
    }

    /// A partner's statement of a period, by what the period goes by.
    pub fn statement(&self, partner: &str, period: &str) -> Result<Arc<Statement>, Refused> {
        let named = |closed: &&Arc<Closed>| {
            let mut periods = closed.periods_of(partner).iter();
            periods.any(|one| one.period == period)
        };
        let room = match self.decided.closed.iter().find(named) {
            Some(closed) => closed.room()?,
            None => self.open.clone(),
        };
        let all = room.statements(partner)?;
        let mut found = all.iter().filter(|one| one.period == period);
        found.next().cloned().ok_or_else(|| no_statement(period))
    }

    /// The program as what was closed last goes by it; as it is now, where nothing is closed.
    pub fn agreed(&self) -> &Folder {
        match self.decided.closed.last() {
            Some(closed) => &closed.folder,
            None => &self.open.basis.folder,
        }
    }

    /// Whether something was posted for a line.
    pub fn is_posted(&self, partner: &str, line: &Line) -> bool {
        self.decided.posted.contains(&(
            partner.to_owned(),
            line.plan.clone(),
            line.component.clone(),
            line.settled_on.clone(),
        ))
    }

    /// How a partner is paid, in words; none where no profile counts.
    pub fn route_of(&self, partner: &str) -> Option<String> {
        let id = PartnerId::new(partner).ok()?;
        let profile = self.decided.on_record.payouts.profile(&id)?;
        Some(profile.says.route.word().replace('_', " "))
    }
}

impl Decided {
    /// Reads it; what was closed before is known.
    fn of(program: &Path, record: Option<&Record>, known: &[Arc<Closed>]) -> Result<Self, Failure> {
        let on_record = match record {
            Some(record) => OnRecord::of(record)?,
            None => OnRecord::default(),
        };
        let closed_on = on_record.periods.closed_on();
        let closed = closed::all(program, &on_record, known)?;
        let (booked, closed_booked, balances) = match record {
            None => (Booked::new(), Booked::new(), Vec::new()),
            Some(record) => record.wait("reading the books", async |database| {
                let until = closed_on.unwrap_or(Date::MIN);
                Ok((
                    database.booked().await?,
                    database.booked_until(until).await?,
                    database.balances().await?,
                ))
            })?,
        };
        let mut by_partner: BTreeMap<PartnerId, Booked> = BTreeMap::new();
        for ((account, key), units) in closed_booked {
            let own = by_partner.entry(key.partner.clone()).or_default();
            own.insert((account, key), units);
        }
        let mut all: BTreeMap<String, Vec<Balance>> = BTreeMap::new();
        for balance in balances {
            let own = all.entry(balance.partner.clone()).or_default();
            own.push(balance);
        }
        let posted = booked
            .keys()
            .filter(|(account, _)| *account == Account::Expense)
            .map(|(_, key)| {
                (
                    key.partner.to_string(),
                    key.plan.clone(),
                    key.component.clone(),
                    key.settled_on.to_string(),
                )
            });
        Ok(Self {
            closed,
            on_record,
            balances: all,
            posted: posted.collect(),
            booked: Arc::new(by_partner),
        })
    }
}

/// The room of what is open, and what it goes by: that of before, where it goes by the same. Where facts alone are other, what is
/// known of partners whom they do not touch is taken over.
fn opened(
    program: &Path,
    (before, closed_on): (Option<&Look>, Option<Date>),
    booked: &Arc<BTreeMap<PartnerId, Booked>>,
) -> Result<(Arc<Room>, Ground), Failure> {
    let ground = Ground::now(program, before, closed_on, booked)?;
    if let (Some(ground), Some(before)) = (ground, before) {
        if ground == before.ground {
            return Ok((before.open.clone(), ground));
        }
        if ground.differs_by_facts(&before.ground) {
            let folder = before.open.basis.folder.clone();
            let basis = now(program, folder, closed_on)?;
            let room = Room::open(Arc::new(basis), booked.clone())?;
            room.take_over(&before.open);
            return Ok((room, ground));
        }
    }
    // Looked at before anything is read: whatever changes meanwhile is seen as a change.
    let (names, logs) = (names(program), logs(program));
    let basis = now(program, folder::open(program)?, closed_on)?;
    let ground = Ground {
        names,
        texts: basis.folder.texts.clone(),
        logs,
        today: notes::today(&basis.folder.program)?,
        closed_on,
        booked: booked.clone(),
    };
    Ok((Room::open(Arc::new(basis), booked.clone())?, ground))
}

/// What is open, by the facts as they are now.
fn now(program: &Path, folder: Folder, closed_on: Option<Date>) -> Result<Basis, Failure> {
    let args = ScopeArgs::of(
        ProgramArgs {
            program: program.to_owned(),
        },
        None,
        None,
    );
    let seen = Seen::served(&args, &folder)?;
    Ok(Basis {
        folder,
        seen,
        standing: closed_on.map_or(Standing::Unsaid, |_| Standing::Open),
        after: closed_on,
        until: None,
        booked: Booked::new(),
        run: None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::example::{begun, take_in};
    use super::*;
    use crate::args::{ByArgs, JournalOpenArgs};
    use crate::commands::journal;

    #[test]
    fn what_people_decide_leaves_a_room_as_it_is_and_what_it_goes_by_does_not() {
        let (_folder, program) = begun();
        let args = ProgramArgs {
            program: program.clone(),
        };
        let first = Look::of(&program, None).expect("read");
        assert!(first.record.is_none());
        let by = ByArgs {
            by: "u-17".to_owned(),
        };
        journal::open(&JournalOpenArgs { program: args, by }).expect("opened");
        let decided = Look::of(&program, Some(&first)).expect("read");
        assert!(decided.record.is_some());
        assert!(Arc::ptr_eq(&first.open, &decided.open));
        assert!(Arc::ptr_eq(&first.wide, &decided.wide));
        let plan = listed(&program.join("plans")).pop().expect("a plan");
        let plan = program.join("plans").join(plan);
        let text = fs::read_to_string(&plan).expect("read");
        fs::write(&plan, format!("{text}# a remark\n")).expect("written");
        let changed = Look::of(&program, Some(&decided)).expect("read");
        assert!(!Arc::ptr_eq(&decided.open, &changed.open));
    }

    #[test]
    fn a_fact_touches_its_partner_and_what_is_taken_over_for_others_is_what_would_be_worked_out() {
        let (_folder, program) = begun();
        let by = ByArgs {
            by: "u-17".to_owned(),
        };
        let args = ProgramArgs {
            program: program.clone(),
        };
        let opened = JournalOpenArgs { program: args, by };
        journal::open(&opened).expect("opened");
        let everyone = ["P-100", "P-200", "P-300"];
        let first = Look::of(&program, None).expect("read");
        for partner in everyone {
            first.open.statements(partner).expect("worked out");
            first.open.far(partner).expect("worked out");
        }
        let row = "invoice,line,invoice_date,reseller,product,net_amount\nI-9,1,2026-02-20,P-200,suite,300000.00\n";
        fs::write(program.join("late.csv"), row).expect("written");
        take_in(&program, &["late.csv"]);
        let next = Look::of(&program, Some(&first)).expect("read");
        let touched = next.touched_since(&first).expect("known one by one");
        assert_eq!(touched, BTreeSet::from(["P-200".to_owned()]));
        assert!(
            Arc::ptr_eq(&next.decided, &first.decided),
            "nothing was decided"
        );
        let anew = Look::of(&program, None).expect("read");
        for partner in everyone {
            let told = next.open.statements(partner).expect("told");
            let worked_out = anew.open.statements(partner).expect("worked out");
            assert_eq!(told, worked_out, "{partner}");
            let was = first.open.statements(partner).expect("told");
            let (lines, before): (Vec<_>, Vec<_>) = (
                told.iter().map(|one| &one.lines).collect(),
                was.iter().map(|one| &one.lines).collect(),
            );
            assert_eq!(lines == before, partner != "P-200", "{partner}");
            let far = next.open.far(partner).expect("told");
            let worked_out = anew.open.far(partner).expect("worked out");
            assert_eq!(format!("{far:?}"), format!("{worked_out:?}"), "{partner}");
        }
        // What somebody decides may touch everybody.
        let plan = program.join("plans/reseller.yaml");
        let text = fs::read_to_string(&plan).expect("read");
        fs::write(&plan, format!("{text}# a remark\n")).expect("written");
        let changed = Look::of(&program, Some(&next)).expect("read");
        assert_eq!(changed.touched_since(&next), None);
    }
}
