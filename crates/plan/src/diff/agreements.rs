//! Two agreements: their terms by figure, their days, their plan, whose they are.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::exact::Exact;

use crate::agreement::{self, AgreementText, Whose};
use crate::check::constant;
use crate::diagnostic::Sources;
use crate::diff::change::{Change, Kind, Said, Weight};
use crate::diff::edit::Edit;
use crate::diff::said;
use crate::formula;
use crate::span::Span;
use crate::tree::{Literal, Plan, Text, Type, Unit};
use crate::yaml::Node;

/// An agreement, the text it was read from, and its plan where that is at hand.
#[derive(Clone, Copy, Debug)]
pub struct AgreementSide<'a> {
    /// The agreement.
    pub text: &'a AgreementText,
    /// Its plan, for the units of its terms and what holds where it says nothing.
    pub plan: Option<&'a Plan>,
    /// Its text, for places.
    pub sources: &'a Sources,
}

/// Compares two agreements. `term_now` says what a term of the one is called in the other, if its name has changed.
#[must_use]
pub fn agreements(
    before: AgreementSide<'_>,
    after: AgreementSide<'_>,
    term_now: &dyn Fn(&str) -> Option<Text>,
) -> Vec<Change> {
    let mut all = Agreements {
        before,
        after,
        changes: Vec::new(),
    };
    let (old, new) = (before.text, after.text);
    let name = new.name();
    if old.name.text != new.name.text {
        all.push(
            "agreement",
            Kind::Renamed,
            Some((old.name.text.to_string(), old.name.span)),
            Some((name.to_string(), new.name.span)),
            format!("{name} is what was called {}", old.name.text),
        );
    }
    if old.plan.text != new.plan.text {
        all.push(
            "plan",
            Kind::Changed,
            Some((old.plan.text.to_string(), old.plan.span)),
            Some((new.plan.text.to_string(), new.plan.span)),
            format!(
                "{name} is under the plan {} and no longer under {}",
                new.plan.text, old.plan.text
            ),
        );
    }
    let (was, is) = (whose(&old.whose), whose(&new.whose));
    if was != is {
        all.push(
            "partner",
            Kind::Changed,
            Some((was.clone(), old.name.span)),
            Some((is.clone(), new.name.span)),
            format!("{name} is for {is} and no longer for {was}"),
        );
    }
    if old.starts != new.starts {
        let (was, is) = (old.starts.to_string(), new.starts.to_string());
        all.push(
            "starts",
            Kind::Changed,
            Some((was.clone(), old.name.span)),
            Some((is.clone(), new.name.span)),
            format!("{name} starts on {is} and no longer on {was}"),
        );
    }
    if old.until != new.until {
        let last = |text: &AgreementText| match text.until.map(|day| day.yesterday()) {
            Some(Ok(day)) => day.to_string(),
            Some(Err(_)) | None => "no day".to_owned(),
        };
        let (was, is) = (last(old), last(new));
        let says = match (old.until, new.until) {
            (None, _) => format!("{name} now ends on {is}; it was open"),
            (_, None) => format!("{name} is open now; it ended on {was}"),
            (Some(_), Some(_)) => format!("{name} ends on {is} and no longer on {was}"),
        };
        all.push(
            "until",
            Kind::Changed,
            Some((was, old.name.span)),
            Some((is, new.name.span)),
            says,
        );
    }
    all.terms(term_now);
    all.changes
}

fn whose(whose: &Whose) -> String {
    match whose {
        Whose::Partner(partner) => format!("partner {}", partner.text),
        Whose::Partners(columns) => {
            let mut columns: Vec<String> = columns
                .iter()
                .map(|(column, value)| format!("{} {}", column.text, value.text))
                .collect();
            columns.sort();
            format!("partners of {}", columns.join(", "))
        }
    }
}

/// One figure that an agreement states.
#[derive(Clone, Debug)]
struct Figure {
    literal: Literal,
    is_in_percent: bool,
    shown: String,
    span: Span,
}

struct Agreements<'a> {
    before: AgreementSide<'a>,
    after: AgreementSide<'a>,
    changes: Vec<Change>,
}

impl Agreements<'_> {
    fn push(
        &mut self,
        part: &str,
        kind: Kind,
        before: Option<(String, Span)>,
        after: Option<(String, Span)>,
        says: String,
    ) {
        let said = |said: Option<(String, Span)>, sources: &Sources| {
            said.map(|(text, span)| Said::new(text, span, sources))
        };
        let (old, new) = (self.before.text.name(), self.after.text.name());
        self.changes.push(Change {
            weight: Weight::Meaning,
            kind,
            block: "agreement".into(),
            was_called: (old != new).then_some(old),
            name: new,
            part: part.to_owned(),
            before: said(before, self.before.sources),
            after: said(after, self.after.sources),
            says,
            affects: Vec::new(),
            pays: String::new(),
            edit: Edit::Nothing,
        });
    }

    /// Tells terms that were one figure and are one for each period, or the other way round, and returns them.
    fn split_otherwise(
        &mut self,
        old: &BTreeMap<(String, String), (String, Figure)>,
        new: &BTreeMap<(String, String), Figure>,
    ) -> BTreeSet<String> {
        let terms: BTreeSet<String> = old
            .keys()
            .chain(new.keys())
            .map(|(term, _)| term.clone())
            .collect();
        let name = self.after.text.name();
        let mut told = BTreeSet::new();
        for term in terms {
            let was: Vec<(&str, &Figure)> = old
                .iter()
                .filter(|((known, _), _)| *known == term)
                .map(|((_, period), (_, figure))| (period.as_str(), figure))
                .collect();
            let is: Vec<(&str, &Figure)> = new
                .iter()
                .filter(|((known, _), _)| *known == term)
                .map(|((_, period), figure)| (period.as_str(), figure))
                .collect();
            let is_one =
                |figures: &[(&str, &Figure)]| figures.iter().any(|(period, _)| period.is_empty());
            let (Some((_, first)), Some((_, now))) = (was.first(), is.first()) else {
                continue;
            };
            if is_one(&was) == is_one(&is) {
                continue;
            }
            let (before, after) = (by_period(&was), by_period(&is));
            let says = if is_one(&is) {
                format!("{term} of {name} is one figure now, {after}, and no longer {before}")
            } else {
                format!(
                    "{term} of {name} is agreed for each period now, {after}, and no longer {before}"
                )
            };
            let spans = (first.span, now.span);
            self.push(
                &term,
                Kind::Changed,
                Some((before, spans.0)),
                Some((after, spans.1)),
                says,
            );
            told.insert(term);
        }
        told
    }

    fn terms(&mut self, term_now: &dyn Fn(&str) -> Option<Text>) {
        let old: BTreeMap<(String, String), (String, Figure)> = figures(self.before)
            .into_iter()
            .map(|((term, period), figure)| {
                let now = term_now(&term).map_or_else(|| term.clone(), |now| now.to_string());
                ((now, period), (term, figure))
            })
            .collect();
        let new = figures(self.after);
        let name = self.after.text.name();
        let split = self.split_otherwise(&old, &new);
        let all: BTreeSet<(String, String)> = old
            .keys()
            .chain(new.keys())
            .filter(|(term, _)| !split.contains(term))
            .cloned()
            .collect();
        for key in all {
            let (term, period) = &key;
            let of_period = match period.as_str() {
                "" => String::new(),
                period => format!(" for {period}"),
            };
            let what = format!("{term} of {name}{of_period}");
            let part = format!("{term}{of_period}");
            match (old.get(&key), new.get(&key)) {
                (Some((_, was)), Some(is)) if was.literal == is.literal => {}
                (Some((_, was)), Some(is)) => {
                    let says = format!("{what} {}", goes(was, is));
                    self.push(
                        &part,
                        Kind::Changed,
                        Some((was.shown.clone(), was.span)),
                        Some((is.shown.clone(), is.span)),
                        says,
                    );
                }
                (None, Some(is)) => {
                    let was = default_of(self.before, term);
                    let says = match &was {
                        Some(was) => format!("{what} is now {}; {was} held before", is.shown),
                        None => format!("{what} is now {}", is.shown),
                    };
                    let span = is.span;
                    self.push(
                        &part,
                        Kind::Added,
                        None,
                        Some((is.shown.clone(), span)),
                        says,
                    );
                }
                (Some((_, was)), None) => {
                    let says = match default_of(self.after, term) {
                        Some(now) => format!(
                            "{what} is no longer stated, so {now} holds; it was {}",
                            was.shown
                        ),
                        None => format!("{what} is no longer stated; it was {}", was.shown),
                    };
                    let span = was.span;
                    self.push(
                        &part,
                        Kind::Removed,
                        Some((was.shown.clone(), span)),
                        None,
                        says,
                    );
                }
                (None, None) => {}
            }
        }
    }
}

/// The figures of a term by period, on one line.
fn by_period(figures: &[(&str, &Figure)]) -> String {
    let texts: Vec<String> = figures
        .iter()
        .map(|(period, figure)| match *period {
            "" => figure.shown.clone(),
            period => format!("{} for {period}", figure.shown),
        })
        .collect();
    texts.join(", ")
}

/// How a figure goes from the one to the other.
fn goes(was: &Figure, is: &Figure) -> String {
    let (Literal::Number(old), Literal::Number(new)) = (&was.literal, &is.literal) else {
        return format!("changes from {} to {}", was.shown, is.shown);
    };
    let verb = if new > old { "rises" } else { "falls" };
    let by = if was.is_in_percent || is.is_in_percent {
        String::new()
    } else {
        new.checked_div(old)
            .filter(Exact::is_positive)
            .map(|times| format!(" ({})", said::relative(&times)))
            .unwrap_or_default()
    };
    format!("{verb} from {} to {}{by}", was.shown, is.shown)
}

/// What holds for a term where an agreement says nothing.
fn default_of(side: AgreementSide<'_>, term: &str) -> Option<String> {
    let plan = side.plan?;
    let agreed = plan
        .terms
        .iter()
        .find(|known| *known.name == *term)?
        .agreed
        .as_ref()?;
    let writer = crate::written::Writer::new(plan, side.sources);
    Some(said::formula(&writer, agreed))
}

/// The figures an agreement states, by term and single period.
fn figures(side: AgreementSide<'_>) -> BTreeMap<(String, String), Figure> {
    let mut figures = BTreeMap::new();
    let entries = side.text.terms.as_ref().map(Node::entries);
    for entry in entries.unwrap_or_default() {
        let term = entry.key.text.to_string();
        let of = side
            .plan
            .and_then(|plan| plan.terms.iter().find(|known| known.name == entry.key.text))
            .map(|term| term.of);
        if entry.value.is_map() {
            for period in entry.value.entries() {
                if let Some(figure) = figure(side, &period.value, of) {
                    figures.insert((term.clone(), period.key.text.to_string()), figure);
                }
            }
        } else if let Some(figure) = figure(side, &entry.value, of) {
            figures.insert((term, String::new()), figure);
        }
    }
    figures
}

/// One figure: by its term's type where the plan is at hand, else as it reads by itself.
fn figure(side: AgreementSide<'_>, node: &Node, of: Option<Type>) -> Option<Figure> {
    let scalar = node.as_scalar()?;
    let written = scalar.text.trim();
    let literal = match (side.plan, of) {
        (Some(plan), Some(of)) => agreement::figure(plan, node, of, "", &mut Vec::new()),
        (_, _) => formula::parse_text(written, &mut Vec::new())
            .and_then(|formula| constant::number(&formula, &|_| true))
            .map(Literal::Number),
    };
    let literal = literal.unwrap_or_else(|| Literal::Text(written.into()));
    let unit = match of {
        Some(Type::Number(unit)) => Some(unit),
        Some(Type::Date | Type::Duration | Type::Flag | Type::Text | Type::Partner) | None => None,
    };
    let is_in_percent = written.contains('%');
    let shown = match (&literal, unit, side.plan) {
        (Literal::Number(number), Some(unit), Some(plan)) => {
            let in_percent = is_in_percent && unit == Unit::RATIO;
            said::amount(number, unit, in_percent, plan.currency)
        }
        (_, _, _) => written.to_owned(),
    };
    Some(Figure {
        literal,
        is_in_percent: is_in_percent && unit.is_none_or(|unit| unit == Unit::RATIO),
        shown,
        span: node.span,
    })
}
