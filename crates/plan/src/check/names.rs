//! What the names of a plan stand for, and the type each has.
//!
//! One register holds every name that a formula may mention anywhere; a name that stands for two things is refused with
//! both places. Columns are known by their kind, columns of the partner directory are found from their use.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use crate::check::spelling::{self, Naming, shown};
use crate::check::types::{Ty, Types};
use crate::check::units::Origin;
use crate::diagnostic::Diagnostic;
use crate::document::{BandsText, PlanText};
use crate::nearest::nearest;
use crate::span::Span;
use crate::tree::walk::{formulas, parts};
use crate::tree::{
    AttributeId, Call, ColumnId, ComponentId, Expr, FactKind, Fold, Form, KindId, Limit, LimitId,
    MeasureId, Plan, Reference, TableId, TermId, Text, Type, Unit, ValueId,
};
use crate::yaml::Scalar;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    Kind(KindId),
    Term(TermId),
    Measure(MeasureId),
    Value(ValueId),
    Table(TableId),
    Component(ComponentId),
    Limit(LimitId),
}

impl Thing {
    /// What kind of thing it is, in words.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Kind(_) => "a kind of fact",
            Self::Term(_) => "a term",
            Self::Measure(_) => "a measure",
            Self::Value(_) => "a value",
            Self::Table(_) => "a table",
            Self::Component(_) => "a component",
            Self::Limit(_) => "a limit",
        }
    }

    /// The same as lists of names hold it; a kind of fact is in no such list.
    pub(super) fn reference(self) -> Option<Reference> {
        match self {
            Self::Kind(_) => None,
            Self::Term(id) => Some(Reference::Term(id)),
            Self::Measure(id) => Some(Reference::Measure(id)),
            Self::Value(id) => Some(Reference::Value(id)),
            Self::Table(id) => Some(Reference::Table(id)),
            Self::Component(id) => Some(Reference::Component(id)),
            Self::Limit(id) => Some(Reference::Limit(id)),
        }
    }
}

/// The columns of a kind.
#[derive(Clone, Debug)]
pub(super) struct KindNames {
    pub(super) name: Text,
    pub(super) columns: Vec<(Text, Ty)>,
}

/// The types of a table's arguments and answer.
#[derive(Clone, Debug)]
pub(super) struct TableTypes {
    pub(super) arguments: Vec<Argument>,
    /// The columns of the first band, as far as the plan writes it.
    pub(super) columns: Vec<Text>,
    pub(super) answers: Ty,
}

/// One argument of a table.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    pub(super) name: Text,
    pub(super) of: Ty,
    /// The place that decided its type.
    pub(super) decided: Option<Span>,
}

/// A name and where it was given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) thing: Thing,
    pub(super) span: Span,
    /// The formula behind it, shown when its type is told; before it what a measure makes of it, such as `sum of`.
    pub(super) formula: Option<(&'static str, Span)>,
}

/// Every name of a plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) register: BTreeMap<Text, Entry>,
    pub(super) kinds: Vec<KindNames>,
    pub(super) attributes: Vec<(Text, Ty)>,
    pub(super) terms: Vec<Ty>,
    /// Terms that only conditions mention: their names and the first places.
    pub(super) undeclared: Vec<(Text, Span)>,
    pub(super) measures: Vec<Ty>,
    /// The declared keys of measures.
    pub(super) keys: Vec<Vec<Text>>,
    pub(super) values: Vec<Ty>,
    pub(super) tables: Vec<TableTypes>,
    pub(super) components: Vec<Ty>,
    pub(super) limits: Vec<Ty>,
    /// How often the closest name was looked for.
    looked: Cell<usize>,
    /// Whether a column of the partner directory that was not mentioned before may still be found.
    pub(super) closed: bool,
}

/// What a limit of a checked plan holds: money or goods.
fn limit_type(plan: &Plan, limit: &Limit) -> Ty {
    match limit.at_most.as_ref().or(limit.at_least.as_ref()) {
        Some(figure) => Ty::from_type(figure.of),
        None => {
            let first = limit.on.iter().find_map(|reference| match reference {
                Reference::Component(id) => plan.components.get(id.index()),
                Reference::Term(_)
                | Reference::Measure(_)
                | Reference::Value(_)
                | Reference::Table(_)
                | Reference::Limit(_) => None,
            });
            first.map_or(Ty::Wrong, |component| Ty::from_type(component.pays.of))
        }
    }
}

/// What a measure makes of its formula, in words.
fn folded(fold: Fold) -> &'static str {
    match fold {
        Fold::Sum => "sum of ",
        Fold::Count => "count of ",
        Fold::CountDistinct => "count of different ",
        Fold::Min => "smallest ",
        Fold::Max => "largest ",
        Fold::Latest => "latest ",
    }
}

/// The tables that some formula of the plan asks.
fn tables_asked(plan: &Plan) -> BTreeSet<TableId> {
    let mut asked = BTreeSet::new();
    let mut open: Vec<&Expr> = formulas(plan);
    while let Some(expr) = open.pop() {
        if let Form::Call(Call::Table(id, _)) = &expr.form {
            asked.insert(*id);
        }
        open.extend(parts(expr));
    }
    asked
}

/// How often the closest name is looked for.
const MOST_LOOKS: usize = 30;

/// How many columns of the partner directory, or undeclared terms, a plan may mention.
const MOST_FOUND: usize = 10_000;

/// Small ids: a plan that passed the loader has far fewer names than an id can count.
pub(super) fn id(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

impl Names {
    /// Registers every name of a plan.
    pub(super) fn of(
        text: &PlanText,
        types: &mut Types,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut names = Self::default();
        for (at, kind) in text.facts.iter().enumerate() {
            names.add(
                &kind.name,
                Naming::Global,
                Thing::Kind(KindId(id(at))),
                None,
                diagnostics,
            );
        }
        for (at, term) in text.terms.iter().enumerate() {
            let formula = term.agreed.as_ref().map(|formula| ("", formula.span));
            names.add(
                &term.name,
                Naming::Dotted,
                Thing::Term(TermId(id(at))),
                formula,
                diagnostics,
            );
            names.refuse_terms_of_kinds(&term.name, diagnostics);
            names.terms.push(types.unknown());
        }
        for (at, measure) in text.measures.iter().enumerate() {
            let formula = measure
                .fold
                .as_ref()
                .and_then(|fold| Some((folded(fold.fold), fold.of.as_ref()?.span)));
            names.add(
                &measure.name,
                Naming::Global,
                Thing::Measure(MeasureId(id(at))),
                formula,
                diagnostics,
            );
            names.measures.push(types.unknown());
            names
                .keys
                .push(measure.keys.iter().map(|key| key.text.clone()).collect());
        }
        for (at, value) in text.values.iter().enumerate() {
            let formula = value.formula.as_ref().map(|formula| ("", formula.span));
            names.add(
                &value.name,
                Naming::Global,
                Thing::Value(ValueId(id(at))),
                formula,
                diagnostics,
            );
            names.values.push(types.unknown());
        }
        for (at, table) in text.tables.iter().enumerate() {
            names.add(
                &table.name,
                Naming::Global,
                Thing::Table(TableId(id(at))),
                None,
                diagnostics,
            );
            let arguments = table
                .of
                .iter()
                .map(|argument| Argument {
                    name: argument.text.clone(),
                    of: types.unknown(),
                    decided: None,
                })
                .collect();
            let columns = match &table.bands {
                BandsText::Bands(bands) => bands
                    .iter()
                    .take(1)
                    .flat_map(|band| band.cells.iter().map(|(column, _)| column.text.clone()))
                    .collect(),
                BandsText::Grid { .. } | BandsText::Rows(_) | BandsText::None => Vec::new(),
            };
            names.tables.push(TableTypes {
                arguments,
                columns,
                answers: types.unknown(),
            });
        }
        for (at, component) in text.components.iter().enumerate() {
            let formula = component.pays.as_ref().map(|formula| ("", formula.span));
            let thing = Thing::Component(ComponentId(id(at)));
            names.add(&component.name, Naming::Global, thing, formula, diagnostics);
            names.components.push(types.unknown());
        }
        for (at, limit) in text.limits.iter().enumerate() {
            names.add(
                &limit.name,
                Naming::Global,
                Thing::Limit(LimitId(id(at))),
                None,
                diagnostics,
            );
            names.limits.push(types.unknown());
        }
        names
    }

    /// The names of a checked plan, each with its type.
    ///
    /// A table that the plan itself never asks has found no unit for its arguments; whoever asks it then says.
    pub(super) fn of_checked(plan: &Plan, types: &mut Types) -> Self {
        let asked = tables_asked(plan);
        let mut names = Self {
            closed: true,
            ..Self::default()
        };
        let mut enter =
            |name: &Text, thing: Thing, span: Span, formula: Option<(&'static str, Span)>| {
                names.register.insert(
                    name.clone(),
                    Entry {
                        thing,
                        span,
                        formula,
                    },
                );
            };
        for (kind, at) in plan.kinds.iter().zip(0..) {
            enter(&kind.name, Thing::Kind(KindId(at)), kind.span, None);
        }
        for (term, at) in plan.terms.iter().zip(0..) {
            let formula = term.agreed.as_ref().map(|agreed| ("", agreed.span));
            enter(&term.name, Thing::Term(TermId(at)), term.span, formula);
        }
        for (measure, at) in plan.measures.iter().zip(0..) {
            let formula = measure
                .of
                .as_ref()
                .map(|of| (folded(measure.fold), of.span));
            enter(
                &measure.name,
                Thing::Measure(MeasureId(at)),
                measure.span,
                formula,
            );
        }
        for (value, at) in plan.values.iter().zip(0..) {
            enter(
                &value.name,
                Thing::Value(ValueId(at)),
                value.span,
                Some(("", value.formula.span)),
            );
        }
        for (table, at) in plan.tables.iter().zip(0..) {
            enter(&table.name, Thing::Table(TableId(at)), table.span, None);
        }
        for (component, at) in plan.components.iter().zip(0..) {
            enter(
                &component.name,
                Thing::Component(ComponentId(at)),
                component.span,
                Some(("", component.pays.span)),
            );
        }
        for (limit, at) in plan.limits.iter().zip(0..) {
            enter(&limit.name, Thing::Limit(LimitId(at)), limit.span, None);
        }
        let columns = |kind: &FactKind| {
            let columns = kind.columns.iter();
            columns
                .map(|column| (column.name.clone(), Ty::from_type(column.of)))
                .collect()
        };
        names.kinds = plan
            .kinds
            .iter()
            .map(|kind| KindNames {
                name: kind.name.clone(),
                columns: columns(kind),
            })
            .collect();
        names.attributes = plan
            .attributes
            .iter()
            .map(|attribute| (attribute.name.clone(), Ty::from_type(attribute.of)))
            .collect();
        names.terms = plan
            .terms
            .iter()
            .map(|term| Ty::from_type(term.of))
            .collect();
        names.measures = plan
            .measures
            .iter()
            .map(|measure| {
                let answers = Ty::from_type(measure.answers);
                match &measure.by {
                    Some(by) => Ty::Keyed(Box::new(answers), Box::new(Ty::from_type(by.of))),
                    None => answers,
                }
            })
            .collect();
        names.keys = plan
            .measures
            .iter()
            .map(|measure| measure.keys.clone())
            .collect();
        names.values = plan
            .values
            .iter()
            .map(|value| {
                let of = Ty::from_type(value.formula.of);
                match &value.each {
                    Some(keys) => {
                        let key = plan[keys.kind].column(keys.column).of;
                        Ty::Keyed(Box::new(of), Box::new(Ty::from_type(key)))
                    }
                    None => of,
                }
            })
            .collect();
        names.tables = plan
            .tables
            .iter()
            .zip(0..)
            .map(|(table, at)| TableTypes {
                arguments: table
                    .axes
                    .iter()
                    .map(|axis| Argument {
                        name: axis.argument.clone(),
                        of: match axis.of {
                            Type::Number(Unit::RATIO) if !asked.contains(&TableId(at)) => {
                                types.number(Origin::Name)
                            }
                            of => Ty::from_type(of),
                        },
                        decided: None,
                    })
                    .collect(),
                columns: table
                    .columns
                    .iter()
                    .map(|column| column.name.clone())
                    .collect(),
                answers: Ty::from_type(table.answers),
            })
            .collect();
        names.components = plan
            .components
            .iter()
            .map(|component| Ty::from_type(component.pays.of))
            .collect();
        names.limits = plan
            .limits
            .iter()
            .map(|limit| limit_type(plan, limit))
            .collect();
        names
    }

    fn add(
        &mut self,
        name: &Scalar,
        naming: Naming,
        thing: Thing,
        formula: Option<(&'static str, Span)>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        if name.text.is_empty() {
            return;
        }
        if let Some(first) = self.register.get(&name.text) {
            diagnostics.push(
                Diagnostic::error("N2", name.span, format!("`{}` is defined twice", shown(&name.text)))
                    .label(format!("here it is {}", thing.word()))
                    .also(first.span, format!("here it is {}", first.thing.word()))
                    .help("give one of them another name: each name stands for one thing in the whole plan"),
            );
            return;
        }
        // A name that cannot be used is registered all the same, so that its uses are not told as unknown.
        spelling::check(name, naming, diagnostics);
        let span = name.span;
        self.register.insert(
            name.text.clone(),
            Entry {
                thing,
                span,
                formula,
            },
        );
    }

    /// A term `sale.amount` beside a kind `sale` would be read as a column.
    fn refuse_terms_of_kinds(&self, term: &Scalar, diagnostics: &mut Vec<Diagnostic>) {
        let Some((first, _)) = term.text.split_once('.') else {
            return;
        };
        let Some(entry) = self.register.get(first) else {
            return;
        };
        if matches!(entry.thing, Thing::Kind(_)) {
            diagnostics.push(
                Diagnostic::error(
                    "N2",
                    term.span,
                    format!(
                        "the term `{}` would be read as a column of {first}",
                        shown(&term.text)
                    ),
                )
                .also(entry.span, format!("`{first}` is a kind of fact"))
                .help("name terms `target.…` or `term.…`"),
            );
        }
    }

    /// What a whole name stands for.
    pub(super) fn get(&self, name: &str) -> Option<Entry> {
        self.register.get(name).copied()
    }

    /// A kind by its name.
    pub(super) fn kind(&self, name: &str) -> Option<KindId> {
        match self.get(name)?.thing {
            Thing::Kind(id) => Some(id),
            Thing::Term(_)
            | Thing::Measure(_)
            | Thing::Value(_)
            | Thing::Table(_)
            | Thing::Component(_)
            | Thing::Limit(_) => None,
        }
    }

    /// A column of a kind and its type.
    pub(super) fn column(&self, kind: KindId, name: &str) -> Option<(ColumnId, Ty)> {
        let columns = &self.kinds.get(kind.index())?.columns;
        let at = columns.iter().position(|(column, _)| &**column == name)?;
        let (_, of) = columns.get(at)?;
        Some((ColumnId(id(at)), of.clone()))
    }

    /// A column of the partner directory: known, or found now.
    pub(super) fn attribute(&mut self, name: &str, types: &mut Types) -> Option<(AttributeId, Ty)> {
        if let Some(at) = self
            .attributes
            .iter()
            .position(|(known, _)| &**known == name)
        {
            let (_, of) = self.attributes.get(at)?;
            return Some((AttributeId(id(at)), of.clone()));
        }
        if self.closed || self.attributes.len() >= MOST_FOUND {
            return None;
        }
        let of = match name {
            "starts" | "ends" => Ty::Date,
            "parent" => Ty::Partner,
            _ => types.unknown(),
        };
        self.attributes.push((name.into(), of.clone()));
        Some((AttributeId(id(self.attributes.len() - 1)), of))
    }

    /// A term that only a condition mentions.
    pub(super) fn undeclared_term(
        &mut self,
        name: &str,
        span: Span,
        types: &mut Types,
    ) -> (TermId, Ty) {
        let term = TermId(id(self.terms.len()));
        let of = types.unknown();
        self.terms.push(of.clone());
        self.undeclared.push((name.into(), span));
        let entry = Entry {
            thing: Thing::Term(term),
            span,
            formula: None,
        };
        self.register.insert(name.into(), entry);
        (term, of)
    }

    /// Whether names are still looked through for what a mistake may have meant.
    pub(super) fn may_look(&self) -> bool {
        self.looked.get() < MOST_LOOKS
    }

    /// The name closest to one that stands for nothing.
    pub(super) fn closest(&self, typed: &str) -> Option<String> {
        // Looking through all names for every mistake of a hostile plan would take minutes.
        let looked = self.looked.get();
        if looked >= MOST_LOOKS {
            return None;
        }
        self.looked.set(looked + 1);
        let mut known: Vec<String> = self.register.keys().map(|name| name.to_string()).collect();
        for kind in &self.kinds {
            known.extend(
                kind.columns
                    .iter()
                    .map(|(column, _)| format!("{}.{column}", kind.name)),
            );
        }
        known.extend(
            ["window.starts", "window.ends", "window.last", "window.days"].map(str::to_owned),
        );
        known.extend(
            [
                "window.full_days",
                "window.final",
                "credit.level",
                "partner",
            ]
            .map(str::to_owned),
        );
        nearest(typed, known.iter().map(String::as_str)).map(str::to_owned)
    }
}
