//! What was looked at, and what could not be decided.

use std::collections::BTreeSet;

use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::tree::ComponentId;

use crate::analytic::words::{counted, listed};
use crate::registry::Kind;
use crate::study::Study;

/// The kind.
pub(crate) const KIND: Kind = Kind {
    name: "what was looked at",
    codes: &["P16"],
    what: "along how many inputs pay was followed, in which agreements, and what could not be followed",
    find,
};

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    if plan.components.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut unknown: BTreeSet<ComponentId> = BTreeSet::new();
    let (mut inputs, mut drawings, mut scenes, mut is_cut_short) = (0, 0, 0, false);
    let mut agreements = Vec::new();
    for (scene, look) in study.looks() {
        unknown.extend(&look.unknown);
        inputs = inputs.max(look.variables.len());
        drawings += look.drawings;
        scenes += 1;
        is_cut_short |= look.is_cut_short();
        if !agreements.contains(&scene.from) {
            agreements.push(scene.from.clone());
        }
    }
    for id in unknown {
        let component = &plan[id];
        found.push(
            Diagnostic::note(
                "P16",
                component.pays.span,
                format!(
                    "how {} moves with its inputs was not decided everywhere: it is no piecewise quotient of polynomials of low degree there, or has too many pieces",
                    component.name
                ),
            )
            .help("write worked examples on both sides of what matters"),
        );
    }
    if scenes == 0 {
        found.push(
            Diagnostic::note(
                "P16",
                plan.span,
                "nothing was looked at: no window of the plan lies in an agreement",
            )
            .help("let an agreement begin earlier or end later than one window"),
        );
        return found;
    }
    let of_all = study.subject.samples.len();
    let more = match of_all > scenes {
        true => format!(" of {of_all}"),
        false => String::new(),
    };
    let short = match is_cut_short {
        true => "; there was more to look at than is ever looked at",
        false => "",
    };
    found.push(Diagnostic::note(
        "P16",
        plan.span,
        format!(
            "pay was followed along {} in {}, for {scenes}{more} {} ({}){short}",
            counted(inputs, "input"),
            counted(drawings, "drawing"),
            match scenes {
                1 => "agreement",
                _ => "agreements",
            },
            listed(&agreements)
        ),
    ));
    found
}
