//! Templates with parameters: a group of names that a plan puts in as often as it needs it, each time under a prefix.
//!
//! `uses: [ { template: draw@1, as: advance, with: { amount: 1_000 } } ]` puts the template's terms, measures, values, tables,
//! components and limits into the plan: `owed` becomes `advance_owed`, in its own place and wherever the template mentions
//! it. A parameter that is a formula becomes a value of its own, `advance_amount`, so that it shows wherever figures are
//! shown; one that is a name is written where the template says the parameter. What is put in is checked, shown and signed
//! like everything else; nothing of the template is left to be called.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::spelling::{HelpIf, shown};
use crate::check::template::{BLOCKS, Expanded, Used, files_of, names_of};
use crate::diagnostic::Diagnostic;
use crate::document::{
    BandsText, BoundText, CellsText, ComponentText, LimitText, MeasureText, ParameterText,
    PlanText, ReadingText, SpreadText, TableText, TermText, UseText, ValueText, WithinText,
};
use crate::formula::{Argument, Formula, FormulaKind};
use crate::nearest::nearest;
use crate::tree::{Text, Use};
use crate::yaml::Scalar;

/// Puts a template into a plan; what keeps it out is told.
pub(super) fn put_in(
    whole: &mut Expanded,
    template: &PlanText,
    used: &UseText,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(prefix) = used.prefix.as_ref() else {
        return;
    };
    let told = diagnostics.len();
    fits(template, used, diagnostics);
    let mut group = Group::of(template, prefix);
    for parameter in &template.parameters {
        group.give(parameter, used, &whole.text, diagnostics);
    }
    for (given, _) in &used.with {
        let mut known = template.parameters.iter();
        if known.any(|parameter| parameter.name == *given) {
            continue;
        }
        let names = template.parameters.iter();
        let near = nearest(&given.text, names.map(|parameter| &*parameter.name.text));
        diagnostics.push(
            Diagnostic::error(
                "O6",
                given.span,
                format!(
                    "the template `{}` has no parameter `{}`",
                    shown(&template.name.text),
                    shown(&given.text)
                ),
            )
            .help_if(near, |near| format!("did you mean {near}?")),
        );
    }
    if diagnostics.len() > told {
        return;
    }
    group.add_to(&mut whole.text, diagnostics);
    for file in files_of(template) {
        if !whole.files.contains(&file) {
            whole.files.push(file);
        }
    }
    whole.used.push(Used {
        file: template.span.file,
        told: Use {
            template: used
                .template
                .as_ref()
                .map_or_else(|| "".into(), |name| name.text.clone()),
            prefix: prefix.text.clone(),
            with: used
                .with
                .iter()
                .filter_map(|(name, given)| {
                    Some((name.text.clone(), given.as_ref()?.to_string().into()))
                })
                .collect(),
            span: used.span,
        },
    });
}

/// Says of what is wrong inside a template which use put it there.
pub(super) fn told_where(used: &[Used], told: &mut [Diagnostic]) {
    for diagnostic in told {
        let file = diagnostic.span().file;
        for one in used.iter().filter(|one| one.file == file) {
            let what = format!("used here as {}", one.told.prefix);
            *diagnostic = diagnostic.clone().also(one.told.span, what);
        }
    }
}

/// A template that is used holds names and nothing that is the plan's to say.
fn fits(template: &PlanText, used: &UseText, diagnostics: &mut Vec<Diagnostic>) {
    let mut refuse = |span, what: &str| {
        let name = shown(&template.name.text);
        diagnostics.push(
            Diagnostic::error("O6", span, format!("the template `{name}` {what}, so it is not used"))
                .also(used.span, "used here")
                .help("a template that is used holds terms, measures, values, tables, components and limits"),
        );
    };
    if let Some(fact) = template.facts.first() {
        refuse(fact.name.span, "declares facts");
    }
    if let Some(block) = template.governance.first() {
        refuse(block.block.span, "says how both sides work together");
    }
    if let Some(objective) = template.objectives.first() {
        refuse(objective.span, "has objectives");
    }
    if let Some(inner) = template.uses.first() {
        refuse(inner.span, "uses another template");
    }
    if let Some(from) = &template.from_template {
        refuse(from.span, "builds on another template");
    }
}

/// A template's names with their prefix, and what its parameters are.
struct Group<'t> {
    template: &'t PlanText,
    prefix: Text,
    /// Its own names and its parameters, each with what stands for it.
    names: BTreeMap<Text, Text>,
    /// The formulas given for parameters, as values.
    given: Vec<ValueText>,
}

impl<'t> Group<'t> {
    fn of(template: &'t PlanText, prefix: &Scalar) -> Self {
        let own = BLOCKS.iter().flat_map(|block| names_of(template, block));
        let prefix = prefix.text.clone();
        let names = own
            .map(|name| (name.text.clone(), prefixed(&prefix, &name.text)))
            .collect();
        Self {
            template,
            prefix,
            names,
            given: Vec::new(),
        }
    }

    /// What a use gives for a parameter.
    fn give(
        &mut self,
        parameter: &ParameterText,
        used: &UseText,
        plan: &PlanText,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let name = &parameter.name;
        let given = used.with.iter().find(|(given, _)| given == name);
        let Some((written, formula)) = given else {
            diagnostics.push(
                Diagnostic::error(
                    "O6",
                    used.span,
                    format!("nothing is given for the parameter `{}`", shown(&name.text)),
                )
                .also(name.span, "it is asked for here")
                .help(format!("with: {{ {}: … }}", shown(&name.text))),
            );
            return;
        };
        // A formula that can't be read was told.
        let Some(formula) = formula else { return };
        if let Some(unit) = &parameter.unit {
            let value = prefixed(&self.prefix, &name.text);
            self.names.insert(name.text.clone(), value.clone());
            self.given.push(ValueText {
                name: called(written, value),
                is: parameter.is.clone(),
                formula: Some(formula.clone()),
                every: None,
                each: None,
                role: None,
                unit: Some(unit.clone()),
                span: written.span,
            });
            return;
        }
        let Some(sort) = &parameter.names else { return };
        let block = match &*sort.text {
            "fact" => "facts",
            "measure" => "measures",
            "table" => "tables",
            _ => "components",
        };
        match &formula.is {
            FormulaKind::Name(said)
                if names_of(plan, block)
                    .iter()
                    .any(|known| known.text == *said) =>
            {
                self.names.insert(name.text.clone(), said.clone());
            }
            _ => {
                let what = match &*sort.text {
                    "fact" => "kind of fact",
                    other => other,
                };
                diagnostics.push(
                    Diagnostic::error(
                        "O6",
                        formula.span,
                        format!(
                            "`{}` is the name of a {what}, and this is none of the plan's",
                            shown(&name.text)
                        ),
                    )
                    .also(name.span, "it is asked for here"),
                );
            }
        }
    }

    fn add_to(self, whole: &mut PlanText, diagnostics: &mut Vec<Diagnostic>) {
        let template = self.template;
        let mut group = PlanText {
            values: self.given.clone(),
            ..template.clone()
        };
        group.terms = template.terms.iter().map(|term| self.term(term)).collect();
        group.measures = template
            .measures
            .iter()
            .map(|one| self.measure(one))
            .collect();
        group
            .values
            .extend(template.values.iter().map(|value| self.value(value)));
        group.tables = template
            .tables
            .iter()
            .map(|table| self.table(table))
            .collect();
        group.components = template
            .components
            .iter()
            .map(|one| self.component(one))
            .collect();
        group.limits = template
            .limits
            .iter()
            .map(|limit| self.limit(limit))
            .collect();
        let told = diagnostics.len();
        for block in BLOCKS {
            for name in names_of(&group, block) {
                let known = BLOCKS.iter().flat_map(|block| names_of(whole, block));
                if let Some(first) = known.into_iter().find(|first| first.text == name.text) {
                    diagnostics.push(
                        Diagnostic::error(
                            "O5",
                            name.span,
                            format!("`{}` is there already", shown(&name.text)),
                        )
                        .also(first.span, "here")
                        .help("give this use of the template another prefix: as: …"),
                    );
                }
            }
        }
        if diagnostics.len() > told {
            return;
        }
        whole.terms.append(&mut group.terms);
        whole.measures.append(&mut group.measures);
        whole.values.append(&mut group.values);
        whole.tables.append(&mut group.tables);
        whole.components.append(&mut group.components);
        whole.limits.append(&mut group.limits);
    }

    /// A name as it stands in the plan; the first word decides, so that columns of a kind go with it.
    fn name(&self, name: &Text, local: &BTreeSet<Text>) -> Text {
        if local.contains(name) {
            return name.clone();
        }
        if let Some(stands) = self.names.get(name) {
            return stands.clone();
        }
        let column = name.split_once('.').and_then(|(kind, column)| {
            let stands = self.names.get(kind)?;
            Some(format!("{stands}.{column}").into())
        });
        column.unwrap_or_else(|| name.clone())
    }

    fn scalar(&self, scalar: &Scalar) -> Scalar {
        called(scalar, self.name(&scalar.text, &BTreeSet::new()))
    }

    fn optional(&self, scalar: &Option<Scalar>) -> Option<Scalar> {
        scalar.as_ref().map(|scalar| self.scalar(scalar))
    }

    fn maybe(&self, formula: &Option<Formula>) -> Option<Formula> {
        formula
            .as_ref()
            .map(|formula| self.formula(formula, &BTreeSet::new()))
    }

    fn inside(&self, formula: &Option<Formula>, local: &BTreeSet<Text>) -> Option<Formula> {
        formula.as_ref().map(|formula| self.formula(formula, local))
    }

    fn formula(&self, formula: &Formula, local: &BTreeSet<Text>) -> Formula {
        let inner = |part: &Formula| self.formula(part, local);
        let boxed = |part: &Formula| Box::new(self.formula(part, local));
        let all = |parts: &[Formula]| parts.iter().map(inner).collect();
        let is = match &formula.is {
            FormulaKind::Number { .. }
            | FormulaKind::Text(_)
            | FormulaKind::Date(_)
            | FormulaKind::True
            | FormulaKind::False
            | FormulaKind::Missing => formula.is.clone(),
            FormulaKind::Name(name) => FormulaKind::Name(self.name(name, local)),
            FormulaKind::Call {
                name,
                name_span,
                arguments,
            } => FormulaKind::Call {
                name: self.names.get(name).unwrap_or(name).clone(),
                name_span: *name_span,
                arguments: arguments
                    .iter()
                    .map(|argument| Argument {
                        // The words of `weighted` are names of the plan; those of other functions are their own.
                        word: argument.word.as_ref().map(|(word, span)| match &**name {
                            "weighted" => (self.name(word, local), *span),
                            _ => (word.clone(), *span),
                        }),
                        value: inner(&argument.value),
                    })
                    .collect(),
            },
            FormulaKind::Keyed(x, key) => FormulaKind::Keyed(boxed(x), boxed(key)),
            FormulaKind::Negated(x) => FormulaKind::Negated(boxed(x)),
            FormulaKind::Not(x) => FormulaKind::Not(boxed(x)),
            FormulaKind::Arithmetic(operator, a, b) => {
                FormulaKind::Arithmetic(*operator, boxed(a), boxed(b))
            }
            FormulaKind::Compared(how, a, b) => FormulaKind::Compared(*how, boxed(a), boxed(b)),
            FormulaKind::Between { x, low, high, not } => FormulaKind::Between {
                x: boxed(x),
                low: boxed(low),
                high: boxed(high),
                not: *not,
            },
            FormulaKind::In { x, list, not } => FormulaKind::In {
                x: boxed(x),
                list: all(list),
                not: *not,
            },
            FormulaKind::Is { x, kind, not } => FormulaKind::Is {
                x: boxed(x),
                kind: *kind,
                not: *not,
            },
            FormulaKind::And(parts) => FormulaKind::And(all(parts)),
            FormulaKind::Or(parts) => FormulaKind::Or(all(parts)),
            FormulaKind::Case { arms, otherwise } => FormulaKind::Case {
                arms: arms
                    .iter()
                    .map(|(test, answer)| (inner(test), inner(answer)))
                    .collect(),
                otherwise: boxed(otherwise),
            },
        };
        Formula {
            is,
            span: formula.span,
        }
    }

    fn within(&self, within: &Option<WithinText>) -> Option<WithinText> {
        within.as_ref().map(|within| WithinText {
            lowest: self.maybe(&within.lowest),
            highest: self.maybe(&within.highest),
            span: within.span,
        })
    }

    fn term(&self, term: &TermText) -> TermText {
        TermText {
            name: self.scalar(&term.name),
            agreed: self.maybe(&term.agreed),
            within: self.within(&term.within),
            spread: term.spread.as_ref().map(|spread| match spread {
                SpreadText::Word(word) => SpreadText::Word(word.clone()),
                SpreadText::Weights(weights, span) => SpreadText::Weights(weights.clone(), *span),
            }),
            ..term.clone()
        }
    }

    fn measure(&self, measure: &MeasureText) -> MeasureText {
        let mut fold = measure.fold.clone();
        if let Some(fold) = &mut fold {
            fold.of = self.maybe(&fold.of);
        }
        MeasureText {
            name: self.scalar(&measure.name),
            within: self.within(&measure.within),
            fold,
            filter: self.maybe(&measure.filter),
            at: self.optional(&measure.at),
            by: self.maybe(&measure.by),
            ..measure.clone()
        }
    }

    fn value(&self, value: &ValueText) -> ValueText {
        ValueText {
            name: self.scalar(&value.name),
            formula: self.maybe(&value.formula),
            each: self.optional(&value.each),
            ..value.clone()
        }
    }

    fn table(&self, table: &TableText) -> TableText {
        let mut local: BTreeSet<Text> = table.of.iter().map(|name| name.text.clone()).collect();
        if let BandsText::Bands(bands) = &table.bands {
            let columns = bands.iter().flat_map(|band| &band.cells);
            local.extend(columns.map(|(name, _)| name.text.clone()));
        }
        let bound = |bound: &BoundText| BoundText {
            formula: self.inside(&bound.formula, &BTreeSet::new()),
            ..bound.clone()
        };
        let bands = match &table.bands {
            BandsText::Bands(bands) => {
                let mut own = bands.clone();
                for band in &mut own {
                    band.bound = band.bound.as_ref().map(bound);
                    for (_, cell) in &mut band.cells {
                        *cell = self.inside(cell, &local);
                    }
                }
                BandsText::Bands(own)
            }
            BandsText::Grid { axes, cells } => BandsText::Grid {
                axes: axes
                    .iter()
                    .map(|(name, bounds)| (name.clone(), bounds.iter().map(bound).collect()))
                    .collect(),
                cells: self.cells(cells, &local),
            },
            BandsText::Rows(_) | BandsText::None => table.bands.clone(),
        };
        TableText {
            name: self.scalar(&table.name),
            reading: table.reading.as_ref().map(|reading| match reading {
                ReadingText::EachBand(formula) => {
                    ReadingText::EachBand(self.inside(formula, &local))
                }
                ReadingText::OneBand(formula) => ReadingText::OneBand(self.inside(formula, &local)),
                ReadingText::Line(column) => ReadingText::Line(column.clone()),
            }),
            bands,
            ..table.clone()
        }
    }

    fn cells(&self, cells: &CellsText, local: &BTreeSet<Text>) -> CellsText {
        match cells {
            CellsText::Cell(formula, span) => CellsText::Cell(self.inside(formula, local), *span),
            CellsText::List(list, span) => {
                let list = list.iter().map(|cells| self.cells(cells, local)).collect();
                CellsText::List(list, *span)
            }
        }
    }

    fn component(&self, component: &ComponentText) -> ComponentText {
        let mut paid = component.paid.clone();
        for line in &mut paid {
            line.share = self.maybe(&line.share);
            line.condition = self.maybe(&line.condition);
        }
        ComponentText {
            name: self.scalar(&component.name),
            applies: self.maybe(&component.applies),
            gate: self.maybe(&component.gate),
            each: self.optional(&component.each),
            filter: self.maybe(&component.filter),
            pays: self.maybe(&component.pays),
            at_least: self.maybe(&component.at_least),
            at_most: self.maybe(&component.at_most),
            stacks_with: component
                .stacks_with
                .iter()
                .map(|name| self.scalar(name))
                .collect(),
            paid,
            ..component.clone()
        }
    }

    fn limit(&self, limit: &LimitText) -> LimitText {
        LimitText {
            name: self.scalar(&limit.name),
            on: limit.on.iter().map(|name| self.scalar(name)).collect(),
            at_most: self.maybe(&limit.at_most),
            at_least: self.maybe(&limit.at_least),
            ..limit.clone()
        }
    }
}

/// A name at its place, called otherwise.
fn called(written: &Scalar, text: Text) -> Scalar {
    let mut scalar = written.clone();
    scalar.text = text;
    scalar
}

/// `owed` of `advance` is `advance_owed`.
fn prefixed(prefix: &str, name: &str) -> Text {
    format!("{prefix}_{name}").into()
}
