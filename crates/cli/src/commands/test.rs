//! `trueup test`: worked examples, each a folder with an expected.yaml.

use serde_json::Value;
use trueup_engine::cases::{self, Outcome, Report};

use crate::args::{Format, TestArgs};
use crate::failure::Failure;
use crate::{output, worked};

/// Runs every worked example below the paths.
pub fn run(args: &TestArgs) -> Result<(), Failure> {
    let mut folders = Vec::new();
    for path in &args.paths {
        worked::find(path, &mut folders)?;
    }
    folders.sort();
    folders.dedup();
    if folders.is_empty() {
        return Err(Failure::Use(
            "there is no worked example here: none of the folders holds an expected.yaml"
                .to_owned(),
        ));
    }
    let mut reports = Vec::with_capacity(folders.len());
    for folder in &folders {
        reports.push(cases::run(&worked::read(folder)?));
    }
    match args.format {
        Format::Table => as_text(&reports)?,
        Format::Json => output::json(&Value::Array(reports.iter().map(Report::to_json).collect()))?,
        Format::Csv => as_csv(&reports)?,
    }
    if reports.iter().all(Report::is_passed) {
        Ok(())
    } else {
        Err(Failure::Findings)
    }
}

fn as_text(reports: &[Report]) -> Result<(), Failure> {
    for report in reports {
        output::print(&report.to_text())?;
    }
    let checks: usize = reports.iter().map(|report| report.checks().len()).sum();
    let passed = reports.iter().filter(|report| report.is_passed()).count();
    output::print(&format!(
        "{passed} of {} worked examples passed, {checks} checks\n",
        reports.len()
    ))
}

fn as_csv(reports: &[Report]) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for report in reports {
        let said = match &report.outcome {
            Outcome::Ran(_) => "ran",
            Outcome::Refused => "refused",
        };
        if report.checks().is_empty() {
            rows.push(vec![
                report.case.clone(),
                said.to_owned(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
            ]);
        }
        for check in report.checks() {
            rows.push(vec![
                report.case.clone(),
                if check.is_met { "met" } else { "not met" }.to_owned(),
                check.asked.clone(),
                check.partner.clone(),
                check.period.clone(),
                check.expected.clone(),
                check.got.clone(),
            ]);
        }
    }
    output::csv(
        &[
            "case", "result", "asked", "partner", "period", "expected", "got",
        ],
        rows,
    )
}
