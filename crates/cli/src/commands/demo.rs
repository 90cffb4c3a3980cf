//! `trueup demo`: the example program that ships with the binary, on real sales of three years, from files to an
//! explained figure.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use trueup_base::exact::Exact;
use trueup_server::wire::Role;

use crate::args::{DemoArgs, Format, IngestArgs, ProgramArgs, ScopeArgs, TreeFormat};
use crate::commands::people::{self, Someone};
use crate::commands::serve::{self, How};
use crate::commands::{demo_bundle, demo_money, explain, ingest, run, statement};
use crate::compute;
use crate::failure::Failure;
use crate::folder::{self, Folder};
use crate::output;
use crate::progress::Progress;
use crate::runs::{self, KeptLine, totals};
use crate::seen::Seen;
use crate::settling;

macro_rules! example {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_bytes!(concat!("../../../../examples/adventureworks/", $path)) as &[u8])),*]
    };
}

/// The example's files, by their path inside the program.
const FILES: &[(&str, &[u8])] = &example![
    "README.md",
    "program.yaml",
    "plans/framework.yaml",
    "plans/specialty_bike_shop.yaml",
    "plans/value_added_reseller.yaml",
    "plans/warehouse.yaml",
    "agreements/brakes_and_gears.yaml",
    "agreements/consolidated_sales.yaml",
    "agreements/excellent_riding_supplies.yaml",
    "agreements/field_trip_store.yaml",
    "agreements/outdoor_equipment_store.yaml",
    "agreements/painters_bicycle_specialists.yaml",
    "agreements/retail_mall.yaml",
    "agreements/standard_specialty_bike_shop.yaml",
    "agreements/standard_value_added_reseller.yaml",
    "agreements/standard_warehouse.yaml",
    "agreements/vigorous_exercise_company.yaml",
    "data/LICENSE-MIT-Microsoft.txt",
    "data/control_totals.json",
    "data/partners.csv",
    "data/products.csv",
    "data/sales.csv",
];

/// Writes the example, takes in its facts, runs it and prints what came out.
pub fn run(args: &DemoArgs, progress: &Progress) -> Result<(), Failure> {
    let dir = args.out.clone();
    unpack(&dir)?;
    let program = ProgramArgs {
        program: dir.clone(),
    };
    let scope_args = ScopeArgs::of(program, None, None);
    heading("1. Facts in: every row and every cent is accounted for")?;
    ingest::run(
        &IngestArgs {
            program: ProgramArgs {
                program: dir.clone(),
            },
            source: None,
            files: Vec::new(),
            allow_quarantine: false,
            format: Format::Table,
        },
        progress,
    )?;

    let folder = folder::open(&dir)?;
    let seen = Seen::of(&scope_args, &folder)?;
    let done = settling::run(&folder, &scope_args, &seen, progress)?;
    let lines: Vec<KeptLine> = done.lines(&runs::kept(&dir))?;
    heading("2. What was earned, by quarter and partner type")?;
    output::print(&by_type(&lines))?;
    heading("3. What each plan paid, by quarter and component")?;
    output::print(&run::summary(&done))?;

    let (large, small) = large_and_small(&lines)?;
    for (title, partner) in [
        ("4. A large reseller's last statement", &large),
        ("5. A small reseller's last statement", &small),
    ] {
        heading(title)?;
        let own = for_partner(&scope_args, partner, None);
        output::print(&last_statement(&folder, &own, partner, progress)?)?;
    }
    heading("6. One line of it, down to its clause and rows")?;
    let line = best_explained(&lines, &small)?;
    explain::run_in(
        &folder,
        &for_partner(&scope_args, &small, Some(line.period.clone())),
        &line.component,
        true,
        TreeFormat::Table,
        progress,
    )?;
    heading("7. Signed by both sides, closed quarter by quarter, corrected, disputed and paid")?;
    let disputed = last_variable(&lines, &large)?;
    demo_money::run(&dir, &lines, (&large, disputed), progress)?;
    heading("8. The small reseller's statement as one file that anyone can verify")?;
    demo_bundle::run(&dir, &small, &line.period, progress)?;
    heading("Go on from here")?;
    output::print(&next_steps(&dir, &large))?;
    match args.once {
        true => Ok(()),
        false => serve(args, &dir, (&large, &folder)),
    }
}

/// Serves the demo to two people: one of the partner, one of the program; and a third who approves what the second prepares.
fn serve(args: &DemoArgs, dir: &Path, (partner, folder): (&str, &Folder)) -> Result<(), Failure> {
    let name = folder
        .matched
        .iter()
        .find(|one| one.listed.id.as_str() == partner)
        .and_then(|one| one.listed.columns.get("name").cloned());
    let sign_ons = [
        Someone {
            name: "partner",
            called: name.as_deref().unwrap_or("The partner"),
            roles: &[Role::PartnerManager],
            partner: Some(partner),
        },
        Someone {
            name: "owner",
            called: "The program's owner",
            roles: &[Role::Finance, Role::ProgramDesigner, Role::Executive],
            partner: None,
        },
        Someone {
            name: "approver",
            called: "Who approves",
            roles: &[Role::Approver],
            partner: None,
        },
    ];
    let mut said = String::new();
    for one in &sign_ons {
        let password = people::with_new_password(dir, one)?;
        let _ = writeln!(said, "  {:<9} {password}   ({})", one.name, one.called);
    }
    heading("Sign on")?;
    let how = How::built_in(args.listen);
    serve::serve(dir, how, &|address, _| {
        format!("{said}\nServing on http://{address}; interrupt to stop\n")
    })
}

fn heading(text: &str) -> Result<(), Failure> {
    output::print(&format!(
        "\n{text}\n{}\n\n",
        "=".repeat(text.chars().count())
    ))
}

/// Writes the example's files where they are not there yet. State of an earlier demo is kept: the same facts again
/// change nothing. What somebody wrote or changed is never written over.
fn unpack(dir: &Path) -> Result<(), Failure> {
    let changed = |(path, bytes): &&(&str, &[u8])| {
        std::fs::read(dir.join(path)).is_ok_and(|there| there != *bytes)
    };
    if let Some((path, _)) = FILES.iter().find(changed) {
        return Err(Failure::Use(format!(
            "{} is not as the example has it, and the demo writes over nobody's changes; name another folder with \
             --out DIR, or run what is there: trueup run --program {}",
            dir.join(path).display(),
            output::quoted(dir)
        )));
    }
    for (path, bytes) in FILES {
        let path = dir.join(path);
        if path.is_file() {
            continue;
        }
        let made = match path.parent() {
            Some(folder) => std::fs::create_dir_all(folder),
            None => Ok(()),
        };
        made.and_then(|()| std::fs::write(&path, bytes))
            .map_err(|error| Failure::fault(format!("writing {}", path.display()), &error))?;
    }
    Ok(())
}

fn for_partner(scope: &ScopeArgs, partner: &str, period: Option<String>) -> ScopeArgs {
    ScopeArgs::of(scope.program.clone(), Some(partner), period.as_deref())
}

/// Posted money by quarter, a column for each partner type's plan.
fn by_type(lines: &[KeptLine]) -> String {
    let sums = totals(lines, |line| {
        (
            line.settled_until.clone(),
            line.period.clone(),
            line.plan.clone(),
        )
    });
    let all = totals(lines, |line| line.plan.clone());
    let plans: Vec<&String> = all.keys().collect();
    let mut periods: BTreeMap<_, BTreeMap<&str, &Exact>> = BTreeMap::new();
    for ((ends, period, plan), sum) in &sums {
        periods
            .entry((ends, period.as_str()))
            .or_default()
            .insert(plan, sum);
    }
    let row = |name: &str, of: &dyn Fn(&str) -> Option<Exact>| {
        let mut cells = vec![name.to_owned()];
        let mut total = Exact::ZERO;
        for plan in &plans {
            let sum = of(plan).unwrap_or(Exact::ZERO);
            total = &total + &sum;
            cells.push(output::money(&sum, 2));
        }
        cells.push(output::money(&total, 2));
        cells
    };
    let mut rows: Vec<Vec<String>> = periods
        .iter()
        .map(|((_, period), sums)| row(period, &|plan| sums.get(plan).map(|sum| (*sum).clone())))
        .collect();
    rows.push(row("all", &|plan| all.get(plan).cloned()));
    let mut heads = vec!["period"];
    heads.extend(plans.iter().map(|plan| plan.as_str()));
    heads.push("all types");
    format!("{}\n", output::table(&heads, 1, rows))
}

/// The partner who earned the most in all, and the one at the lower quartile, of those whose last statement posts variable
/// pay: the least of all earns cents, which shows nobody how a small partner fares.
fn large_and_small(lines: &[KeptLine]) -> Result<(String, String), Failure> {
    let last = lines.iter().map(|line| &line.settled_until).max();
    let earns_variable = |partner: &str| {
        lines.iter().any(|line| {
            line.partner == partner
                && Some(&line.settled_until) == last
                && line.component != "retainer"
                && line.posted_exactly().is_some_and(|sum| sum.is_positive())
        })
    };
    let mut earners: Vec<(Exact, String)> = totals(lines, |line| line.partner.clone())
        .into_iter()
        .filter(|(partner, sum)| sum.is_positive() && earns_variable(partner))
        .map(|(partner, sum)| (sum, partner))
        .collect();
    earners.sort();
    match (earners.last(), earners.get(earners.len() / 4)) {
        (Some((_, large)), Some((_, small))) => Ok((large.clone(), small.clone())),
        (_, _) => Err(Failure::Found(
            "nobody earned anything, so there is no statement to show".to_owned(),
        )),
    }
}

fn last_statement(
    folder: &Folder,
    args: &ScopeArgs,
    partner: &str,
    progress: &Progress,
) -> Result<String, Failure> {
    let seen = Seen::of(args, folder)?;
    let prepared = compute::prepare_partner(folder, args, partner, &seen, progress)?;
    let mut statements = statement::statements(&prepared, partner, &seen.scope)?;
    match statements.pop() {
        Some(last) => Ok(statement::page(&prepared, &last)),
        None => Err(Failure::Found(format!(
            "partner {partner} has no statement"
        ))),
    }
}

/// The partner's variable line that posted the most.
fn best_explained<'a>(lines: &'a [KeptLine], partner: &str) -> Result<&'a KeptLine, Failure> {
    lines
        .iter()
        .filter(|line| line.partner == partner && line.component != "retainer")
        .max_by_key(|line| line.posted_exactly())
        .ok_or_else(|| Failure::Found(format!("partner {partner} has no line to explain")))
}

/// The partner's latest variable line that posted something.
fn last_variable<'a>(lines: &'a [KeptLine], partner: &str) -> Result<&'a KeptLine, Failure> {
    let posts = |line: &&KeptLine| line.posted_exactly().is_some_and(|sum| !sum.is_zero());
    lines
        .iter()
        .filter(|line| line.partner == partner && line.component != "retainer")
        .filter(posts)
        .max_by_key(|line| &line.settled_until)
        .ok_or_else(|| Failure::Found(format!("partner {partner} has no line to dispute")))
}

fn next_steps(dir: &Path, partner: &str) -> String {
    let plan = dir.join("plans").join("framework.yaml");
    let dir = output::quoted(dir);
    let mut text = String::new();
    let _ = writeln!(
        text,
        "  trueup run --program {dir} --format csv\n      every line"
    );
    let _ = writeln!(
        text,
        "  trueup statement --program {dir} --partner {partner} --period FY2013-Q4\n      one statement"
    );
    let _ = writeln!(
        text,
        "  trueup explain --program {dir} --partner {partner} --period FY2013-Q4 volume_bonus --rows\n      one figure"
    );
    let _ = writeln!(
        text,
        "  {}\n      the plan, to read and to change; trueup test and trueup check say what a change does",
        plan.display()
    );
    text
}
