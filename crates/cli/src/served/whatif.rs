//! What would be paid if rows came in: a partner's own rows with them beside, settled by the same evaluator as everything else.
//!
//! Both figures are worked out over the partner's rows, one by one; what others did is as it was measured for everybody. Nothing
//! is stored: what is closed stays as it is, and of it the answer is what it would have been.

mod form;
mod given;

pub use form::holds as holds_of;

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_engine::whatif::turns_between;
use trueup_engine::world::{Complete, PartnerIx, World};
use trueup_engine::{Answer, Evaluator};
use trueup_plan::tree::{Grant, KindId};
use trueup_server::Refused;
use trueup_server::wire::{
    CapProgress, LineGrants, LinePaid, Progress, WhatIfAnswer, WhatIfAsked, WhatIfCap, WhatIfForm,
    WhatIfLine, WhatIfTier,
};

use crate::compute::{Figures, Prepared, Source};
use crate::earned::Earned;
use crate::failure::Failure;
use crate::seen::Scope;

use super::figures::money;
use super::look::Look;
use super::progress;
use super::room::Floor;
use super::turned::turn_on_a_page;

/// How far beyond the last day that something is known for a row may be dated.
const YEARS_AHEAD: i16 = 2;

/// What a form needs to ask.
pub fn form(look: &Look, partner: &str) -> Result<WhatIfForm, Refused> {
    let (whose, notes) = (partner.to_owned(), look.open.notes.clone());
    look.open
        .ask(move |floor| form::of(&Ground::of(floor, &whose, &notes)?))
}

/// What would be paid if the rows came in.
pub fn of(look: &Look, partner: &str, asked: &WhatIfAsked) -> Result<WhatIfAnswer, Refused> {
    let (whose, notes, asked) = (partner.to_owned(), look.open.notes.clone(), asked.clone());
    look.open.ask(move |floor| {
        let ground = Ground::of(floor, &whose, &notes)?;
        Ok(given::rows(&ground, &asked).and_then(|rows| ground.answer(rows)))
    })?
}

/// What a question about one partner stands on.
struct Ground<'a, 'b> {
    floor: &'a Floor<'b>,
    prepared: &'a Prepared<'b>,
    partner: &'a str,
    at: PartnerIx,
    /// The partner's rows, and everybody's as far as the plan reads them one by one.
    rows: std::sync::Arc<World>,
    /// The agreement's first day.
    from: Date,
    /// The day until which everything is closed.
    closed_on: Option<Date>,
    /// The last day that a row may be dated.
    last: Date,
}

impl<'a, 'b> Ground<'a, 'b> {
    fn of(floor: &'a mut Floor<'b>, partner: &'a str, notes: &[String]) -> Result<Self, Failure> {
        floor.about(partner, notes)?;
        let rows = floor.rows_of(partner)?;
        let floor = &*floor;
        let prepared = floor.told(partner)?;
        let at = prepared.partner(partner)?;
        let who = prepared
            .world
            .partner(at)
            .ok_or_else(|| Failure::Fault("a partner has no place".to_owned()))?;
        let basis = floor.basis;
        let from = who.agreement.starts;
        let known = basis.seen.scope.until;
        let ahead = known
            .checked_add(jiff::Span::new().years(YEARS_AHEAD))
            .unwrap_or(known);
        let ends = who.agreement.until.and_then(|until| until.yesterday().ok());
        let last = ends.map_or(ahead, |ends| ends.min(ahead));
        Ok(Self {
            floor,
            prepared,
            partner,
            at,
            rows,
            from,
            closed_on: basis.after,
            last,
        })
    }

    /// The partner's rows, with rows beside them, as if nothing else happened until a day; and since when that is so.
    fn world(&self, added: &given::Rows, until: Date) -> (World, Option<Date>) {
        let plan = self.prepared.plan;
        let mut world = (*self.rows).clone();
        let mut since = None;
        for facts in &mut world.facts {
            if let Some(last) = facts.complete.as_mut().and_then(|spans| {
                spans
                    .iter_mut()
                    .max_by_key(|span: &&mut Complete| span.until)
            }) && last.until < until
            {
                since = Some(since.map_or(last.until, |since: Date| since.min(last.until)));
                last.until = until;
            }
        }
        for (kind, rows) in added {
            world.add(plan, *kind, rows.clone());
        }
        (world, since)
    }

    fn answer(&self, added: given::Rows) -> Result<WhatIfAnswer, Refused> {
        let plan = self.prepared.plan;
        let days: Vec<Date> = given::days(plan, &added);
        let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) else {
            return Err(Refused::fault("no row has a day"));
        };
        let ends_of = |day: Date| {
            let window = plan.calendar.window_at(plan.period, day);
            window.map_or(day, |window| window.ends)
        };
        let known = self.floor.basis.seen.scope.until;
        let latest = known.yesterday().map_or(known, |day| day.max(*last));
        let until = ends_of(latest);
        let (world, nothing_else_from) = self.world(&given::Rows::new(), until);
        let before = self.prepared.beside(world, self.credited());
        let (world, _) = self.world(&added, until);
        let after = self.prepared.beside(world, self.credited());
        let scope = Scope {
            period: None,
            until,
        };
        let touched = |line: &Earned| *first < line.settlement.ends;
        let of = |prepared: &Prepared<'_>| {
            let mut lines = Figures::new(prepared).earned(self.at, &scope);
            lines.retain(touched);
            lines
        };
        let (old, new) = (of(&before), of(&after));
        let sum = |lines: &[Earned]| {
            let money = lines.iter().filter(|line| line.grants == Grant::Money);
            money
                .filter_map(|line| line.posted.clone())
                .fold(Exact::ZERO, |sum, one| &sum + &one)
        };
        let (sum_old, sum_new) = (sum(&old), sum(&new));
        let far = |prepared: &Prepared<'_>, lines: &[Earned]| {
            let folder = &self.floor.basis.folder;
            let last: Vec<&Earned> = lines
                .iter()
                .filter(|line| line.settlement.ends == until)
                .collect();
            progress::reached((folder, prepared), self.at, &last)
        };
        let ((tiers_old, caps_old), (tiers_new, caps_new)) =
            (far(&before, &old), far(&after, &new));
        let currency = plan.currency;
        let last_day = until.yesterday().unwrap_or(until);
        Ok(WhatIfAnswer {
            partner: self.partner.to_owned(),
            currency: currency.code().to_owned(),
            until: last_day.to_string(),
            closed_until: self
                .closed_on
                .filter(|closed| first <= closed)
                .map(|day| day.to_string()),
            nothing_else_from: nothing_else_from.map(|day| day.to_string()),
            before: money(&sum_old, currency),
            after: money(&sum_new, currency),
            more: money(&(&sum_new - &sum_old), currency),
            lines: self.lines(&old, &new, &self.paid(&after, *first, until)),
            tiers: tiers(tiers_old, tiers_new),
            caps: caps(&caps_old, caps_new),
            because: self.because(&before, &after, until),
            notes: self.prepared.notes.clone(),
        })
    }

    /// Whose rows answer: the partner's, and those of whoever is credited for what it does.
    fn credited(&self) -> BTreeSet<PartnerIx> {
        whose(&self.prepared.world, self.at)
    }

    fn lines(
        &self,
        old: &[Earned],
        new: &[Earned],
        paid: &BTreeMap<(String, Date), Vec<LinePaid>>,
    ) -> Vec<WhatIfLine> {
        let key = |line: &Earned| (line.component.to_string(), line.settlement.last());
        let was: BTreeMap<(String, Date), &Earned> =
            old.iter().map(|line| (key(line), line)).collect();
        let told = new.iter().map(|line| {
            let before = was.get(&key(line)).and_then(|line| line.posted.as_ref());
            let exact = |figure: &Exact| line.exact(figure);
            WhatIfLine {
                component: line.component.to_string(),
                is: line.is.to_string(),
                grants: match line.grants {
                    Grant::Money => LineGrants::Money,
                    Grant::Fund => LineGrants::Fund,
                    Grant::Count => LineGrants::Count,
                    Grant::Flag => LineGrants::Flag,
                },
                period: line.period.clone(),
                settled_on: line.settlement.last().to_string(),
                before: before.map(exact),
                after: line.posted.as_ref().map(exact),
                more: match (before, &line.posted) {
                    (Some(before), Some(after)) => Some(line.exact(&(after - before))),
                    (_, _) => None,
                },
                open: line.open.clone(),
                paid: paid.get(&key(line)).cloned().unwrap_or_default(),
            }
        });
        told.collect()
    }

    /// What would become of each component's money, by the last day of the period that says it.
    fn paid(
        &self,
        after: &Prepared<'_>,
        first: Date,
        until: Date,
    ) -> BTreeMap<(String, Date), Vec<LinePaid>> {
        let mut figures = Figures::new(after);
        let currency = after.plan.currency;
        let mut paid = BTreeMap::new();
        let scope = Scope {
            period: None,
            until,
        };
        let windows = figures.periods(self.at, &scope);
        for window in windows.into_iter().filter(|window| first < window.ends) {
            for one in figures.beside(self.at, window).paid {
                let moved = one.moved.iter().map(|(what, amount)| LinePaid {
                    what: what.clone(),
                    money: money(amount, currency),
                });
                paid.insert((one.component, window.last()), moved.collect());
            }
        }
        paid
    }

    /// What would go another way, in the plan's own words.
    fn because(&self, before: &Prepared<'_>, after: &Prepared<'_>, until: Date) -> Vec<String> {
        let old = settled(before, self.at, until);
        let new = settled(after, self.at, until);
        let turns = turns_between(old.graph(), new.graph(), self.at);
        let sources = &self.floor.basis.folder.sources;
        let mut said = Vec::new();
        for turn in &turns {
            let words = turn_on_a_page(self.prepared.plan, sources, turn);
            if !said.contains(&words) {
                said.push(words);
            }
        }
        said
    }
}

/// The walk through a plan that settles a partner.
fn settled<'p>(
    prepared: &'p Prepared<'_>,
    at: PartnerIx,
    until: Date,
) -> Evaluator<'p, Answer, Source> {
    let mut evaluator = Evaluator::new(prepared.plan, &prepared.world, &prepared.source);
    evaluator.settle(at, until);
    evaluator
}

/// A partner, and whoever stands above it.
pub fn whose(world: &World, at: PartnerIx) -> BTreeSet<PartnerIx> {
    let above = world.upline(at);
    above.into_iter().chain([at]).collect()
}

/// The position of a kind of the plan by its name.
fn kind_named(plan: &trueup_plan::tree::Plan, name: &str) -> Option<KindId> {
    let mut kinds = (0u16..).zip(&plan.kinds);
    kinds
        .find(|(_, kind)| *kind.name == *name)
        .map(|(at, _)| KindId(at))
}

fn tiers(old: Vec<Progress>, new: Vec<Progress>) -> Vec<WhatIfTier> {
    let is_same = |a: &Progress, b: &Progress| a.component == b.component && a.table == b.table;
    let told = new.into_iter().map(|after| {
        let before = old.iter().find(|one| is_same(one, &after)).cloned();
        WhatIfTier {
            is_other: before.as_ref().is_none_or(|one| one.band != after.band),
            before,
            after,
        }
    });
    told.collect()
}

fn caps(old: &[CapProgress], new: Vec<CapProgress>) -> Vec<WhatIfCap> {
    let is_reached =
        |cap: &CapProgress| Exact::parse(&cap.left.amount).is_ok_and(|left| left.is_zero());
    let told = new.into_iter().map(|after| WhatIfCap {
        is_reached: is_reached(&after),
        was_reached: old
            .iter()
            .any(|one| one.component == after.component && is_reached(one)),
        after,
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::super::example::{begun, take_in};
    use super::*;

    fn asked(rows: serde_json::Value) -> WhatIfAsked {
        serde_json::from_value(json!({ "rows": rows })).expect("rows")
    }

    fn sale(day: &str, amount: &str) -> serde_json::Value {
        json!({ "kind": "sale", "cells": {
            "partner": "P-100", "invoiced_on": day, "amount": amount, "product": "suite"
        } })
    }

    #[test]
    fn what_would_be_paid_is_what_is_paid_once_it_comes_in() {
        let (_folder, program) = begun();
        let look = Look::of(&program, None).expect("read");
        let rows = json!([sale("2026-06-20", "150000.00"), sale("2026-06-21", "0.50")]);
        let answer = of(&look, "P-100", &asked(rows)).expect("answered");
        let now = look.statement("P-100", "2026-Q2").expect("a statement");
        assert_eq!(answer.before, now.total);
        assert_ne!(answer.after, now.total);
        // Asked again, it is the same: nothing was kept.
        let again = asked(json!([sale("2026-06-20", "150000.50")]));
        let again = of(&look, "P-100", &again).expect("answered");
        assert_eq!(again.after, answer.after);
        let late = "invoice,line,invoice_date,reseller,product,net_amount\n\
                    I-2001,1,2026-06-20,P-100,suite,150000.00\n\
                    I-2001,2,2026-06-21,P-100,suite,0.50\n";
        fs::write(program.join("late.csv"), late).expect("written");
        take_in(&program, &["late.csv"]);
        let came_in = Look::of(&program, Some(&look)).expect("read");
        let then = came_in.statement("P-100", "2026-Q2").expect("a statement");
        assert_eq!(answer.after, then.total);
        for line in &answer.lines {
            let own = then
                .lines
                .iter()
                .find(|own| own.component == line.component && own.settled_on == line.settled_on);
            assert_eq!(own.expect("a line").posted, line.after);
        }
        // Another partner's figures are no part of the question.
        let other = json!([{ "kind": "sale", "cells": {
            "partner": "P-200", "invoiced_on": "2026-06-20", "amount": "1.00"
        } }]);
        let refused = of(&look, "P-100", &asked(other)).expect_err("refused");
        assert_eq!(refused.errors[0].pointer, "#/rows/0/cells/partner");
    }

    #[test]
    fn beyond_what_is_known_nothing_but_the_rows_happens_and_the_answer_says_so() {
        let (_folder, program) = begun();
        let look = Look::of(&program, None).expect("read");
        let rows = json!([sale("2026-08-01", "100000.00")]);
        let answer = of(&look, "P-100", &asked(rows)).expect("answered");
        assert_eq!(answer.until, "2026-09-30");
        assert_eq!(answer.nothing_else_from.as_deref(), Some("2026-07-01"));
        assert_eq!(answer.before.amount, "0.00");
        // One percent of what lies below the target, and nobody was asked whether they are glad.
        assert_eq!(answer.after.amount, "1000.00");
        assert!(answer.tiers.iter().all(|tier| !tier.is_other));
        // The quarter's target is 300,000, and the last band begins a quarter above it.
        let rows = json!([sale("2026-08-01", "400000.00")]);
        let answer = of(&look, "P-100", &asked(rows)).expect("answered");
        assert_eq!(answer.after.amount, "6250.00");
        assert!(answer.tiers.iter().any(|tier| tier.is_other));
        let last = "Each slice of net sales at its own rate: the band from 125% of target for net sales is reached";
        assert!(answer.because.contains(&last.to_owned()), "{answer:?}");
    }

    #[test]
    fn each_wrong_cell_is_named_with_what_would_be_right() {
        let (_folder, program) = begun();
        let look = Look::of(&program, None).expect("read");
        let rows = json!([
            sale("2026-06-31", "1.00"),
            sale("2026-06-30", "1.005"),
            sale("2025-12-31", "1.00"),
            { "kind": "sale", "cells": { "partner": "P-100", "invoiced_on": "2026-06-30", "colour": "red" } },
            { "kind": "rebate", "cells": {} },
            { "kind": "sale", "cells": { "invoiced_on": "2026-06-30", "amount": "1" } },
        ]);
        let refused = of(&look, "P-100", &asked(rows)).expect_err("refused");
        assert_eq!(refused.status, 422);
        let at: Vec<&str> = refused
            .errors
            .iter()
            .map(|error| error.pointer.as_str())
            .collect();
        assert_eq!(
            at,
            [
                "#/rows/0/cells/invoiced_on",
                "#/rows/1/cells/amount",
                "#/rows/2/cells/invoiced_on",
                "#/rows/3/cells/colour",
                "#/rows/3/cells/amount",
                "#/rows/4/kind",
                "#/rows/5/cells/partner",
            ]
        );
        let form = form(&look, "P-100").expect("a form");
        let kinds: Vec<&str> = form.kinds.iter().map(|one| one.kind.as_str()).collect();
        assert_eq!(kinds, ["sale", "survey"]);
        let product = form.kinds[0]
            .columns
            .iter()
            .find(|one| one.name == "product");
        let offered = &product.expect("a column").offered;
        assert!(offered.contains(&"suite".to_owned()), "{offered:?}");
        assert_eq!(form.suggested_on, "2026-06-30");
    }
}
