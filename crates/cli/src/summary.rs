//! What many lines come to: totals by plan, period and component, and what is open. Summaries of different partners add up to
//! the summary of them all, so a run's table needs no line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_plan::tree::Grant;

use crate::earned::{Earned, Status};
use crate::output;

/// The row that sums all periods.
const ALL: &str = "all";

/// How many reasons are shown; --format csv has them all.
const REASONS_SHOWN: usize = 20;

/// What lines come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many lines.
    pub lines: usize,
    /// Whose.
    pub partners: BTreeSet<String>,
    /// Money, by plan and currency as a heading says them.
    pub plans: BTreeMap<String, Sums>,
    /// Reasons why lines are open, each with how many lines say it.
    pub reasons: BTreeMap<String, usize>,
    /// Whether any line is open.
    pub is_open: bool,
}

/// Money of one plan in one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many digits after the point the currency has.
    pub places: u32,
    /// Everything that has lines, in the order in which it first had one.
    pub components: Vec<String>,
    /// Posted money by settlement's end, period and component; of lines that are open only zero.
    pub sums: BTreeMap<(Date, String, String), Exact>,
    /// Periods and components in which a line posts. Where lines are and none of them posts, the figure is open and not zero.
    pub posts: BTreeSet<(String, String)>,
}

impl Summary {
    /// What some lines come to.
    pub fn of(lines: &[Earned]) -> Self {
        let mut summary = Self::default();
        for line in lines {
            summary.add_line(line);
        }
        summary
    }

    fn add_line(&mut self, line: &Earned) {
        self.lines += 1;
        if !self.partners.contains(line.partner.as_str()) {
            self.partners.insert(line.partner.to_string());
        }
        let plan = format!("{} ({})", line.plan, line.currency.code());
        self.plans.entry(plan).or_default().add_line(line);
        if line.status != Status::Known {
            self.is_open = true;
            for reason in &line.open {
                let said = format!("{}: {}: {reason}", line.component, line.status.word());
                *self.reasons.entry(said).or_default() += 1;
            }
        }
    }

    /// Adds what the lines of partners come to who follow.
    pub fn add(&mut self, more: &Self) {
        self.lines += more.lines;
        self.partners.extend(more.partners.iter().cloned());
        for (plan, sums) in &more.plans {
            self.plans.entry(plan.clone()).or_default().add(sums);
        }
        for (reason, count) in &more.reasons {
            *self.reasons.entry(reason.clone()).or_default() += count;
        }
        self.is_open |= more.is_open;
    }

    /// Tables of posted money, and what is open.
    pub fn told(&self) -> String {
        let mut text = String::new();
        for (plan, sums) in &self.plans {
            let _ = writeln!(text, "{plan}\n{}\n", sums.by_period());
        }
        if self.is_open {
            let _ = writeln!(text, "Open, and therefore not posted:");
            for (reason, count) in self.reasons.iter().take(REASONS_SHOWN) {
                let _ = writeln!(text, "  {count:>6} x {reason}");
            }
            if self.reasons.len() > REASONS_SHOWN {
                let _ = writeln!(
                    text,
                    "  and {} more reasons; --format csv lists every line",
                    self.reasons.len() - REASONS_SHOWN
                );
            }
            text.push('\n');
        }
        text
    }
}

impl Sums {
    fn add_line(&mut self, line: &Earned) {
        self.places = line.currency.places();
        let component = || line.component.to_string();
        self.add_component(&line.component);
        if line.posted.is_some() {
            self.posts.insert((line.period.clone(), component()));
        }
        if line.grants == Grant::Money {
            let key = (line.settlement.ends, line.period.clone(), component());
            let sum = self.sums.entry(key).or_insert(Exact::ZERO);
            if let Some(posted) = &line.posted {
                *sum = &*sum + posted;
            }
        }
    }

    fn add(&mut self, more: &Self) {
        self.places = more.places;
        for component in &more.components {
            self.add_component(component);
        }
        for (key, more) in &more.sums {
            let sum = self.sums.entry(key.clone()).or_insert(Exact::ZERO);
            *sum = &*sum + more;
        }
        self.posts.extend(more.posts.iter().cloned());
    }

    fn add_component(&mut self, component: &str) {
        if !self.components.iter().any(|known| known == component) {
            self.components.push(component.to_owned());
        }
    }

    /// A table: a row for each period, a column for each component.
    pub fn by_period(&self) -> String {
        let posts: BTreeSet<(&str, &str)> = self
            .posts
            .iter()
            .flat_map(|(period, component)| [(&**period, &**component), (ALL, &**component)])
            .collect();
        let mut by_component: BTreeMap<&str, Exact> = BTreeMap::new();
        let mut periods: BTreeMap<(Date, &str), BTreeMap<&str, &Exact>> = BTreeMap::new();
        for ((ends, period, component), sum) in &self.sums {
            let of_all = by_component.entry(component).or_insert(Exact::ZERO);
            *of_all = &*of_all + sum;
            let of_period = periods.entry((*ends, period)).or_default();
            of_period.insert(component, sum);
        }
        let row = |name: &str, of: &dyn Fn(&str) -> Option<Exact>| {
            let mut cells = vec![name.to_owned()];
            let mut total = Exact::ZERO;
            for component in &self.components {
                match of(component) {
                    Some(_) if !posts.contains(&(name, &**component)) => {
                        cells.push("open".to_owned());
                    }
                    Some(sum) => {
                        total = &total + &sum;
                        cells.push(output::money(&sum, self.places));
                    }
                    None => cells.push(String::new()),
                }
            }
            cells.push(output::money(&total, self.places));
            cells
        };
        let mut rows: Vec<Vec<String>> = periods
            .iter()
            .map(|((_, period), sums)| {
                row(period, &|component| {
                    sums.get(component).map(|sum| (*sum).clone())
                })
            })
            .collect();
        rows.push(row(ALL, &|component| by_component.get(component).cloned()));
        let mut heads = vec!["period"];
        heads.extend(self.components.iter().map(String::as_str));
        heads.push("total");
        output::table(&heads, 1, rows)
    }
}
