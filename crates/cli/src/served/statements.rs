//! A partner's statements by one basis, as they go over the wire.

use std::collections::BTreeSet;

use trueup_base::exact::Exact;
use trueup_engine::explain::Explanation;
use trueup_engine::world::PartnerIx;
use trueup_plan::diagnostic::Sources;
use trueup_plan::span::Span;
use trueup_plan::tree::{Grant, Plan};
use trueup_server::wire::{
    Acceptance, Clause, Correction, FundFigure, FundStanding, Line, LineGrants, LinePaid,
    LineStatus, NamedFigure, ObjectiveFigure, ObjectiveProgress, On, PeriodEarned, Permitted,
    Standing, Statement,
};

use crate::commands::explain::{Explained, own_in};
use crate::commands::statement::{self, Statement as Told};
use crate::compute::Prepared;
use crate::earned::{Earned, Status};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::locked;

use super::figures::{band, figure, money, nodes};
use super::room::Floor;

/// How many bands a line shows; its explanation has them all.
const BANDS_MAX: usize = 12;

/// A partner's statements of the periods that go by the basis.
pub fn of_partner(
    floor: &mut Floor<'_>,
    partner: &str,
    notes: &[String],
) -> Result<Vec<Statement>, Failure> {
    let basis = floor.basis;
    let booked = floor.booked_of(partner);
    let prepared = floor.about(partner, notes)?;
    let at = prepared.partner(partner)?;
    let mut told = statement::statements(prepared, partner, &basis.seen.scope)?;
    told.retain(|one| basis.holds(one.last));
    // What corrects closed periods falls on the first open day.
    let open_from = basis.after.and_then(|after| after.tomorrow().ok());
    if let (locked::Standing::Open, Some(first)) = (basis.standing, told.first_mut())
        && open_from.is_some_and(|open| first.first <= open)
    {
        first.corrections = statement::corrections(prepared, partner, basis, &booked)?;
    }
    let asked = Asked {
        folder: &basis.folder,
        prepared,
        at,
    };
    Ok(told.iter().map(|one| asked.statement(one)).collect())
}

/// What a statement is made from.
struct Asked<'a, 'f> {
    folder: &'a Folder,
    prepared: &'a Prepared<'f>,
    at: PartnerIx,
}

impl Asked<'_, '_> {
    fn statement(&self, told: &Told) -> Statement {
        let plan = self.prepared.plan;
        let currency = plan.currency;
        let total = statement::total(&told.lines);
        let corrected = told
            .corrections
            .iter()
            .fold(total.clone(), |sum, one| &sum + &one.amount);
        let (standing, closed_until) = match self.prepared.standing {
            locked::Standing::Locked(day) => (Standing::Closed, Some(day.to_string())),
            locked::Standing::Open => (Standing::Provisional, None),
            locked::Standing::Unsaid if self.prepared.notes.is_empty() => (Standing::Unsaid, None),
            locked::Standing::Unsaid => (Standing::Provisional, None),
        };
        let partner = &self.prepared.partner_shown;
        Statement {
            partner: partner.clone(),
            partner_name: super::name_of(self.folder, partner),
            plan: told.under.plan.0.clone(),
            plan_version: told.under.plan.1.clone(),
            title: told.under.title.clone(),
            under: told.under.says.clone(),
            period: told.period.clone(),
            starts_on: told.days.0.clone(),
            ends_on: told.days.1.clone(),
            standing,
            closed_until,
            currency: currency.code().to_owned(),
            objectives: objectives(told),
            lines: self.lines(told),
            total: money(&total, currency),
            corrections: told
                .corrections
                .iter()
                .map(|one| Correction {
                    component: one.component.clone(),
                    settled_on: one.settled_on.to_string(),
                    money: money(&one.amount, currency),
                })
                .collect(),
            total_with_corrections: money(&corrected, currency),
            on: told
                .beside
                .on
                .iter()
                .map(|one| On {
                    name: one.name.clone(),
                    says: one.says.clone(),
                })
                .collect(),
            leaves: self.paid(&told.beside.leaves),
            funds: told
                .beside
                .funds
                .iter()
                .map(|fund| FundStanding {
                    fund: fund.fund.clone(),
                    figures: fund
                        .figures
                        .iter()
                        .map(|(what, amount)| FundFigure {
                            what: (*what).to_owned(),
                            money: money(amount, currency),
                        })
                        .collect(),
                    open: fund.open.clone(),
                })
                .collect(),
            notes: self.prepared.notes.clone(),
            // What people decided is laid over it when it is answered.
            acceptance: Acceptance::not_closed(),
            previous: None,
            next: None,
        }
    }

    fn paid(&self, moved: &[(String, Exact)]) -> Vec<LinePaid> {
        let currency = self.prepared.plan.currency;
        moved
            .iter()
            .map(|(what, amount)| LinePaid {
                what: what.clone(),
                money: money(amount, currency),
            })
            .collect()
    }

    fn lines(&self, told: &Told) -> Vec<Line> {
        let own = own_in(self.prepared, self.at, &told.window);
        let mut lines: Vec<Line> = told
            .lines
            .iter()
            .map(|line| self.line(own, told, line))
            .collect();
        // What becomes of a component's money is said once, at its last line.
        for paid in &told.beside.paid {
            if let Some(last) = lines
                .iter_mut()
                .rfind(|line| line.component == paid.component)
            {
                last.paid = self.paid(&paid.moved);
            }
        }
        lines
    }

    fn line(&self, own: &Plan, told: &Told, line: &Earned) -> Line {
        let explained = explained(self.folder, self.prepared, self.at, line, false).ok();
        let tree = explained.as_ref().map(|explained| &explained.explanation);
        let text = |figure: &Option<Exact>| figure.as_ref().map(|figure| line.exact(figure));
        Line {
            id: id_of(line),
            component: line.component.to_string(),
            is: line.is.to_string(),
            clause: clause(&self.folder.sources, own, &line.component),
            plan: line.plan.to_string(),
            grants: match line.grants {
                Grant::Money => LineGrants::Money,
                Grant::Fund => LineGrants::Fund,
                Grant::Count => LineGrants::Count,
                Grant::Flag => LineGrants::Flag,
            },
            currency: line.currency.code().to_owned(),
            settled_on: line.settlement.last().to_string(),
            period: line.period.clone(),
            status: match line.status {
                Status::Known => LineStatus::Known,
                Status::Missing => LineStatus::Missing,
                Status::Undefined => LineStatus::Undefined,
            },
            to_date: text(&line.to_date),
            before: line.exact(&line.before),
            posted: text(&line.posted),
            open: line.open.clone(),
            bands: tree.map(bands).unwrap_or_default(),
            gates: tree.map(gates).unwrap_or_default(),
            objectives: tree.map_or_else(Vec::new, |tree| served(told, tree)),
            paid: Vec::new(),
            route: None,
            dispute: None,
            may_dispute: Permitted::no("nothing is posted for this line yet"),
        }
    }
}

/// A line's id inside its statement.
pub fn id_of(line: &Earned) -> String {
    format!("{}@{}", line.component, line.settlement.last())
}

/// A line explained, in the settlement that it is of.
pub fn explained(
    folder: &Folder,
    prepared: &Prepared<'_>,
    at: PartnerIx,
    line: &Earned,
    with_rows: bool,
) -> Result<Explained, Failure> {
    // A limit's top-up is explained by the limit.
    let name = line
        .component
        .strip_suffix(".top_up")
        .unwrap_or(&line.component);
    let asked = (name, Some(line.clone()));
    Explained::of((folder, prepared), (at, line.settlement), asked, with_rows)
}

/// The bands a figure went through, each once.
fn bands(tree: &Explanation) -> Vec<trueup_server::wire::Band> {
    let mut all = Vec::new();
    for node in nodes(tree) {
        if let Some(shown) = &node.band {
            let band = band(shown);
            if !all.contains(&band) {
                all.push(band);
            }
        }
    }
    all.truncate(BANDS_MAX);
    all
}

fn gates(tree: &Explanation) -> Vec<NamedFigure> {
    nodes(tree)
        .into_iter()
        .filter(|node| node.part == "gate")
        .map(|node| NamedFigure {
            name: node.name.clone(),
            figure: figure(&node.figure),
        })
        .collect()
}

/// The objectives whose figures a line was worked out from.
fn served(told: &Told, tree: &Explanation) -> Vec<String> {
    let names: BTreeSet<&str> = nodes(tree).iter().map(|node| node.name.as_str()).collect();
    told.measured
        .iter()
        .zip(&told.shown_by)
        .filter(|(_, (_, by))| by.iter().any(|name| names.contains(name.as_str())))
        .map(|((goal, _), _)| goal.clone())
        .collect()
}

/// Progress toward the objectives.
pub fn objectives(told: &Told) -> Vec<ObjectiveProgress> {
    told.measured
        .iter()
        .zip(&told.shown_by)
        .map(|((goal, shown), (until, _))| ObjectiveProgress {
            goal: goal.clone(),
            until: until.map(|day| day.to_string()),
            by: shown
                .iter()
                .map(|(is, shown)| ObjectiveFigure {
                    is: is.clone(),
                    figure: figure(shown),
                })
                .collect(),
        })
        .collect()
}

/// Where a component, or the limit behind a top-up, is written.
pub fn clause(sources: &Sources, plan: &Plan, component: &str) -> Clause {
    let name = component.strip_suffix(".top_up").unwrap_or(component);
    let of_component = plan.components.iter().find(|one| *one.name == *name);
    let of_limit = || plan.limits.iter().find(|one| *one.name == *name);
    let span: Span = of_component
        .map(|one| one.span)
        .or_else(|| of_limit().map(|one| one.span))
        .unwrap_or(plan.span);
    let (line, _) = sources.line_column(span);
    Clause {
        file: sources.path(span.file).to_owned(),
        line: u32::try_from(line).unwrap_or(u32::MAX),
        text: sources.text(span).trim_end().to_owned(),
    }
}

/// A statement in short.
pub fn short(statement: &Statement) -> PeriodEarned {
    let is_open = |line: &&Line| line.status != LineStatus::Known;
    PeriodEarned {
        period: statement.period.clone(),
        starts_on: statement.starts_on.clone(),
        ends_on: statement.ends_on.clone(),
        standing: statement.standing,
        total: statement.total_with_corrections.clone(),
        open_lines: statement.lines.iter().filter(is_open).count() as u64,
    }
}
