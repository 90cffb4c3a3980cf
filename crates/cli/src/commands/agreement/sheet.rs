//! `trueup agreement sheet`: the terms of many partners, proposed by rule, in a workbook to be edited.

use std::collections::BTreeMap;

use trueup_base::calendar::Window;
use trueup_base::date::{Date, parse_date};
use trueup_exports::fill_in::{self, Cell, Column, FillIn, Use};
use trueup_facts::disk::{Disk, Naming};
use trueup_plan::agreement::{self, AgreementText, Stated};
use trueup_plan::check::{Place, formula_in};
use trueup_plan::diagnostic::render;
use trueup_plan::tree::{Expr, Literal, Plan, Term, TermId, Type, Unit};

use crate::agreements::Matched;
use crate::args::{AgreementSheetArgs, Measurer, ProgramArgs, ScopeArgs};
use crate::compute::{Figures, Wanted, prepare};
use crate::failure::Failure;
use crate::folder::{self, Folder};
use crate::output;
use crate::progress::Progress;
use crate::seen::Seen;

/// What the sheet is called.
pub const SHEET: &str = "Terms";

/// What stands before the terms, in this order.
pub const HEAD: [&str; 7] = [
    "partner",
    "name",
    "plan",
    "agreement",
    "starts",
    "until",
    "replaces",
];

/// Which columns of [`HEAD`] are filled in.
const FILLED: [&str; 3] = ["agreement", "starts", "until"];

/// After a term's name: what holds now, to compare with.
pub const NOW: &str = " now";

/// Writes the workbook.
pub fn write(args: &AgreementSheetArgs, progress: &Progress) -> Result<(), Failure> {
    let mut folder = folder::open(&args.program.program)?;
    let day = |what: &str, text: &str| {
        parse_date(text).map_err(|error| Failure::Use(format!("{what} {text}: {error}")))
    };
    let starts = day("--starts", &args.starts)?;
    let until = args.until.as_deref().map(|text| day("--until", text));
    let until = until.transpose()?;
    if until.is_some_and(|until| until <= starts) {
        return Err(Failure::Use(format!(
            "--until {}: it is the day after the last, so it comes after {starts}",
            args.until.as_deref().unwrap_or_default()
        )));
    }
    let rules = rules(&mut folder, args)?;
    let plan = plan_of(&folder, &args.plan)?;
    let proposed = proposed(&folder, plan, (args, &rules), progress)?;
    let mut columns: Vec<Column> = HEAD
        .iter()
        .map(|name| Column {
            name: (*name).to_owned(),
            of: match FILLED.contains(name) {
                true => Use::Filled,
                false => Use::Fixed,
            },
        })
        .collect();
    let terms = terms_of(plan);
    for (_, term) in &terms {
        columns.push(Column {
            name: format!("{}{NOW}", term.name),
            of: Use::Shown,
        });
        columns.push(Column {
            name: term.name.to_string(),
            of: Use::Filled,
        });
    }
    let mut rows = Vec::new();
    for (matched, text) in under(&folder, plan) {
        let partner = matched.listed.id.as_str();
        let is_asked = args.partners.is_empty() || args.partners.iter().any(|one| one == partner);
        if !is_asked {
            continue;
        }
        if starts <= text.starts {
            return Err(Failure::Use(format!(
                "--starts {starts}: agreement {} of {partner} begins on {}; what follows it begins later",
                text.name(),
                text.starts
            )));
        }
        let stated = match &text.terms {
            Some(node) => agreement::terms(plan, node, &mut Vec::new()),
            None => Vec::new(),
        };
        let rest = Rest {
            plan,
            matched,
            text,
            starts,
            until,
        };
        let mut row = rest.head();
        for (id, term) in &terms {
            let now = now(&stated, *id, starts);
            let rule = proposed.get(&(partner.to_owned(), *id));
            row.push(shown(now.as_ref(), term));
            row.push(shown(rule.or(now.as_ref()), term));
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(Failure::Found(format!(
            "nobody is under plan {} whom this asks for; `trueup agreement list` says who is under which agreement",
            args.plan
        )));
    }
    let sheet = FillIn {
        name: SHEET.to_owned(),
        how: how(plan, args),
        columns,
        rows,
    };
    let bytes = fill_in::write(&sheet)
        .map_err(|error| Failure::Use(format!("{}: {error}", args.out.display())))?;
    Disk::default()
        .write(&args.out, &[&bytes], Naming::Replaces)
        .map_err(|error| Failure::fault(format!("writing {}", args.out.display()), &error))?;
    output::print(&format!(
        "{}: terms of {} under plan {} from {starts}{}\nNext: edit it, then trueup agreement take {}\n",
        args.out.display(),
        output::counted(sheet.rows.len(), "partner"),
        args.plan,
        match rules.len() {
            0 => ", as they are now".to_owned(),
            count => format!(", by {}", output::counted(count, "rule")),
        },
        args.out.display()
    ))
}

/// A plan of the folder.
pub fn plan_of<'f>(folder: &'f Folder, name: &str) -> Result<&'f Plan, Failure> {
    folder.plans.get(name).ok_or_else(|| {
        let known: Vec<&str> = folder.plans.keys().map(String::as_str).collect();
        Failure::Use(format!(
            "--plan {name}: there is no such plan; there are {}",
            known.join(", ")
        ))
    })
}

/// The terms that an agreement may state.
pub fn terms_of(plan: &Plan) -> Vec<(TermId, &Term)> {
    let terms = (0u16..).map(TermId).zip(&plan.terms);
    terms.filter(|(_, term)| term.declared).collect()
}

/// Who is under a plan by the last version of its agreement, and that version.
fn under<'f>(
    folder: &'f Folder,
    plan: &'f Plan,
) -> impl Iterator<Item = (&'f Matched, &'f AgreementText)> {
    folder.matched.iter().filter_map(|matched| {
        let last = matched.versions().last()?;
        let text = folder.agreements.get(last)?;
        (*text.plan.text == *plan.name).then_some((matched, text))
    })
}

/// A rule: what a term is proposed to be, as a formula over the plan's names.
struct Rule {
    term: TermId,
    formula: Expr,
}

fn rules(folder: &mut Folder, args: &AgreementSheetArgs) -> Result<Vec<Rule>, Failure> {
    let plan = plan_of(folder, &args.plan)?.clone();
    let mut rules: Vec<Rule> = Vec::new();
    for text in &args.rules {
        let wrong = |why: String| Failure::Use(format!("--set '{text}': {why}"));
        let (name, formula) = text
            .split_once('=')
            .ok_or_else(|| wrong("write TERM=FORMULA".to_owned()))?;
        let name = name.trim();
        let terms = terms_of(&plan);
        let (term, declared) = *terms
            .iter()
            .find(|(_, term)| *term.name == *name)
            .ok_or_else(|| {
                let known: Vec<&str> = terms.iter().map(|(_, term)| &*term.name).collect();
                wrong(format!(
                    "plan {} has no term {name}; its terms are {}",
                    plan.name,
                    known.join(", ")
                ))
            })?;
        if rules.iter().any(|rule| rule.term == term) {
            return Err(wrong(format!("{name} has a rule already")));
        }
        let formula = formula_in(
            &plan,
            &mut folder.sources,
            "--set",
            formula.trim(),
            Place::Partner,
        )
        .map_err(|found| Failure::Use(render(&folder.sources, &found).trim_end().to_owned()))?;
        if formula.of != declared.of {
            return Err(wrong(format!(
                "{name} is {}, and the formula is {}",
                kind_of(declared.of),
                kind_of(formula.of)
            )));
        }
        rules.push(Rule { term, formula });
    }
    Ok(rules)
}

/// What a formula is, in a word or two.
fn kind_of(of: Type) -> &'static str {
    match of {
        Type::Number(Unit::RATIO) => "a ratio",
        Type::Number(Unit::MONEY) => "money",
        Type::Number(Unit::COUNT) => "a count",
        Type::Number(Unit::SCORE) => "a score",
        Type::Number(_) => "a number of another unit",
        Type::Date => "a day",
        Type::Duration => "a length of time",
        Type::Flag => "a flag",
        Type::Text => "text",
        Type::Partner => "a partner",
    }
}

/// What rules propose, by partner and term; where a formula has no answer, nothing is proposed.
fn proposed(
    folder: &Folder,
    plan: &Plan,
    (args, rules): (&AgreementSheetArgs, &[Rule]),
    progress: &Progress,
) -> Result<BTreeMap<(String, TermId), Literal>, Failure> {
    if rules.is_empty() {
        return Ok(BTreeMap::new());
    }
    let over = args.over.as_deref().ok_or_else(|| {
        Failure::Use("--over: say which period the rule looks at, such as 2026".to_owned())
    })?;
    let window: Window = plan
        .calendar
        .parse_period(over)
        .map_err(|error| Failure::Use(format!("--over {over}: {error}")))?;
    let program = ProgramArgs {
        program: args.program.program.clone(),
    };
    // A rule may look anywhere, so the rows answer it.
    let scope_args = ScopeArgs {
        measurer: Measurer::Rows,
        ..ScopeArgs::of(program, None, None)
    };
    let seen = Seen::as_folded(&scope_args, folder)?;
    let formulas: Vec<&Expr> = rules.iter().map(|rule| &rule.formula).collect();
    let step = progress.step("asking what the rules propose".to_owned());
    let prepared = prepare(
        folder,
        plan,
        &seen.facts,
        seen.scope.until,
        Measurer::Rows,
        Wanted::Settlements(None),
    )?;
    let mut figures = Figures::new(&prepared);
    let mut all = BTreeMap::new();
    for partner in prepared.world.all() {
        let Some((partner, answered)) = figures.asked(&formulas, partner, window) else {
            continue;
        };
        for (rule, answer) in rules.iter().zip(answered) {
            if let Some(answer) = answer {
                all.insert((partner.to_string(), rule.term), answer);
            }
        }
    }
    step.finish_and_clear();
    Ok(all)
}

/// What an agreement states of a term for the time before a day: its one figure, or that of the latest period.
fn now(stated: &[Stated], term: TermId, starts: Date) -> Option<Literal> {
    let own = stated.iter().filter(|one| one.term == term);
    let before = |one: &&Stated| one.period.is_none_or(|period| period.starts < starts);
    own.filter(before)
        .max_by_key(|one| one.period.map(|period| period.starts))
        .map(|one| one.figure.clone())
}

/// A figure as a cell.
fn shown(figure: Option<&Literal>, term: &Term) -> Cell {
    match figure {
        None | Some(Literal::Missing) => Cell::Empty,
        Some(Literal::Number(figure)) if matches!(term.of, Type::Number(_)) => {
            Cell::Number(figure.clone())
        }
        Some(Literal::Number(figure)) => Cell::Text(figure.to_string()),
        Some(Literal::Text(text)) => Cell::Text(text.to_string()),
        Some(Literal::Date(day)) => Cell::Day(*day),
        Some(Literal::Duration(length)) => Cell::Text(length.to_string()),
        Some(Literal::Flag(holds)) => Cell::Text(if *holds { "yes" } else { "no" }.to_owned()),
    }
}

/// What a row is about.
struct Rest<'a> {
    plan: &'a Plan,
    matched: &'a Matched,
    text: &'a AgreementText,
    starts: Date,
    until: Option<Date>,
}

impl Rest<'_> {
    /// The cells of [`HEAD`].
    fn head(&self) -> Vec<Cell> {
        let Self {
            plan,
            matched,
            text,
            starts,
            until,
        } = self;
        let listed = &matched.listed;
        let name = listed.columns.get("name").cloned().unwrap_or_default();
        // A group's agreement goes on without whoever gets one of its own.
        let base = match &text.whose {
            agreement::Whose::Partner(_) => text.name().to_string(),
            agreement::Whose::Partners(_) => format!("{}-{}", text.name(), listed.id.as_str()),
        };
        let is_longer = text.until.is_none_or(|last| *starts < last);
        let replaces = match is_longer {
            true => text.name().to_string(),
            false => String::new(),
        };
        vec![
            Cell::Text(listed.id.to_string()),
            Cell::Text(name),
            Cell::Text(plan.name.to_string()),
            Cell::Text(slug(&format!("{base}-{starts}"))),
            Cell::Day(*starts),
            until.map_or(Cell::Empty, Cell::Day),
            Cell::Text(replaces),
        ]
    }
}

/// A name that may stand as a file's.
fn slug(text: &str) -> String {
    let plain = text.chars().map(|sign| match sign {
        sign if sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_') => {
            sign.to_ascii_lowercase()
        }
        _ => '-',
    });
    plain.collect()
}

fn how(plan: &Plan, args: &AgreementSheetArgs) -> Vec<String> {
    let mut lines = vec![
        "Each row is one partner's next agreement. Change the blue cells; the grey ones say what holds now.".to_owned(),
        "Take out the rows of partners whose terms stay as they are. Leave a cell empty where the plan's own figure is to hold.".to_owned(),
        "`until` is the day after the last; empty for an agreement without an end.".to_owned(),
        "Write shares as 0.125, as 12.5% or as 1/8.".to_owned(),
        String::new(),
    ];
    for (_, term) in terms_of(plan) {
        let per = term
            .per
            .map_or_else(String::new, |per| format!(", for each {per}"));
        lines.push(format!("{}: {}{per}", term.name, term.is));
    }
    if !args.rules.is_empty() {
        lines.push(String::new());
        let over = args.over.as_deref().unwrap_or_default();
        for rule in &args.rules {
            lines.push(format!("Proposed by rule, over {over}: {rule}"));
        }
    }
    lines
}
