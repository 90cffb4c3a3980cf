//! `trueup runs`: the runs that were kept, the latest last.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Value, json};
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_facts::digest::Digest;
use trueup_facts::kept::{Kept, KeptRun};

use crate::args::{Format, RunsArgs};
use crate::earned::exact_at;
use crate::failure::Failure;
use crate::output;
use crate::runs::{self, KeptLine, Manifest};

/// What a listed run came to.
struct Listed {
    run: KeptRun,
    manifest: Manifest,
    sums: Sums,
}

/// What lines come to.
#[derive(Clone, Default)]
struct Sums {
    lines: usize,
    /// Posted money by currency.
    totals: BTreeMap<String, Exact>,
}

impl Sums {
    fn of(lines: &[KeptLine]) -> Self {
        Self {
            lines: lines.len(),
            totals: runs::totals(lines, |line| line.currency.clone()),
        }
    }

    fn add(&mut self, more: &Self) {
        self.lines += more.lines;
        for (currency, more) in &more.totals {
            let total = self.totals.entry(currency.clone()).or_insert(Exact::ZERO);
            *total = &*total + more;
        }
    }

    /// What a kept run came to; of the parts that runs share each is read once.
    fn of_run(
        kept: &Kept,
        hash: Digest,
        known: &mut BTreeMap<Digest, Self>,
    ) -> Result<Self, Failure> {
        let Some(parts) = runs::parts(kept, hash)? else {
            return Ok(Self::of(&runs::lines(kept, hash)?));
        };
        let mut sums = Self::default();
        for part in parts {
            let of_part = match known.entry(part.sha256) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let text = runs::text_of(kept, &part)?;
                    new.insert(Self::of(&runs::lines_in(vec![text])?))
                }
            };
            sums.add(of_part);
        }
        Ok(sums)
    }
}

/// Lists.
pub fn run(args: &RunsArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    crate::folder::refuse_unless_program(program)?;
    let kept = runs::kept(program);
    let (mut listed, mut known) = (Vec::new(), BTreeMap::new());
    for run in kept
        .runs()
        .map_err(|fault| Failure::fault("listing the runs", &fault))?
    {
        listed.push(Listed {
            manifest: runs::manifest(&kept, run.hash)?,
            sums: Sums::of_run(&kept, run.hash, &mut known)?,
            run,
        });
    }
    match args.format {
        Format::Table if listed.is_empty() => output::print(&format!(
            "no run was kept yet: trueup run --program {}\n",
            output::quoted(program)
        )),
        Format::Table => output::print(&format!("{}\n", as_table(&listed))),
        Format::Json => output::json(&Value::Array(listed.iter().map(as_json).collect())),
        Format::Csv => output::csv(
            &[
                "run",
                "made_at",
                "engine",
                "partner",
                "period",
                "settled_until",
                "lines",
                "currency",
                "total",
            ],
            listed.iter().flat_map(|one| {
                one.sums.totals.iter().map(|(currency, total)| {
                    vec![
                        one.run.hash.to_string(),
                        one.run.at.clone().unwrap_or_default(),
                        one.manifest.engine.clone(),
                        one.manifest.partner.clone().unwrap_or_default(),
                        one.manifest.period.clone().unwrap_or_default(),
                        one.manifest.settled_until.clone(),
                        one.sums.lines.to_string(),
                        currency.clone(),
                        exact(total, currency),
                    ]
                })
            }),
        ),
    }
}

fn as_table(listed: &[Listed]) -> String {
    let count = listed.len();
    let rows = listed.iter().zip(1..).map(|(one, at)| {
        let mark = match count - at {
            0 => "latest",
            1 => "previous",
            _ => "",
        };
        let whom = one.manifest.partner.as_deref().unwrap_or("everyone");
        let when = match &one.manifest.period {
            Some(period) => period.clone(),
            None => format!("all before {}", one.manifest.settled_until),
        };
        let totals: Vec<String> = one
            .sums
            .totals
            .iter()
            .map(|(currency, total)| {
                format!("{} {currency}", output::money(total, places(currency)))
            })
            .collect();
        vec![
            one.run.hash.short(),
            mark.to_owned(),
            one.run.at.clone().unwrap_or_default(),
            whom.to_owned(),
            when,
            one.sums.lines.to_string(),
            totals.join(", "),
        ]
    });
    output::table(
        &["run", "", "made", "partners", "periods", "lines", "total"],
        5,
        rows,
    )
}

fn as_json(one: &Listed) -> Value {
    let totals = one.sums.totals.iter();
    let totals: BTreeMap<&str, String> = totals
        .map(|(currency, total)| (&**currency, exact(total, currency)))
        .collect();
    json!({
        "run": one.run.hash.to_string(),
        "made_at": one.run.at,
        "engine": one.manifest.engine,
        "partner": one.manifest.partner,
        "period": one.manifest.period,
        "settled_until": one.manifest.settled_until,
        "snapshot": one.manifest.facts.snapshot,
        "facts": one.manifest.facts.versions,
        "lines": one.sums.lines,
        "totals": totals,
    })
}

fn places(currency: &str) -> u32 {
    Currency::parse(currency).map_or(2, Currency::places)
}

fn exact(figure: &Exact, currency: &str) -> String {
    exact_at(figure, places(currency))
}
