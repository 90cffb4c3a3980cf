//! Worked examples: a plan, facts, and the figures that must come out.
//!
//! A case is a folder of texts: `plan.yaml` (with its templates, if any), `facts.yaml` and `<kind>.csv`, `expected.yaml`.
//! [`run`] asks every check of a case and reports what came out; figures are compared exactly. Nothing passes by not
//! being asked: a case without checks, with a key nobody knows, or with a question that matches nothing is refused.
//!
//! The module must never read a file: its caller hands it texts.
//!
//! ```
//! use trueup_engine::cases::{self, CaseFiles};
//!
//! let plan = "\
//! plan: cash-back
//! currency: USD
//! facts:
//!   sale: { columns: { partner: partner, on: date, amount: money } }
//! measures:
//!   sales: { is: What was bought, sum: sale.amount }
//! components:
//!   rebate: { is: Two percent of it, pays: 2% * sales }
//! ";
//! let facts = "facts: { sale: [ { partner: ada, on: 2026-01-05, amount: 1_250 } ] }";
//! let expected = "{ period: 2026-01, checks: [ { of: rebate, is: 25 } ] }";
//! let files = [("plan.yaml", plan), ("facts.yaml", facts), ("expected.yaml", expected)];
//! let report = cases::run(&CaseFiles::new("cash-back", files));
//! assert!(report.is_passed(), "{}", report.to_text());
//! ```

mod answers;
mod ask;
mod checks;
mod csv;
mod facts;
mod keys;
mod report;
mod resolve;

use trueup_base::date::Date;
use trueup_plan::check::{self, Strictness};
use trueup_plan::diagnostic::{Diagnostic, Sources, any_error, render};
use trueup_plan::document::read_plan as read_plan_text;
use trueup_plan::rows;
use trueup_plan::span::{FileId, Span};
use trueup_plan::tree::Plan;
use trueup_plan::versions::editions;
use trueup_plan::yaml::{self, Limits, Node};

pub use report::{Checked, Outcome, Report};

use crate::world::World;

/// The texts of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFiles {
    /// The case's name: its folder's.
    pub name: String,
    /// File names and texts.
    files: Vec<(String, String)>,
}

impl CaseFiles {
    /// A case and its files, each with its name inside the case's folder.
    pub fn new<P: Into<String>, T: Into<String>>(
        name: impl Into<String>,
        files: impl IntoIterator<Item = (P, T)>,
    ) -> Self {
        let mut files: Vec<(String, String)> = files
            .into_iter()
            .map(|(path, text)| (path.into(), text.into()))
            .collect();
        // Whatever order a folder lists its files in, diagnostics come in one order.
        files.sort();
        Self {
            name: name.into(),
            files,
        }
    }

    /// Whether a file belongs to a case: YAML and CSV do, whatever else lies beside them does not.
    #[must_use]
    pub fn takes(file: &str) -> bool {
        file.ends_with(".yaml") || file.ends_with(".csv")
    }

    fn text(&self, file: &str) -> Option<&str> {
        self.files
            .iter()
            .find(|(name, _)| name == file)
            .map(|(_, text)| &**text)
    }

    /// The name of the plan the case is about, where `expected.yaml` names one of the program's and no plan lies
    /// beside it. The caller adds that plan's text as `plan.yaml`.
    #[must_use]
    pub fn names_plan(&self) -> Option<String> {
        if self.text(PLAN).is_some() {
            return None;
        }
        let mut sources = Sources::new();
        let file = sources.add(EXPECTED, self.text(EXPECTED)?);
        let node = yaml::read_within(&sources, file, Limits::FACTS, &mut Vec::new())?;
        node.get("plan").and_then(Node::as_text).map(str::to_owned)
    }

    /// The name of the plan the case is about: that of the plan beside it, or the one `expected.yaml` names.
    #[must_use]
    pub fn plan_name(&self) -> Option<String> {
        let Some(text) = self.text(PLAN) else {
            return self.names_plan();
        };
        let mut sources = Sources::new();
        let file = sources.add(PLAN, text);
        let node = yaml::read(&sources, file, &mut Vec::new())?;
        node.get("plan").and_then(Node::as_text).map(str::to_owned)
    }

    /// Whether its facts name a plan that a version of an agreement is of: `growth@2`.
    #[must_use]
    pub fn mentions(&self, plan: &str) -> bool {
        let words = |text: &str| {
            text.split(|char: char| char.is_whitespace() || ",{}[]'\"".contains(char))
                .any(|word| word == plan)
        };
        self.text(FACTS).is_some_and(words)
    }

    /// The case with one more file.
    #[must_use]
    pub fn with(mut self, file: &str, text: &str) -> Self {
        self.files.push((file.to_owned(), text.to_owned()));
        self.files.sort();
        self
    }
}

const PLAN: &str = "plan.yaml";
const FACTS: &str = "facts.yaml";
const EXPECTED: &str = "expected.yaml";

/// A case that was read: everything its checks are asked of.
struct Case {
    /// The plan; where agreements go through several versions, all of them in one tree.
    plan: Plan,
    /// The version that stands at each place of the tree; empty where there is one.
    versions: Vec<Plan>,
    world: World,
    checks: Vec<checks::Check>,
}

/// Runs a case.
#[must_use]
pub fn run(files: &CaseFiles) -> Report {
    let mut sources = Sources::new();
    let mut diagnostics = Vec::new();
    let outcome = match read(files, &mut sources, &mut diagnostics) {
        Some(case) => match ask::all(&case, &sources, &mut diagnostics) {
            Some(checked) => Outcome::Ran(checked),
            None => Outcome::Refused,
        },
        None => Outcome::Refused,
    };
    Report {
        case: files.name.clone(),
        outcome,
        diagnostics,
        sources,
    }
}

/// Reads facts as a case states them in `facts.yaml`, for a plan that was read.
///
/// ```
/// use trueup_base::Date;
/// use trueup_engine::cases;
/// use trueup_plan::check::{Strictness, read};
/// use trueup_plan::diagnostic::Sources;
///
/// let text = "\
/// plan: visits
/// currency: USD
/// facts:
///   visit: { columns: { partner: partner, on: date } }
/// measures:
///   visits: { is: Visits, count: visit }
/// ";
/// let mut sources = Sources::new();
/// let (plan, _) = read(&mut sources, &[("plan.yaml", text)], Strictness::Draft);
/// let plan = plan.ok_or("a plan")?;
/// let facts = "facts: { visit: [ { partner: ada, on: 2026-01-05 } ] }";
/// let world = cases::world(&plan, facts, Date::constant(2026, 1, 1))?;
/// assert_eq!(world.partners.len(), 1);
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// Every mistake in the text, each under its line.
pub fn world(plan: &Plan, facts: &str, first_asked: Date) -> Result<World, String> {
    let mut sources = Sources::new();
    let mut diagnostics = Vec::new();
    let file = sources.add(FACTS, facts);
    let node = yaml::read_within(&sources, file, Limits::FACTS, &mut diagnostics);
    let given = facts::Given {
        node: node.as_ref(),
        tables: Vec::new(),
        first_asked: Some(first_asked),
        plans: &[],
    };
    let world = facts::read(plan, &given, &mut diagnostics);
    match any_error(&diagnostics) {
        true => Err(render(&sources, &diagnostics)),
        false => Ok(world),
    }
}

/// A case's plan and its world, for another measurer to be held to; nothing when there is a mistake in it.
#[must_use]
pub fn setting(files: &CaseFiles) -> Option<(Plan, World)> {
    let case = read(files, &mut Sources::new(), &mut Vec::new())?;
    Some((case.plan, case.world))
}

/// A case's facts under another plan than its own: what would have been, had that plan held.
///
/// # Errors
/// Every mistake in reading the facts as that plan declares them.
pub fn world_under(files: &CaseFiles, plan: &Plan) -> Result<World, String> {
    let mut sources = Sources::new();
    let mut diagnostics = Vec::new();
    let rows = rows_wanted(files);
    let mut csv_files = Vec::new();
    for (name, text) in files.files.iter().filter(|(name, _)| !rows.contains(name)) {
        if let Some(kind) = name.strip_suffix(".csv")
            && plan.kinds.iter().any(|known| *known.name == *kind)
        {
            csv_files.push((kind, sources.add(name, text)));
        }
    }
    let facts = read_yaml(files, FACTS, &mut sources, &mut diagnostics);
    let tables = csv_files
        .into_iter()
        .map(|(kind, file)| {
            let table = csv::read(sources.file_text(file), file, &mut diagnostics);
            (kind, whole(file), table)
        })
        .collect();
    let given = facts::Given {
        node: facts.as_ref(),
        tables,
        first_asked: None,
        plans: &[],
    };
    let world = facts::read(plan, &given, &mut diagnostics);
    match any_error(&diagnostics) {
        true => Err(render(&sources, &diagnostics)),
        false => Ok(world),
    }
}

/// Reads a case's texts; nothing when there is a mistake in them.
fn read(
    files: &CaseFiles,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Case> {
    let rows = rows_wanted(files);
    let (plan, plan_file) = read_plan(files, &rows, sources, diagnostics);
    let mut csv_files = Vec::new();
    for (name, text) in files.files.iter().filter(|(name, _)| !rows.contains(name)) {
        if let Some(kind) = name.strip_suffix(".csv") {
            csv_files.push((kind, sources.add(name, text)));
        } else if !CaseFiles::takes(name) {
            let message = format!("`{name}` is no file of a case");
            diagnostics.push(Diagnostic::error("E1", whole(plan_file), message));
        }
    }
    let facts = read_yaml(files, FACTS, sources, diagnostics);
    let expected = read_yaml(files, EXPECTED, sources, diagnostics);
    if files.text(EXPECTED).is_none() {
        let message = "the case has no expected.yaml, so it checks nothing";
        diagnostics.push(Diagnostic::error("E6", whole(plan_file), message));
    }
    let (own, expected) = (plan?, expected?);
    let mut plans = vec![own];
    plans.extend(other_plans(files, &rows, sources, diagnostics));
    let (plan, versions) = in_one_tree(&plans, facts.as_ref(), whole(plan_file), diagnostics)?;
    let checks = checks::read(&plan, &expected, diagnostics);
    let tables = csv_files
        .into_iter()
        .map(|(kind, file)| {
            (
                kind,
                whole(file),
                csv::read(sources.file_text(file), file, diagnostics),
            )
        })
        .collect();
    let given = facts::Given {
        node: facts.as_ref(),
        tables,
        first_asked: checks::first_day(&checks),
        plans: &plans,
    };
    let world = facts::read(&plan, &given, diagnostics);
    (!any_error(diagnostics)).then_some(Case {
        plan,
        versions,
        world,
        checks,
    })
}

/// The plans beside the case's own that versions of an agreement may be of.
fn other_plans(
    files: &CaseFiles,
    rows: &[String],
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Plan> {
    let mut others = Vec::new();
    for (name, text) in files
        .files
        .iter()
        .filter(|(name, _)| is_another_plan(name, files))
    {
        let beside = files.files.iter().filter(|(other, _)| {
            let is_plan = other == PLAN || is_another_plan(other, files);
            !is_plan && (is_of_plan(other) || rows.contains(other))
        });
        let texts: Vec<(&str, &str)> = std::iter::once((&**name, &**text))
            .chain(beside.map(|(name, text)| (&**name, &**text)))
            .collect();
        let (plan, mut found) = check::read(sources, &texts, Strictness::Draft);
        diagnostics.append(&mut found);
        others.extend(plan);
    }
    others
}

/// Whether a file holds a plan that is not the case's own.
fn is_another_plan(name: &str, files: &CaseFiles) -> bool {
    if name == PLAN || !is_of_plan(name) {
        return false;
    }
    let mut sources = Sources::new();
    let file = sources.add(name, files.text(name).unwrap_or_default());
    yaml::read(&sources, file, &mut Vec::new()).is_some_and(|node| node.get("plan").is_some())
}

/// The plans that agreements go through in one tree, and the one that stands at each place of it; the case's own plan where
/// no agreement has a second version.
fn in_one_tree(
    plans: &[Plan],
    facts: Option<&Node>,
    span: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(Plan, Vec<Plan>)> {
    let named = facts::plans_named(plans, facts);
    if named.iter().all(|versions| versions.len() < 2) {
        return Some((plans.first()?.clone(), Vec::new()));
    }
    let (stand, _) = editions(&named);
    let each: Vec<&Plan> = stand.iter().filter_map(|at| plans.get(*at)).collect();
    let Some(plan) = Plan::of_several(&each) else {
        let message = "the versions have more names than one evaluation holds";
        diagnostics.push(Diagnostic::error("A8", span, message));
        return None;
    };
    Some((plan, each.into_iter().cloned().collect()))
}

/// The files of rows that tables name, of the plan or of a template beside it: they are no facts.
fn rows_wanted(files: &CaseFiles) -> Vec<String> {
    let mut wanted = Vec::new();
    for (name, text) in files.files.iter().filter(|(name, _)| is_of_plan(name)) {
        let mut sources = Sources::new();
        let file = sources.add(name, text);
        if let Some(plan) = read_plan_text(&sources, file, &mut Vec::new()) {
            wanted.extend(rows::wanted(&plan).map(|name| name.text.to_string()));
        }
    }
    wanted
}

/// Whether a file holds the plan or a template.
fn is_of_plan(name: &str) -> bool {
    name.ends_with(".yaml") && ![FACTS, EXPECTED].contains(&name)
}

/// Reads the plan, the templates that lie beside it and the rows their tables name.
fn read_plan(
    files: &CaseFiles,
    rows: &[String],
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Option<Plan>, FileId) {
    let Some(text) = files.text(PLAN) else {
        let file = sources.add(PLAN, "");
        let message = "the case has no plan.yaml";
        diagnostics.push(Diagnostic::error("E2", whole(file), message));
        return (None, file);
    };
    let others = files
        .files
        .iter()
        .filter(|(name, _)| name != PLAN && !is_another_plan(name, files))
        .filter(|(name, _)| is_of_plan(name) || rows.contains(name));
    let texts: Vec<(&str, &str)> = std::iter::once((PLAN, text))
        .chain(others.map(|(name, text)| (&**name, &**text)))
        .collect();
    let (plan, mut found) = check::read(sources, &texts, Strictness::Draft);
    diagnostics.append(&mut found);
    (plan, FileId(0))
}

fn read_yaml(
    files: &CaseFiles,
    name: &str,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let text = files.text(name)?;
    let file = sources.add(name, text);
    yaml::read_within(sources, file, Limits::FACTS, diagnostics)
}

fn whole(file: FileId) -> Span {
    Span {
        file,
        start: 0,
        end: 0,
    }
}
