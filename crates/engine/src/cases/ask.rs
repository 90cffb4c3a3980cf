//! The checks of a case asked of the engine.
//!
//! A check asks as a statement does: in the period as the agreement cuts it, with everything known. A component or
//! limit that stands alone in a check and has a longer window than the period is asked in its own window up to the
//! period's end, as a settlement there would ask it.

use std::collections::BTreeMap;

use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::date::Date;
use trueup_plan::diagnostic::{Diagnostic, Sources, any_error};
use trueup_plan::span::Span;
use trueup_plan::tree::{ComponentId, Expr, FundId, Grant, KindId, LimitId, TableId, Type, Unit};

use super::Case;
use super::answers::{self, Answered, Got, Open};
use super::checks::{Check, Question};
use super::report::Checked;
use super::resolve::{self, Asked, Resolved};
use crate::evaluate::{Evaluator, Place};
use crate::explain::{Explanation, Figure};
use crate::graph::{NodeId, What};
use crate::limit::Earner;
use crate::measure::Reference;
use crate::number::{Answer, Number};
use crate::payouts::Moved;
use crate::settle::Line;
use crate::value::Value;
use crate::world::{PartnerIx, RowIx, date_of};

/// How deep and how wide the reason of a failure is told.
const BECAUSE_DEPTH: usize = 3;
const BECAUSE_WIDTH: usize = 12;

/// Asks every check; nothing when one of them cannot be asked, which is then among the diagnostics.
pub(super) fn all(
    case: &Case,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<Checked>> {
    let asked = resolve::all(case, sources, diagnostics);
    let measurer = Reference;
    let mut asker = Asker {
        case,
        sources,
        evaluator: Evaluator::new(&case.plan, &case.world, &measurer),
        down_to_rows: Evaluator::new(&case.plan, &case.world, &measurer).with_rows(),
    };
    let checked = asked
        .iter()
        .filter_map(|asked| asker.check(asked, diagnostics))
        .collect();
    (!any_error(diagnostics)).then_some(checked)
}

struct Asker<'a> {
    case: &'a Case,
    sources: &'a Sources,
    evaluator: Evaluator<'a, Answer, Reference>,
    /// The same walk down to the rows, for the reasons of a failure.
    down_to_rows: Evaluator<'a, Answer, Reference>,
}

impl<'a> Asker<'a> {
    fn check(
        &mut self,
        asked: &'a Asked<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Checked> {
        let check = asked.check;
        let Some(got) = self.got(asked) else {
            diagnostics.push(
                Diagnostic::error("E6", check.span, "the check matches nothing")
                    .help("no settlement, row or release lies in what it asks"),
            );
            return None;
        };
        let is_met = answers::is_met(&self.case.plan, &check.is, &got, diagnostics);
        let expected = answers::written(&check.is);
        let partner = match asked.what {
            Resolved::Groups(..) => String::new(),
            Resolved::Of(..)
            | Resolved::Bands(..)
            | Resolved::Settled(..)
            | Resolved::Schedule(..)
            | Resolved::Trigger(..)
            | Resolved::Fund(..)
            | Resolved::Released(..)
            | Resolved::Recovered(..)
            | Resolved::PaidOut(..)
            | Resolved::Limited(..) => self
                .case
                .world
                .partner(asked.partner)
                .map_or_else(String::new, |partner| partner.id.to_string()),
        };
        Some(Checked {
            asked: asked_words(check),
            partner,
            period: match (&check.question, &check.period) {
                (Question::Settled { .. }, _) | (_, None) => String::new(),
                (_, Some((_, written))) => written.text.to_string(),
            },
            got: got.exact(&expected),
            expected,
            is_met,
            span: check.span,
            because: if is_met {
                String::new()
            } else {
                self.because(asked)
            },
        })
    }

    fn got(&mut self, asked: &'a Asked<'_>) -> Option<Got> {
        Some(match &asked.what {
            Resolved::Of(formula, place) => {
                let node = self.evaluator.ask(formula, place);
                let value = self.evaluator.answer(node);
                Got::One(self.figure(&value, formula.of).into())
            }
            Resolved::Bands(formula, table, place) => self.bands(formula, *table, place),
            Resolved::Settled(earners, every, grants, from, until) => {
                self.settled(asked.partner, earners, (*every, *grants), *from, *until)?
            }
            Resolved::Schedule(id, place, earned) => self.schedule(*id, place, *earned),
            Resolved::Limited(id, place) => self.limited(*id, place),
            Resolved::Trigger(trigger, place) => {
                let node = self.evaluator.ask_trigger(*trigger, place);
                let value = self.evaluator.answer(node);
                Got::One(self.figure(&value, Type::Flag).into())
            }
            Resolved::Fund(id, until) => self.fund(*id, asked.partner, *until)?,
            Resolved::Released(earners, until) => self.released(earners, asked.partner, *until),
            Resolved::Recovered(earners, until) => self.recovered(earners, asked.partner, *until),
            Resolved::PaidOut(until) => self.paid_out(asked.partner, *until),
            Resolved::Groups(kind, window) => self.groups(*kind, window)?,
        })
    }

    fn figure(&self, value: &Value<Answer>, of: Type) -> Figure {
        Figure::of(value, of, self.case.plan.currency)
    }

    fn bands(&mut self, formula: &'a Expr, table: TableId, place: &Place) -> Got {
        let root = self.evaluator.ask(formula, place);
        let answers = self.case.plan[table].answers;
        let mut nodes = Vec::new();
        bands_under(&self.evaluator, root, table, &mut nodes);
        if nodes.is_empty() {
            let value = self.evaluator.answer(root);
            return Got::One(self.figure(&value, answers).into());
        }
        let figures = nodes
            .into_iter()
            .map(|node| self.figure(&self.evaluator.answer(node), answers).into())
            .collect();
        Got::List(figures)
    }

    fn settled(
        &mut self,
        partner: PartnerIx,
        earners: &[Earner],
        (every, grants): (WindowUnit, Grant),
        from: Date,
        until: Date,
    ) -> Option<Got> {
        let lines = self.evaluator.settle(partner, until);
        let windows: Vec<Window> = self
            .evaluator
            .settlements(partner, every, until)
            .into_iter()
            .filter(|window| from <= window.starts)
            .collect();
        if windows.is_empty() {
            return None;
        }
        let of = match grants {
            Grant::Money | Grant::Fund | Grant::Flag => Type::Number(Unit::MONEY),
            Grant::Count => Type::Number(Unit::COUNT),
        };
        let all = windows
            .iter()
            .map(|window| {
                let here = lines.iter().filter(|line| {
                    earners.contains(&line.earner)
                        && window.starts < line.settlement.ends
                        && line.settlement.ends <= window.ends
                });
                self.posted(here, of)
            })
            .collect();
        Some(Got::List(all))
    }

    fn posted<'l>(&self, lines: impl Iterator<Item = &'l Line<Answer>>, of: Type) -> Answered {
        let mut sum = Answer::known(trueup_base::exact::Exact::ZERO);
        let mut open = Open::Nothing;
        for line in lines {
            sum = sum.plus(&line.posted);
            if let Some(reason) = line.open.first() {
                open = Open::Question(reason.kind, reason.why.to_string());
            }
        }
        Answered {
            figure: self.figure(&Value::Number(sum), of),
            open,
        }
    }

    fn schedule(&mut self, id: ComponentId, place: &Place, earned: Date) -> Got {
        let of = Type::Number(Unit::MONEY);
        let mut by_day: BTreeMap<Date, (Answer, bool)> = BTreeMap::new();
        for due in self.evaluator.schedule(id, place, earned) {
            by_day
                .entry(due.on)
                .and_modify(|(amount, waits)| {
                    *amount = amount.plus(&due.amount);
                    *waits |= due.waits;
                })
                .or_insert((due.amount, due.waits));
        }
        let all = by_day
            .into_iter()
            .map(|(on, (amount, waits))| {
                let answered = Answered {
                    figure: self.figure(&Value::Number(amount), of),
                    open: if waits { Open::Waits } else { Open::Nothing },
                };
                (on.to_string(), answered)
            })
            .collect();
        Got::Map(all)
    }

    fn limited(&mut self, id: LimitId, place: &Place) -> Got {
        let plan = &self.case.plan;
        let windows = match self.evaluator.limit_asked_in(id, place) {
            Some(windows) => windows,
            None => vec![(id, place.window)],
        };
        let mut all: Vec<(String, Unit, Answer)> = Vec::new();
        for (limit, window) in windows {
            let place = Place { window, ..*place };
            for (earner, kept) in self.evaluator.limited(limit, &place) {
                let (name, grants) = match earner {
                    Earner::Component(id) => (plan[id].name.to_string(), plan[id].grants),
                    Earner::TopUp(inner) if inner == limit => ("top_up".to_owned(), Grant::Money),
                    Earner::TopUp(inner) => (format!("{}.top_up", plan[inner].name), Grant::Money),
                };
                let unit = match grants {
                    Grant::Count => Unit::COUNT,
                    Grant::Money | Grant::Fund | Grant::Flag => Unit::MONEY,
                };
                match all.iter_mut().find(|(known, _, _)| *known == name) {
                    Some((_, _, sum)) => *sum = sum.plus(&kept),
                    None => all.push((name, unit, kept)),
                }
            }
        }
        let figures = all.into_iter().map(|(name, unit, kept)| {
            let figure = self.figure(&Value::Number(kept), Type::Number(unit));
            (name, figure.into())
        });
        Got::Map(figures.collect())
    }

    /// A fund's balance at the end of the last period by a day, what moved it in that period, and what its claims got.
    fn fund(&mut self, id: FundId, partner: PartnerIx, until: Date) -> Option<Got> {
        let period = self.evaluator.fund(id, partner, until).pop()?;
        let open = match period.open.first() {
            Some(reason) => Open::Question(reason.kind, reason.why.to_string()),
            None => Open::Nothing,
        };
        let money = |amount: &Answer, open: Open| Answered {
            figure: self.figure(&Value::Number(amount.clone()), Type::Number(Unit::MONEY)),
            open,
        };
        let named = [
            ("opening", &period.opening),
            ("accrued", &period.accrued),
            ("reimbursed", &period.reimbursed),
            ("expired", &period.expired),
            ("closing", &period.closing),
        ];
        let parts = named
            .into_iter()
            .map(|(name, amount)| (name.to_owned(), money(amount, Open::Nothing)))
            .chain(
                period
                    .claims
                    .iter()
                    .map(|claim| (claim.id.to_string(), money(&claim.got, Open::Nothing))),
            )
            .collect();
        Some(Got::Parts(money(&period.closing, open), parts))
    }

    /// What was released by a day, and what is held then.
    fn released(&mut self, earners: &[Earner], partner: PartnerIx, until: Date) -> Got {
        let payouts = self.evaluator.payouts(partner, until);
        let of = |earner: &Earner| earners.contains(earner);
        let mut parts = Sums::default();
        for movement in payouts.movements.iter().filter(|one| of(&one.earner)) {
            match movement.what {
                Moved::Released => parts.add(movement.on.to_string(), &movement.amount),
                Moved::Forfeited => {
                    parts.add(format!("{} forfeited", movement.on), &movement.amount)
                }
                Moved::TakenFromHeld | Moved::TakenFromPayout | Moved::Invoiced => {}
            }
        }
        let whole = parts.total(|name| !name.ends_with("forfeited"));
        parts.add("held".to_owned(), &nothing());
        for held in payouts.held.iter().filter(|one| of(&one.earner)) {
            parts.add("held".to_owned(), &held.amount);
        }
        self.parts(whole, parts)
    }

    /// What was taken by a day of held money and payouts, what was invoiced, and what is owed then.
    fn recovered(&mut self, earners: &[Earner], partner: PartnerIx, until: Date) -> Got {
        let payouts = self.evaluator.payouts(partner, until);
        let of = |earner: &Earner| earners.contains(earner);
        let mut parts = Sums::default();
        for movement in payouts.movements.iter() {
            // What is lowered is held for the same earner whose posting lowers it.
            let word = match movement.what {
                Moved::TakenFromHeld => "held",
                Moved::TakenFromPayout => "payout",
                Moved::Invoiced => "invoice",
                Moved::Released | Moved::Forfeited => continue,
            };
            if of(&movement.earner) {
                parts.add(format!("{} {word}", movement.on), &movement.amount);
            }
        }
        let whole = parts.total(|_| true);
        parts.add("owed".to_owned(), &nothing());
        for owed in payouts.owed.iter().filter(|one| of(&one.earner)) {
            parts.add("owed".to_owned(), &owed.amount);
        }
        self.parts(whole, parts)
    }

    /// What left by a day, and what waits until it is enough.
    fn paid_out(&mut self, partner: PartnerIx, until: Date) -> Got {
        let payouts = self.evaluator.payouts(partner, until);
        let mut parts = Sums::default();
        for leaving in &payouts.leaves {
            parts.add(leaving.on.to_string(), &leaving.amount);
        }
        let whole = parts.total(|_| true);
        parts.add("waits".to_owned(), &payouts.waits);
        self.parts(whole, parts)
    }

    fn parts(&self, whole: Answer, parts: Sums) -> Got {
        let money = |amount: Answer| -> Answered {
            self.figure(&Value::Number(amount), Type::Number(Unit::MONEY))
                .into()
        };
        let parts = parts
            .0
            .into_iter()
            .map(|(name, amount)| (name, money(amount)));
        Got::Parts(money(whole), parts.collect())
    }

    /// The ids of a kind's rows by the plan's periods; a period without rows has no group.
    fn groups(&self, kind: KindId, asked: &Window) -> Option<Got> {
        let plan = &self.case.plan;
        let facts = self.case.world.kind(kind)?;
        let mut groups = Vec::new();
        for window in plan
            .calendar
            .windows_in(plan.period, asked.starts, asked.ends)
        {
            let ids: Vec<String> = facts
                .rows
                .iter()
                .zip(0u32..)
                .filter(|(_, at)| facts.is_known(RowIx(*at), None))
                .filter(|(row, _)| {
                    date_of(row, plan[kind].dated)
                        .is_some_and(|day| window.contains(day) && asked.contains(day))
                })
                .map(|(row, _)| row.id.to_string())
                .collect();
            if !ids.is_empty() {
                groups.push(ids);
            }
        }
        (!groups.is_empty()).then_some(Got::Groups(groups))
    }

    /// Why a figure is what it is, in short.
    fn because(&mut self, asked: &'a Asked<'_>) -> String {
        let roots: Vec<NodeId> = match &asked.what {
            Resolved::Of(formula, place) | Resolved::Bands(formula, _, place) => {
                vec![self.down_to_rows.ask(formula, place)]
            }
            Resolved::Schedule(id, place, _) => vec![self.down_to_rows.ask_component(*id, place)],
            Resolved::Trigger(trigger, place) => {
                vec![self.down_to_rows.ask_trigger(*trigger, place)]
            }
            Resolved::Settled(earners, _, _, _, until) => {
                let lines = self.down_to_rows.settle(asked.partner, *until);
                let last = |id: ComponentId| {
                    lines
                        .iter()
                        .rev()
                        .find(|line| line.earner == Earner::Component(id))
                };
                let places: Vec<(ComponentId, Place)> = earners
                    .iter()
                    .filter_map(|earner| match earner {
                        Earner::Component(id) => Some((*id, last(*id)?.place)),
                        Earner::TopUp(_) => None,
                    })
                    .collect();
                places
                    .into_iter()
                    .map(|(id, place)| self.down_to_rows.ask_component(id, &place))
                    .collect()
            }
            Resolved::Limited(..)
            | Resolved::Fund(..)
            | Resolved::Released(..)
            | Resolved::Recovered(..)
            | Resolved::PaidOut(..)
            | Resolved::Groups(..) => Vec::new(),
        };
        let text = |span: Span| {
            let written = self.sources.text(span);
            written.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        roots
            .into_iter()
            .filter_map(|root| Explanation::of(&self.down_to_rows, root, &text))
            .map(|said| said.to_text_within(BECAUSE_DEPTH, BECAUSE_WIDTH))
            .collect()
    }
}

fn nothing() -> Answer {
    Answer::known(trueup_base::exact::Exact::ZERO)
}

/// Sums by name, in the order in which the names appeared.
#[derive(Default)]
struct Sums(Vec<(String, Answer)>);

impl Sums {
    fn add(&mut self, name: String, amount: &Answer) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum = sum.plus(amount),
            None => self.0.push((name, amount.clone())),
        }
    }

    fn total(&self, counts: impl Fn(&str) -> bool) -> Answer {
        let counted = self.0.iter().filter(|(name, _)| counts(name));
        counted.fold(nothing(), |sum, (_, amount)| sum.plus(amount))
    }
}

/// The bands a table's answer was made from: those of the first question to it that is found.
fn bands_under(
    evaluator: &Evaluator<'_, Answer, Reference>,
    root: NodeId,
    table: TableId,
    into: &mut Vec<NodeId>,
) {
    let graph = evaluator.graph();
    let inputs = graph.inputs(root);
    let of_table = |id: &&NodeId| {
        graph
            .node(**id)
            .is_some_and(|node| matches!(node.what, What::Band(of, _) if of == table))
    };
    into.extend(inputs.iter().filter(of_table).copied());
    if into.is_empty()
        && let [only] = inputs
    {
        bands_under(evaluator, *only, table, into);
    }
}

fn asked_words(check: &Check) -> String {
    match &check.question {
        Question::Of { formula, row: None } => format!("of: {}", formula.text),
        Question::Of {
            formula,
            row: Some(row),
        } => format!("of: {}, row: {}", formula.text, row.text),
        Question::Bands { formula } => format!("bands: {}", formula.text),
        Question::Settled { name, from, until } => {
            let last = until.yesterday().unwrap_or(*until);
            format!("settled: {}, span: {from}..{last}", name.text)
        }
        Question::Schedule {
            component,
            earned: None,
        } => format!("schedule: {}", component.text),
        Question::Schedule {
            component,
            earned: Some(earned),
        } => format!("schedule: {}, earned: {earned}", component.text),
        Question::Limited { limit } => format!("limited: {}", limit.text),
        Question::Trigger { word, name } => format!("{word}: {}", name.text),
        Question::Fund { name } => format!("fund: {}", name.text),
        Question::Released { name } => format!("released: {}", name.text),
        Question::Recovered { name } => format!("recovered: {}", name.text),
        Question::PaidOut { name } => format!("paid_out: {}", name.text),
        Question::Groups { kind } => format!("groups: {}", kind.text),
    }
}
