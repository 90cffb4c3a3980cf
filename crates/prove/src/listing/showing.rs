//! What each measure was taken to show: revenue, profitability, a customer outcome, or activity.
//!
//! What the plan says with `shows` holds. Where it says nothing, money is revenue and a score is what customers think; a
//! count shows what its kind of fact does, by its columns and by what it is called. What was found so is told in a note,
//! since other findings go by it.

use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::tree::walk::parts;
use trueup_plan::tree::{
    Column, Expr, FactKind, Fold, Form, KindId, MeasureId, Name, Plan, Shows, Type, Unit,
};

use crate::listing::reads::{Reads, name_at, of_components};
use crate::registry::Kind;
use crate::study::Study;

/// What was taken for what.
pub(crate) const KIND: Kind = Kind {
    name: "what measures show",
    codes: &["G9"],
    what: "What each measure that is paid by was taken to show, and why.",
    find,
};

/// What something shows, and how that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// What; nothing where it may be either.
    pub shows: Option<Shows>,
    /// How it was found.
    pub because: String,
}

impl Shown {
    fn new(shows: Shows, because: impl Into<String>) -> Self {
        Self {
            shows: Some(shows),
            because: because.into(),
        }
    }

    fn either(because: impl Into<String>) -> Self {
        Self {
            shows: None,
            because: because.into(),
        }
    }

    /// Whether it shows what came of the work.
    pub fn is_outcome(&self) -> bool {
        matches!(
            self.shows,
            Some(Shows::Revenue | Shows::Profitability | Shows::CustomerOutcome)
        )
    }

    /// Whether it shows the work itself.
    pub fn is_activity(&self) -> bool {
        self.shows == Some(Shows::Activity)
    }
}

/// In words, as in `taken for revenue`.
pub(crate) fn words(shows: Shows) -> &'static str {
    match shows {
        Shows::Revenue => "revenue",
        Shows::Profitability => "profitability",
        Shows::CustomerOutcome => "a customer outcome",
        Shows::Activity => "activity",
    }
}

/// What a measure shows.
pub(crate) fn of_measure(plan: &Plan, id: MeasureId) -> Shown {
    let measure = &plan[id];
    let kind = &plan[measure.kind];
    if let Some(shows) = measure.shows {
        return Shown::new(shows, "the plan says so");
    }
    if let Some(shows) = kind.shows {
        return Shown::new(shows, format!("the plan says so of {}", kind.name));
    }
    let Type::Number(unit) = measure.answers else {
        return Shown::either("it is no number");
    };
    let folded = columns_in(kind, measure.of.as_ref());
    if let Some(shown) = by_unit(kind, unit, &folded) {
        return shown;
    }
    let is_of_customers = || matches!(&measure.of, Some(of) if counts_customers(plan, of));
    match measure.fold {
        Fold::CountDistinct if !is_called(&kind.name, &DONE) && is_of_customers() => {
            Shown::new(Shows::CustomerOutcome, "it counts customers")
        }
        Fold::Count | Fold::CountDistinct | Fold::Sum if unit != Unit::RATIO => {
            of_facts(kind, &folded)
        }
        Fold::Count | Fold::CountDistinct | Fold::Sum | Fold::Min | Fold::Max | Fold::Latest => {
            match of_facts(kind, &folded) {
                shown if shown.is_outcome() => shown,
                _ => Shown::either("a level or ratio that is reported may show either"),
            }
        }
    }
}

/// What the rows of a kind show to a component that pays on them.
pub(crate) fn of_rows(plan: &Plan, kind: KindId, reads: &Reads) -> Shown {
    let facts = &plan[kind];
    if let Some(shows) = facts.shows {
        return Shown::new(shows, "the plan says so");
    }
    let columns: Vec<&Column> = reads
        .columns
        .iter()
        .filter(|(of, _)| *of == kind)
        .map(|(_, column)| facts.column(*column))
        .collect();
    let units = columns.iter().filter_map(|column| match column.of {
        Type::Number(unit) => Some(unit),
        Type::Date | Type::Duration | Type::Flag | Type::Text | Type::Partner => None,
    });
    let shown = units
        .filter_map(|unit| by_unit(facts, unit, &columns))
        .min_by_key(|shown| !shown.is_outcome());
    shown.unwrap_or_else(|| of_facts(facts, &columns))
}

/// What is said by the unit alone.
fn by_unit(kind: &FactKind, unit: Unit, columns: &[&Column]) -> Option<Shown> {
    if unit.money > 0 {
        let spent = columns.iter().find(|column| is_spent(column));
        let earned = columns
            .iter()
            .any(|column| is_money(column.of) && !is_spent(column));
        return Some(match spent {
            Some(spent) if earned => {
                let because = format!("it is money, and {} is taken into account", spent.name);
                Shown::new(Shows::Profitability, because)
            }
            Some(spent) => {
                let because = format!("{} says what was spent", spent.name);
                Shown::new(Shows::Activity, because)
            }
            None => Shown::new(Shows::Revenue, "it is money"),
        });
    }
    if unit.score > 0 && !is_called(&kind.name, &DONE) {
        return Some(Shown::new(Shows::CustomerOutcome, "it is a score"));
    }
    None
}

/// The columns of a kind that a formula reads.
fn columns_in<'p>(kind: &'p FactKind, of: Option<&Expr>) -> Vec<&'p Column> {
    let mut found = Vec::new();
    let mut open: Vec<&Expr> = of.into_iter().collect();
    while let Some(formula) = open.pop() {
        if let Form::Name(Name::Column(_, column)) = formula.form {
            found.push(kind.column(column));
        }
        open.extend(parts(formula));
    }
    found
}

/// What is called so is what the partner does, whatever else stands in its rows.
const DONE: [&str; 17] = [
    "training",
    "course",
    "certification",
    "exam",
    "test",
    "visit",
    "call",
    "meeting",
    "session",
    "demo",
    "webinar",
    "workshop",
    "campaign",
    "lead",
    "registration",
    "proposal",
    "quote",
];

/// What is called so is sold, whatever it is counted in.
const SOLD: [&str; 17] = [
    "sale",
    "sold",
    "order",
    "invoice",
    "purchase",
    "deal",
    "booking",
    "shipment",
    "subscription",
    "contract",
    "policy",
    "usage",
    "consumption",
    "license",
    "licence",
    "unit",
    "quantity",
];

/// What is called so is what customers do.
const KEPT: [&str; 8] = [
    "signup",
    "conversion",
    "renewal",
    "renewed",
    "retention",
    "retained",
    "activation",
    "adoption",
];

/// Money that is called so was spent.
const SPENT: [&str; 4] = ["cost", "spend", "spent", "expense"];

/// Whether one of the words of a name, in the singular, is in a list.
fn is_called(name: &str, words: &[&str]) -> bool {
    name.split('_').any(|word| {
        words.contains(&word)
            || word
                .strip_suffix('s')
                .is_some_and(|singular| words.contains(&singular))
    })
}

fn is_spent(column: &Column) -> bool {
    is_money(column.of) && is_called(&column.name, &SPENT)
}

/// What counting a kind of fact, or adding up columns of it, shows.
fn of_facts(kind: &FactKind, columns: &[&Column]) -> Shown {
    if is_called(&kind.name, &DONE) {
        let because = format!("{} is what the partner does", kind.name);
        return Shown::new(Shows::Activity, because);
    }
    let counted = columns
        .iter()
        .filter(|column| matches!(column.of, Type::Number(_)));
    let mut names = std::iter::once(&*kind.name).chain(counted.map(|column| &*column.name));
    if let Some(name) = names.clone().find(|name| is_called(name, &SOLD)) {
        return Shown::new(
            Shows::Revenue,
            format!("{name} says that something is sold"),
        );
    }
    if let Some(name) = names.find(|name| is_called(name, &KEPT)) {
        let because = format!("{name} says what customers do");
        return Shown::new(Shows::CustomerOutcome, because);
    }
    let has = |wanted: fn(&Column) -> bool| kind.columns.iter().find(|column| wanted(column));
    if let Some(column) = has(|column| is_money(column.of) && !is_spent(column)) {
        let because = format!("one {} brings {}", kind.name, column.name);
        return Shown::new(Shows::Revenue, because);
    }
    if let Some(column) = has(|column| is_score(column.of)) {
        let because = format!("one {} brings {}", kind.name, column.name);
        return Shown::new(Shows::CustomerOutcome, because);
    }
    let because = format!(
        "one {} brings neither money nor a score, and nothing says that it is sold",
        kind.name
    );
    Shown::new(Shows::Activity, because)
}

fn is_money(of: Type) -> bool {
    matches!(of, Type::Number(unit) if unit.money > 0)
}

fn is_score(of: Type) -> bool {
    matches!(of, Type::Number(unit) if unit.score > 0)
}

/// What customers are called in columns.
const CUSTOMERS: [&str; 5] = ["customer", "client", "account", "end_user", "subscriber"];

/// Whether the different answers of a formula are customers: it is a column that is called so.
fn counts_customers(plan: &Plan, formula: &Expr) -> bool {
    let Form::Name(Name::Column(kind, column)) = formula.form else {
        return false;
    };
    let name: &str = &plan[kind].column(column).name;
    CUSTOMERS.iter().any(|word| name.contains(word))
}

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let mut paid_by = Reads::default();
    for (_, reads) in of_components(plan) {
        paid_by.extend(reads);
    }
    paid_by
        .measures
        .iter()
        .map(|id| {
            let measure = &plan[*id];
            let shown = of_measure(plan, *id);
            let taken = shown.shows.map_or("neither activity nor an outcome", words);
            let message = format!("{} is taken for {taken}: {}", measure.name, shown.because);
            let note = Diagnostic::note("G9", name_at(measure.span, &measure.name), message);
            match measure.shows.or(plan[measure.kind].shows) {
                Some(_) => note,
                None => note.help("say what it `shows`, if that is wrong"),
            }
        })
        .collect()
}
