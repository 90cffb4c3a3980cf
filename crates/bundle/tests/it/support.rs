//! Bundles of worked examples and of plans in tests: what a program would gather, signed by keys of a seed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use trueup_base::date::{Date, Duration};
use trueup_base::id::PartnerId;
use trueup_bundle::gather::{NotGathered, gather};
use trueup_bundle::lines::{Content, sha256};
use trueup_bundle::record::{ISSUED, Posting, Role, Sealed, TextRecord, Under};
use trueup_bundle::{Gathered, Sources, Until, declared, head_of};
use trueup_engine::cases::{self, CaseFiles};
use trueup_engine::world::{Cell, Partner, PartnerIx, World, date_of};
use trueup_engine::{Answer, Measurer, Reference};
use trueup_journal::testing::Dice;
use trueup_journal::tree::Placed;
use trueup_journal::{
    Act, Checkpoint, Custody, Draft, Frontier, Organisation, Proof, PublicKey, SecretKey, added,
    opening, proof, ring,
};
use trueup_plan::tree::{Plan, TermId};
use trueup_program::negotiation::{ACCEPTED, Accepted, PROPOSED, Proposed};
use trueup_program::{Part, Seal};

/// A program.yaml whose declarations stand in every bundle of these tests.
pub const PROGRAM: &str = "
program: alliance
currency: USD
zone: Europe/Berlin
kinds:
  sale: { is: A sale, dated: on, columns: { partner: partner, on: date, amount: { type: money, scale: 2 } } }
sources:
  shop: { is: The shop, kind: sale, files: [a.csv, b.csv], map: { partner: who, on: day } }
";

/// A plan's files and the world they are about.
pub struct Example {
    pub name: String,
    pub files: Vec<(String, String)>,
    pub plan: Plan,
    pub world: World,
    pub until: Date,
}

/// A bundle and what it was made of.
pub struct Made {
    pub text: String,
    pub key: PublicKey,
}

impl Example {
    pub fn new(plan: &str, facts: &str) -> Self {
        let files = vec![("plan.yaml".to_owned(), plan.to_owned())];
        let mut sources = trueup_plan::diagnostic::Sources::new();
        let strictness = trueup_plan::check::Strictness::Draft;
        let (read, found) =
            trueup_plan::check::read(&mut sources, &[("plan.yaml", plan)], strictness);
        let plan =
            read.unwrap_or_else(|| panic!("{}", trueup_plan::diagnostic::render(&sources, &found)));
        let starts = Date::constant(2026, 1, 1);
        let world = cases::world(&plan, facts, starts).unwrap_or_else(|why| panic!("{why}"));
        let until = until(&plan, &world);
        Self {
            name: "written here".to_owned(),
            files,
            plan,
            world,
            until,
        }
    }

    /// Every partner that has an agreement.
    pub fn partners(&self) -> impl Iterator<Item = PartnerIx> {
        self.world.all()
    }

    pub fn content(&self, partner: PartnerIx) -> Content {
        let own = self.world.partner(partner).expect("a partner");
        let mut texts: Vec<TextRecord> = self
            .files
            .iter()
            .map(|(path, holds)| TextRecord {
                path: format!("plans/{path}"),
                role: if path.ends_with(".csv") {
                    Role::Rows
                } else {
                    Role::Plan
                },
                sha256: sha256(holds.as_bytes()),
                holds: holds.clone(),
            })
            .collect();
        let mut under = Vec::new();
        for (at, (plan, holds)) in agreements(&self.plan, own).into_iter().enumerate() {
            let path = format!("agreements/a{at}.yaml");
            under.push(Under {
                agreement: format!("agreed-{at}"),
                path: path.clone(),
                plan,
            });
            texts.push(TextRecord {
                path,
                role: Role::Agreement,
                sha256: sha256(holds.as_bytes()),
                holds,
            });
        }
        let mut content = Content::new(head_of(
            "alliance",
            own.id.as_str(),
            self.plan.currency.code(),
            self.until,
        ));
        content.head.under = under;
        content.texts = texts;
        content.declarations = declared::of_program(PROGRAM, &|_| true);
        content
    }

    /// What a program would gather for a partner.
    pub fn gathered(&self, partner: PartnerIx) -> Result<Gathered, NotGathered> {
        self.gathered_by(partner, &Reference)
    }

    pub fn gathered_by<M: Measurer<Answer>>(
        &self,
        partner: PartnerIx,
        measurer: &M,
    ) -> Result<Gathered, NotGathered> {
        let own = self.world.partner(partner).expect("a partner");
        let columns: BTreeMap<String, String> = self
            .plan
            .attributes
            .iter()
            .zip(&own.attributes)
            .filter_map(|(attribute, cell)| Some((attribute.name.to_string(), text_of(cell)?)))
            .collect();
        let editions: Vec<u16> = own
            .agreement
            .versions
            .iter()
            .map(|version| version.edition)
            .collect();
        let sources = Sources {
            plan: &self.plan,
            editions: &editions,
            world: &self.world,
            measurer,
            partner,
            columns: &columns,
            revision: &|_, _, _| None,
            until: Until {
                until: self.until,
                from: None,
            },
        };
        gather(self.content(partner), &sources)
    }

    pub fn made(&self, partner: PartnerIx) -> Result<Made, NotGathered> {
        let mut gathered = self.gathered(partner)?;
        let (text, key) = signed(&mut gathered.content);
        Ok(Made { text, key })
    }
}

/// Postings of what the lines of a statement post, in one batch.
fn postings(content: &Content) -> Vec<Posting> {
    let mut postings = Vec::new();
    for line in content
        .derived
        .lines
        .iter()
        .filter(|line| line.grants == "money")
    {
        let trueup_bundle::record::Said::Number(text) = &line.posted else {
            continue;
        };
        let amount: trueup_base::exact::Exact = text.parse().expect("a number");
        let Some(units) = amount.to_scaled(2).filter(|units| *units != 0) else {
            continue;
        };
        let units = i64::try_from(units).expect("an amount");
        for (account, units) in [("accrued", -units), ("expense", units)] {
            postings.push(Posting {
                batch: 1,
                account: account.to_owned(),
                plan: line.plan.clone(),
                component: line.component.clone(),
                settled_on: line.settled_on.clone(),
                falls_on: line.settled_on.clone(),
                currency: content.head.currency.clone(),
                units,
            });
        }
    }
    postings
}

/// A journal in which the agreements of a content are signed and the content is stated, and the bundle of it.
pub fn signed(content: &mut Content) -> (String, PublicKey) {
    let whose = Organisation::partner(&content.head.partner).expect("a partner");
    let key = |seed, whose: &Organisation| {
        SecretKey::new(&mut Dice::new(seed), "alliance", whose).expect("a key")
    };
    let (vendor, partner) = (key(1, &Organisation::Vendor), key(2, &whose));
    let mut journal = Journal::default();
    journal.put(opening("alliance", &vendor, journal.now(), "u-1").expect("signed"));
    let moment = ring::Moment {
        at: journal.now(),
        by: "u-1".to_owned(),
        after: 1,
    };
    let request = ring::request(&partner).expect("a request");
    journal.put(added(moment, &request, Custody::Custodial, &vendor).expect("signed"));
    let agreements = content.head.under.clone();
    for under in &agreements {
        seal(content, under, (&vendor, &partner), &mut journal);
    }
    if content.head.currency == "USD" {
        content.postings = postings(content);
    }
    // An act of somebody else, which the bundle says nothing of.
    let other = journal.act(
        "books.posted",
        &Organisation::Vendor,
        &vendor,
        "{\"batch\":1}",
    );
    journal.put(other);
    content.acts = journal
        .acts
        .iter()
        .zip(0u64..)
        .filter(|(act, _)| act.kind().as_str() != "books.posted")
        .map(|(act, at)| (at, act.kind().to_string()))
        .collect();
    let issue = content.issue().expect("written");
    let says = serde_json::to_string(&issue.says).expect("written");
    let issued = journal.act(ISSUED, &Organisation::Vendor, &vendor, &says);
    journal.put(issued);
    let mut places: Vec<u64> = content.acts.iter().map(|(at, _)| *at).collect();
    places.push(journal.acts.len() as u64 - 1);
    let checkpoint = Checkpoint::sign(&journal.tree, &vendor).expect("signed");
    let proved: Vec<(Act, Proof)> = places
        .into_iter()
        .map(|at| {
            (
                journal.acts[usize::try_from(at).expect("few")].clone(),
                journal.proof(at, &checkpoint),
            )
        })
        .collect();
    let text = issue.with_acts(&proved).expect("written");
    (text, vendor.public().clone())
}

/// A vendor's key that signed nothing.
pub fn other_key() -> PublicKey {
    let key = SecretKey::new(&mut Dice::new(7), "alliance", &Organisation::Vendor);
    key.expect("a key").public().clone()
}

fn seal(
    content: &mut Content,
    under: &Under,
    (vendor, partner): (&SecretKey, &SecretKey),
    journal: &mut Journal,
) {
    let mut parts: BTreeMap<Part, String> = content
        .texts
        .iter()
        .map(|text| (Part::Text(text.path.clone()), text.sha256.clone()))
        .collect();
    parts.extend(
        content
            .declarations
            .iter()
            .map(|one| (Part::Declaration(one.name.clone()), one.sha256.clone())),
    );
    parts.insert(Part::Text("cases/one/facts.yaml".to_owned()), sha256(b""));
    let text = content
        .texts
        .iter()
        .find(|text| text.path == under.path)
        .expect("its text");
    let day = |key: &str| {
        let line = text
            .holds
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        line.map(|day| trueup_base::date::parse_date(day).expect("a day"))
    };
    let seal = Seal {
        program: "alliance".to_owned(),
        agreement: under.agreement.clone(),
        partner: PartnerId::new(content.head.partner.as_str()).expect("a partner"),
        starts: day("starts").expect("a first day"),
        until: day("until"),
        parts,
        vendor_key: vendor.public().clone(),
        partner_key: partner.public().clone(),
        custody: Custody::Custodial,
    };
    let proposed = trueup_program::negotiation::proposing(&seal, vendor).expect("signed");
    let says = Proposed {
        note: proposed.clone(),
        because: "as agreed".to_owned(),
        texts: sha256(b""),
    };
    let says = serde_json::to_string(&says).expect("written");
    let act = journal.act(PROPOSED, &Organisation::Vendor, vendor, &says);
    journal.put(act);
    let note = trueup_journal::note::countersign(&proposed, &[partner]).expect("signed");
    let says = Accepted {
        proposal: journal.acts.len() as u64 - 1,
        note: note.clone(),
    };
    let says = serde_json::to_string(&says).expect("written");
    let behalf = partner.public().organisation().clone();
    let act = journal.act(ACCEPTED, &behalf, partner, &says);
    content.seals.push(Sealed {
        agreement: under.agreement.clone(),
        accepted_at: journal.acts.len() as u64,
        note,
    });
    journal.put(act);
}

#[derive(Default)]
struct Journal {
    acts: Vec<Act>,
    tree: Frontier,
    hashes: BTreeMap<u64, trueup_journal::Hash>,
}

impl Journal {
    fn now(&self) -> jiff::Timestamp {
        "2026-01-05T09:00:00Z".parse().expect("an instant")
    }

    fn act(&self, kind: &str, behalf: &Organisation, key: &SecretKey, says: &str) -> Act {
        let draft = Draft {
            at: self.now(),
            by: "u-1".to_owned(),
            behalf: behalf.clone(),
            kind: kind.parse().expect("a kind"),
            after: self.acts.len() as u64,
            says: says.to_owned(),
        };
        Act::sign(draft, &[key]).expect("signed")
    }

    fn put(&mut self, act: Act) {
        for Placed { at, hash } in self.tree.push(act.leaf()) {
            self.hashes.insert(at, hash);
        }
        self.acts.push(act);
    }

    fn proof(&self, at: u64, checkpoint: &Checkpoint) -> Proof {
        Proof {
            at,
            hashes: proof::inclusion(checkpoint.size(), at, &self.hashes).expect("proved"),
            checkpoint: checkpoint.clone(),
        }
    }
}

/// The agreement's text of each version of a partner's agreement, with what its plan is called.
fn agreements(plan: &Plan, partner: &Partner) -> Vec<(String, String)> {
    let own = &partner.agreement;
    if own.versions.is_empty() {
        let text = agreement(plan, partner, None, (0, own.starts, own.until, false));
        return vec![(plan.name.to_string(), text)];
    }
    let versions = own.versions.iter().enumerate();
    versions
        .map(|(at, version)| {
            let called = plan.editions[usize::from(version.edition)]
                .called
                .to_string();
            let days = (at, version.from, version.until, version.splits);
            (
                called,
                agreement(plan, partner, Some(version.edition), days),
            )
        })
        .collect()
}

fn agreement(
    plan: &Plan,
    partner: &Partner,
    edition: Option<u16>,
    (at, starts, until, splits): (usize, Date, Option<Date>, bool),
) -> String {
    let called = match edition {
        Some(edition) => &plan.editions[usize::from(edition)].called,
        None => &plan.name,
    };
    let id = &partner.id;
    let mut text =
        format!("agreement: agreed-{at}\nplan: '{called}'\npartner: '{id}'\nstarts: {starts}\n");
    if let Some(until) = until {
        let _ = writeln!(text, "until: {until}");
    }
    if at > 0 {
        let _ = writeln!(text, "replaces: agreed-{}", at - 1);
    }
    if splits {
        text.push_str("takes_effect: split\n");
    }
    let mut terms = String::new();
    for (term, id) in plan.terms.iter().zip((0u16..).map(TermId)) {
        if plan.edition_of(trueup_plan::tree::Reference::Term(id)) != edition {
            continue;
        }
        let figure = partner.agreement.terms.get(id.index()).cloned().flatten();
        let periods: Vec<String> = partner
            .agreement
            .stated
            .iter()
            .filter(|((term, _), _)| *term == id)
            .filter_map(|((_, starts), cell)| {
                let window = plan.calendar.window_at(term.per?, *starts)?;
                Some(format!(
                    "'{}': {}",
                    plan.calendar.label(&window),
                    figure_of(cell)?
                ))
            })
            .collect();
        if let Some(figure) = figure.as_ref().and_then(figure_of) {
            let _ = writeln!(terms, "  {}: {figure}", term.name);
        } else if !periods.is_empty() {
            let _ = writeln!(terms, "  {}: {{ {} }}", term.name, periods.join(", "));
        }
    }
    if !terms.is_empty() {
        let _ = write!(text, "terms:\n{terms}");
    }
    let mut approved = String::new();
    for (id, spans) in &partner.agreement.approved {
        let is_its = edition.is_none_or(|edition| {
            plan.editions[usize::from(edition)]
                .has_trigger(trueup_plan::tree::Trigger::Contingency(*id))
        });
        if !is_its {
            continue;
        }
        let spans: Vec<String> = spans
            .iter()
            .map(|one| match one.until {
                Some(until) => format!("{{ starts: {}, until: {until} }}", one.starts),
                None => format!("{{ starts: {} }}", one.starts),
            })
            .collect();
        let _ = writeln!(approved, "  {}: [ {} ]", plan[*id].name, spans.join(", "));
    }
    if !approved.is_empty() {
        let _ = write!(text, "contingencies:\n{approved}");
    }
    text
}

/// A figure as an agreement writes it.
fn figure_of(cell: &Cell) -> Option<String> {
    Some(match cell {
        Cell::Number(figure) => figure.to_string(),
        Cell::Text(text) => format!("\"{text}\""),
        Cell::Partner(partner) => format!("\"{partner}\""),
        Cell::Date(day) => day.to_string(),
        Cell::Flag(holds) => holds.to_string(),
        Cell::Empty => return None,
    })
}

fn text_of(cell: &Cell) -> Option<String> {
    Some(match cell {
        Cell::Number(figure) => figure.to_string(),
        Cell::Text(text) => text.to_string(),
        Cell::Partner(partner) => partner.to_string(),
        Cell::Date(day) => day.to_string(),
        Cell::Flag(holds) => holds.to_string(),
        Cell::Empty => return None,
    })
}

/// The day by which everything of an example is settled.
fn until(plan: &Plan, world: &World) -> Date {
    let last = world
        .facts
        .iter()
        .zip(&plan.kinds)
        .flat_map(|(facts, kind)| facts.rows.iter().map(|row| date_of(row, kind.dated)))
        .flatten()
        .max()
        .unwrap_or(Date::constant(2026, 1, 1));
    let later = Duration {
        months: 13,
        days: 0,
    };
    later.after(last).expect("a day of the calendar")
}

/// Every worked example of the repository that can be told as agreements of a program.
pub fn examples() -> Vec<Example> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../cases");
    let (mut found, mut open) = (Vec::new(), vec![root]);
    while let Some(folder) = open.pop() {
        if folder.join("expected.yaml").is_file() {
            found.extend(example(&folder));
            continue;
        }
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(found.len() > 80, "only {} examples", found.len());
    found
}

fn example(folder: &Path) -> Option<Example> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut files: Vec<(String, String)> = entries
        .filter_map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name()?.to_string_lossy().into_owned();
            CaseFiles::takes(&name).then(|| (name, fs::read_to_string(&path).expect("a text")))
        })
        .collect();
    files.sort();
    let (mut plan, world) = cases::setting(&CaseFiles::new("example", files.clone()))?;
    // Where there are several versions of a plan, a program calls each with its version.
    let versions: BTreeSet<(String, String)> = plan
        .editions
        .iter()
        .map(|edition| (edition.name.to_string(), edition.version.to_string()))
        .collect();
    for edition in &mut plan.editions {
        if versions
            .iter()
            .filter(|(name, _)| **name == *edition.name)
            .count()
            > 1
        {
            edition.called = format!("{}@{}", edition.name, edition.version).into();
        }
    }
    let is_facts = |name: &str| {
        let kind = name.strip_suffix(".csv");
        kind.is_some_and(|kind| plan.kinds.iter().any(|known| *known.name == *kind))
    };
    files
        .retain(|(name, _)| !["facts.yaml", "expected.yaml"].contains(&&**name) && !is_facts(name));
    let until = until(&plan, &world);
    Some(Example {
        name: folder.display().to_string(),
        files,
        plan,
        world,
        until,
    })
}
