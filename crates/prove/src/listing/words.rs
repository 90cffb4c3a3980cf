//! Words that a plan for signature owes and that only its program can know to be there: where a measure comes from, how a
//! figure is disputed, and whether whoever vouches for it gains by it.
//!
//! That each thing says what it `is`, and each measure who validates it, the check of the text asks for.

use trueup_plan::check::Strictness;
use trueup_plan::diagnostic::{Diagnostic, Severity};
use trueup_plan::span::Span;
use trueup_plan::tree::{Measure, Plan};

use crate::listing::reads::{listed, name_at};
use crate::registry::Kind;
use crate::study::Study;

/// Words about sources, disputes and who validates.
pub(crate) const KIND: Kind = Kind {
    name: "missing words",
    codes: &["W4", "W5", "W7"],
    what: "Measures that do not say where they come from, figures that nobody says how to dispute, and measures that are \
           validated by whoever gains by them.",
    find,
};

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let mut found: Vec<Diagnostic> = plan
        .measures
        .iter()
        .filter(|measure| is_partner(plan, measure))
        .map(validated_by_who_gains)
        .collect();
    match study.subject.strictness {
        // A draft may leave them out.
        Strictness::Draft => {}
        Strictness::Signature => {
            found.extend(sources(study));
            found.extend(disputes(plan));
            for told in &mut found {
                if told.severity == Severity::Warning {
                    told.severity = Severity::Error;
                }
            }
        }
    }
    found
}

/// Whether a measure is vouched for by the partner it pays.
fn is_partner(plan: &Plan, measure: &Measure) -> bool {
    let by = measure.validated_by.trim().to_lowercase();
    let by = by.strip_prefix("the ").unwrap_or(&by);
    let kind = &plan[measure.kind];
    by == "partner"
        || kind
            .columns
            .iter()
            .any(|column| column.of == trueup_plan::tree::Type::Partner && *column.name == *by)
}

fn validated_by_who_gains(measure: &Measure) -> Diagnostic {
    let message = format!(
        "{} is validated by the {}, who gains by it",
        measure.name,
        measure.validated_by.trim().trim_start_matches("the ")
    );
    Diagnostic::warning("W7", name_at(measure.span, &measure.name), message)
        .help("validated_by: somebody who is not paid by it, such as finance or an auditor")
}

fn sources(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let silent = plan
        .measures
        .iter()
        .filter(|measure| measure.source.trim().is_empty());
    let Some(fed) = &study.subject.fed else {
        let names: Vec<&str> = silent.map(|measure| &*measure.name).collect();
        if names.is_empty() {
            return Vec::new();
        }
        let message = format!(
            "where {} comes from was not looked at, since the plan was checked without its program",
            listed(names)
        );
        return vec![Diagnostic::note("W4", first_measure(plan), message).help(
            "trueup check with the program's folder, whose program.yaml declares the sources",
        )];
    };
    silent
        .filter(|measure| !fed.contains(&plan[measure.kind].name))
        .map(|measure| {
            let kind = &plan[measure.kind].name;
            let message = format!(
                "{} does not say where it comes from: no source of the program brings {kind}",
                measure.name
            );
            Diagnostic::warning("W4", name_at(measure.span, &measure.name), message).help(format!(
                "declare a source of kind {kind} in program.yaml, or say `source: …`"
            ))
        })
        .collect()
}

/// How a figure is disputed: the plan's `disputes`, or a word of each measure's own.
fn disputes(plan: &Plan) -> Option<Diagnostic> {
    let block = plan
        .governance
        .iter()
        .find(|block| &*block.block == "disputes");
    let Some(block) = block else {
        let silent: Vec<&str> = plan
            .measures
            .iter()
            .filter(|measure| measure.disputed_in.trim().is_empty())
            .map(|measure| &*measure.name)
            .collect();
        if silent.is_empty() {
            return None;
        }
        let message = format!("the plan does not say how to dispute {}", listed(silent));
        return Some(Diagnostic::warning("W5", first_measure(plan), message).help(
            "disputes: { open_within: 30 days, answer_within: 10 days, path: [who decides], hold_disputed: yes }",
        ));
    };
    let missing: Vec<&str> = [
        ("open_within", "until when"),
        ("answer_within", "by when it is answered"),
        ("path", "who decides"),
    ]
    .into_iter()
    .filter(|(key, _)| !block.says.iter().any(|(said, _)| &**said == *key))
    .map(|(_, words)| words)
    .collect();
    if missing.is_empty() {
        return None;
    }
    let message = format!("`disputes` does not say {}", listed(missing));
    Some(
        Diagnostic::warning("W5", name_at(block.span, "disputes"), message).help(
            "disputes: { open_within: 30 days, answer_within: 10 days, path: [who decides] }",
        ),
    )
}

/// The first thing that is measured.
fn first_measure(plan: &Plan) -> Span {
    plan.measures
        .first()
        .map_or_else(Span::default, |first| name_at(first.span, &first.name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use trueup_plan::check::{Strictness, read};
    use trueup_plan::diagnostic::{Severity, Sources};

    use super::KIND;
    use crate::study::Study;
    use crate::subject::Subject;

    const PLAN: &str = "\
plan: rebate
title: A rebate
version: 2026.1
is: Two percent of sales
currency: USD
facts:
  sale: { is: An invoice, columns: { partner: partner, on: date, amount: money } }
  visit: { is: A visit, columns: { partner: partner, on: date } }
measures:
  sales: { is: Sales, sum: sale.amount, validated_by: finance, disputed_in: portal }
  visits: { is: Visits, count: visit, validated_by: auditor, source: calendar, disputed_in: portal }
  calls: { is: Calls, count: visit, validated_by: auditor, disputed_in: portal }
components:
  rebate: { is: Two percent of it, pays: 2% * sales + 1 * visits + 1 * calls, at_most: 100 }
";

    fn told(fed: &[&str]) -> Vec<(Severity, String)> {
        let mut sources = Sources::new();
        let (plan, _) = read(&mut sources, &[("plan.yaml", PLAN)], Strictness::Signature);
        let plan = plan.unwrap();
        let subject = Subject {
            fed: Some(
                fed.iter()
                    .map(|kind| (*kind).into())
                    .collect::<BTreeSet<_>>(),
            ),
            ..Subject::new(&plan, Strictness::Signature)
        };
        (KIND.find)(&Study::new(&subject))
            .into_iter()
            .map(|told| (told.severity, told.message))
            .collect()
    }

    #[test]
    fn a_measure_of_a_kind_that_no_source_brings_says_where_it_comes_from() {
        assert_eq!(told(&["sale", "visit"]), []);
        let calls = "calls does not say where it comes from: no source of the program brings visit";
        assert_eq!(told(&["sale"]), [(Severity::Error, calls.to_owned())]);
    }
}
