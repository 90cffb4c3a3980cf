//! The checks of a case asked of the engine.
//!
//! A check asks as a statement does: in the period as the agreement cuts it, with everything known. A component or
//! limit that stands alone in a check and has a longer window than the period is asked in its own window up to the
//! period's end, as a settlement there would ask it.

use std::collections::BTreeMap;

use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::date::Date;
use trueup_plan::check::{self, formula_of};
use trueup_plan::diagnostic::{Diagnostic, Sources, any_error};
use trueup_plan::span::Span;
use trueup_plan::tree::{
    Call, ComponentId, Expr, Form, Grant, KindId, LimitId, Name, Plan, Reference as Listed,
    TableId, Type, Unit,
};
use trueup_plan::yaml::Scalar;

use super::Case;
use super::answers::{self, Answered, Got, Open};
use super::checks::{Check, Question};
use super::keys::unknown_key;
use super::report::Checked;
use crate::evaluate::{Evaluator, Place, RowPlace};
use crate::explain::{Explanation, Figure};
use crate::graph::{NodeId, What};
use crate::limit::Earner;
use crate::measure::Reference;
use crate::number::Answer;
use crate::settle::Line;
use crate::value::Value;
use crate::windows::length_rank;
use crate::world::{PartnerIx, RowIx, date_of};

/// How deep and how wide the reason of a failure is told.
const BECAUSE_DEPTH: usize = 3;
const BECAUSE_WIDTH: usize = 12;

/// A check with its names resolved.
struct Asked<'c> {
    check: &'c Check,
    partner: PartnerIx,
    what: Resolved,
}

enum Resolved {
    Of(Expr, Place),
    Bands(Expr, TableId, Place),
    Settled(Vec<Earner>, WindowUnit, Grant, Date, Date),
    Schedule(ComponentId, Place, Date),
    Limited(LimitId, Place),
    Groups(KindId, Window),
}

/// Asks every check; nothing when one of them cannot be asked, which is then among the diagnostics.
pub(super) fn all(
    case: &Case,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<Checked>> {
    let mut resolver = Resolver {
        case,
        sources,
        diagnostics,
    };
    let asked: Vec<Asked<'_>> = case
        .checks
        .iter()
        .filter_map(|check| resolver.check(check))
        .collect();
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

struct Resolver<'a, 'd> {
    case: &'a Case,
    sources: &'a Sources,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'a> Resolver<'a, '_> {
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.diagnostics
            .push(Diagnostic::error(code, span, message));
    }

    fn check(&mut self, check: &'a Check) -> Option<Asked<'a>> {
        let partner = self.partner(check)?;
        let what = match &check.question {
            Question::Of { formula, row: None } => {
                let formula = self.formula(formula, check::Place::Partner)?;
                let window = self.window(check, partner, self.own_unit(&formula));
                Resolved::Of(formula, Place::new(partner, window?))
            }
            Question::Of {
                formula,
                row: Some(row),
            } => self.on_row(check, formula, row, partner)?,
            Question::Bands { formula } => {
                let formula = self.formula(formula, check::Place::Partner)?;
                let Form::Call(Call::Table(table, _)) = &formula.form else {
                    self.error("E6", check.span, "`bands` asks a table, and this is none");
                    return None;
                };
                let (table, window) = (*table, self.window(check, partner, None)?);
                Resolved::Bands(formula, table, Place::new(partner, window))
            }
            Question::Settled { name, from, until } => self.settled(name, *from, *until)?,
            Question::Schedule { component, earned } => {
                let id = self.component(component)?;
                let unit = Some(self.case.plan[id].over);
                let window = self.window(check, partner, unit)?;
                Resolved::Schedule(
                    id,
                    Place::new(partner, window),
                    earned.unwrap_or(window.ends),
                )
            }
            Question::Limited { limit } => {
                let id = self.limit(limit)?;
                let unit = self.case.plan[id].over;
                let window = self.window(check, partner, Some(unit))?;
                if window.unit != unit {
                    let message = format!(
                        "{} holds over each {unit}, and a {} is asked",
                        limit.text, window.unit
                    );
                    self.error("E6", check.span, message);
                    return None;
                }
                Resolved::Limited(id, Place::new(partner, window))
            }
            Question::Groups { kind } => {
                let names = || self.case.plan.kinds.iter().map(|kind| &*kind.name);
                let id = self.named(kind, "kind of fact", names())?;
                Resolved::Groups(KindId(id), check.period.as_ref()?.0)
            }
        };
        Some(Asked {
            check,
            partner,
            what,
        })
    }

    fn partner(&mut self, check: &Check) -> Option<PartnerIx> {
        let world = &self.case.world;
        let Some(written) = &check.partner else {
            let first = world.all().next();
            if first.is_none() {
                self.error("E6", check.span, "the case has no partner to ask about");
            }
            return first;
        };
        let found = world.all().find(|at| {
            world
                .partner(*at)
                .is_some_and(|partner| partner.id.as_str() == &*written.text)
        });
        if found.is_none() {
            let ids = world.partners.iter().map(|partner| partner.id.as_str());
            let message = format!("`{}` is no partner of this case", written.text);
            self.diagnostics.push(unknown_key(
                "E5",
                written.span,
                &message,
                &written.text,
                ids,
            ));
        }
        found
    }

    fn formula(&mut self, written: &Scalar, place: check::Place) -> Option<Expr> {
        match formula_of(&self.case.plan, self.sources, written, place) {
            Ok(formula) => Some(formula),
            Err(mut told) => {
                self.diagnostics.append(&mut told);
                None
            }
        }
    }

    /// The period as the agreement cuts it; what has a longer window of its own is asked in that, up to the period's end.
    fn window(
        &mut self,
        check: &Check,
        partner: PartnerIx,
        own: Option<WindowUnit>,
    ) -> Option<Window> {
        let (period, _) = check.period.as_ref()?;
        let calendar = &self.case.plan.calendar;
        let agreement = &self.case.world.partner(partner)?.agreement;
        let own = own.filter(|own| length_rank(period.unit) < length_rank(*own));
        let window = match own {
            Some(WindowUnit::Agreement) => Window::whole(
                WindowUnit::Agreement,
                agreement.starts,
                agreement.until.unwrap_or(Date::MAX),
            ),
            Some(own) => calendar.window_at(own, period.last()),
            None => Some(*period),
        };
        let window = match own {
            Some(_) => window.and_then(|window| window.cut(window.starts, period.ends)),
            None => window,
        };
        let Some(window) = window else {
            self.error(
                "E6",
                check.span,
                "nothing of its window lies before the period's end",
            );
            return None;
        };
        let cut = window.cut(agreement.starts, agreement.until.unwrap_or(Date::MAX));
        Some(cut.unwrap_or(window))
    }

    /// The window of a component or limit that stands alone.
    fn own_unit(&self, formula: &Expr) -> Option<WindowUnit> {
        match formula.form {
            Form::Name(Name::Component(id)) => Some(self.case.plan[id].over),
            Form::Name(Name::Limit(id)) => Some(self.case.plan[id].over),
            _ => None,
        }
    }

    /// A formula on the one credited row of an id.
    fn on_row(
        &mut self,
        check: &Check,
        formula: &Scalar,
        row: &Scalar,
        partner: PartnerIx,
    ) -> Option<Resolved> {
        let plan = &self.case.plan;
        let mut of_kind = Vec::new();
        for at in 0..plan.kinds.len() {
            let kind = KindId(u16::try_from(at).ok()?);
            let facts = self.case.world.kind(kind)?;
            let known = facts.rows.iter().zip(0u32..).find(|(known, at)| {
                known.id.as_str() == &*row.text && facts.is_known(RowIx(*at), None)
            });
            of_kind.extend(known.map(|(_, at)| (kind, RowIx(at))));
        }
        if of_kind.is_empty() {
            self.error("E5", row.span, format!("no fact has the id `{}`", row.text));
            return None;
        }
        // Facts of two kinds may share an id; the formula reads the columns of one of them.
        let mut told = Vec::new();
        let mut fitting = Vec::new();
        for (kind, row) in of_kind {
            match formula_of(plan, self.sources, formula, check::Place::Row(kind)) {
                Ok(formula) => fitting.push((kind, row, formula)),
                Err(mut here) => told.append(&mut here),
            }
        }
        let (kind, at, formula) = match fitting.len() {
            0 => {
                self.diagnostics.append(&mut told);
                return None;
            }
            _ => fitting.swap_remove(0),
        };
        let roles: Vec<&str> = match formula.form {
            Form::Name(Name::Component(id)) => match &plan[id].each {
                Some(each) if each.kind == kind => vec![&*each.role],
                Some(_) | None => Vec::new(),
            },
            _ => plan[kind].credited.iter().map(|line| &*line.role).collect(),
        };
        let facts = self.case.world.kind(kind)?;
        let credited = roles.iter().find_map(|role| {
            let role = crate::world::role_of(&plan[kind], role)?;
            facts
                .credits(role, partner)
                .iter()
                .find(|credit| credit.row == at)
                .map(|credit| RowPlace::new(kind, role, credit))
        });
        let Some(credited) = credited else {
            let message = format!("`{}` is not credited to this partner here", row.text);
            self.error("E6", row.span, message);
            return None;
        };
        let window = self.window(check, partner, None)?;
        Some(Resolved::Of(
            formula,
            Place {
                row: Some(credited),
                ..Place::new(partner, window)
            },
        ))
    }

    fn settled(&mut self, name: &Scalar, from: Date, until: Date) -> Option<Resolved> {
        let plan = &self.case.plan;
        let limit = plan
            .limits
            .iter()
            .position(|limit| *limit.name == *name.text);
        if let Some(at) = limit {
            let id = LimitId(u16::try_from(at).ok()?);
            let mut earners = Vec::new();
            held(plan, id, 0, &mut earners);
            let every = earners
                .iter()
                .filter_map(|earner| match earner {
                    Earner::Component(id) => Some(plan[*id].every),
                    Earner::TopUp(_) => None,
                })
                .min_by_key(|unit| length_rank(*unit))?;
            return Some(Resolved::Settled(earners, every, Grant::Money, from, until));
        }
        let names = || {
            let limits = plan.limits.iter().map(|limit| &*limit.name);
            plan.components
                .iter()
                .map(|component| &*component.name)
                .chain(limits)
        };
        let id = ComponentId(self.named(name, "component", names())?);
        let component = &plan[id];
        let earners = vec![Earner::Component(id)];
        Some(Resolved::Settled(
            earners,
            component.every,
            component.grants,
            from,
            until,
        ))
    }

    fn component(&mut self, name: &Scalar) -> Option<ComponentId> {
        let names = || {
            self.case
                .plan
                .components
                .iter()
                .map(|component| &*component.name)
        };
        self.named(name, "component", names()).map(ComponentId)
    }

    fn limit(&mut self, name: &Scalar) -> Option<LimitId> {
        let names = || self.case.plan.limits.iter().map(|limit| &*limit.name);
        self.named(name, "limit", names()).map(LimitId)
    }

    fn named<'n>(
        &mut self,
        name: &Scalar,
        what: &str,
        names: impl Iterator<Item = &'n str> + Clone,
    ) -> Option<u16> {
        let found = names.clone().position(|known| known == &*name.text);
        if found.is_none() {
            let message = format!("the plan has no {what} `{}`", name.text);
            self.diagnostics
                .push(unknown_key("E5", name.span, &message, &name.text, names));
        }
        found.and_then(|at| u16::try_from(at).ok())
    }
}

/// Everything a limit holds, its own and its inner limits' top-ups too.
fn held(plan: &Plan, id: LimitId, depth: usize, earners: &mut Vec<Earner>) {
    earners.push(Earner::TopUp(id));
    for on in &plan[id].on {
        match on {
            Listed::Component(id) => earners.push(Earner::Component(*id)),
            // A checked plan's limits close no ring.
            Listed::Limit(inner) if depth < plan.limits.len() => {
                held(plan, *inner, depth + 1, earners)
            }
            Listed::Limit(_)
            | Listed::Term(_)
            | Listed::Measure(_)
            | Listed::Value(_)
            | Listed::Table(_) => {}
        }
    }
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
        use crate::number::Number;
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
        use crate::number::Number;
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
        let all = self
            .evaluator
            .limited(id, place)
            .into_iter()
            .map(|(earner, kept)| {
                let (name, grants) = match earner {
                    Earner::Component(id) => (plan[id].name.to_string(), plan[id].grants),
                    Earner::TopUp(limit) if limit == id => ("top_up".to_owned(), Grant::Money),
                    Earner::TopUp(limit) => (format!("{}.top_up", plan[limit].name), Grant::Money),
                };
                let unit = if grants == Grant::Count {
                    Unit::COUNT
                } else {
                    Unit::MONEY
                };
                let figure = self.figure(&Value::Number(kept), Type::Number(unit));
                (name, figure.into())
            })
            .collect();
        Got::Map(all)
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
            Resolved::Limited(..) | Resolved::Groups(..) => Vec::new(),
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
        Question::Groups { kind } => format!("groups: {}", kind.text),
    }
}
