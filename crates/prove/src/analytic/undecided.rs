//! What was looked at, and what could not be decided.

use std::collections::BTreeSet;

use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::span::Span;
use trueup_plan::tree::{ComponentId, Grant};

use crate::analytic::exampled;
use crate::analytic::origin::written;
use crate::analytic::reads::Reads;
use crate::analytic::words::{counted, listed};
use crate::registry::Kind;
use crate::study::Study;

/// The kind.
pub(crate) const KIND: Kind = Kind {
    name: "what was looked at",
    codes: &["P16"],
    what: "along how many inputs pay was followed, in which agreements, and what could not be followed or was not looked at",
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
    if scenes > 0 {
        found.extend(not_looked_at(study));
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

/// Components that hang on facts and were drawn along nothing at all.
fn not_looked_at(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let mut found = Vec::new();
    for (component, id) in plan.components.iter().zip((0u16..).map(ComponentId)) {
        let reads = Reads::of_component(plan, id);
        let hangs_on_facts = reads.measures().next().is_some() || !reads.rows.is_empty();
        if !hangs_on_facts || component.grants == Grant::Flag {
            continue;
        }
        let is_followed = study
            .looks()
            .any(|(_, look)| look.answers.followed.contains(&id));
        if is_followed {
            found.extend(never_paid(study, id));
            continue;
        }
        let of_rows = component.each.as_ref();
        let filter = of_rows.and_then(|each| each.filter.as_ref());
        let filter = filter.or_else(|| {
            let mut filters = reads
                .measures()
                .map(|measure| plan[measure].filter.as_ref());
            filters.find_map(|filter| filter)
        });
        let is_in_order = study.looks().any(|(scene, _)| {
            let mut moves = scene.moves.iter();
            moves.any(|moves| moves.components.contains(&id))
        });
        let because = match filter {
            _ if is_in_order => {
                "its rows count in an order, or for one that they do, and have no figures"
                    .to_owned()
            }
            Some(filter) => format!(
                "no row was made up that counts where {}",
                written(plan, filter)
            ),
            None => "no row was made up that counts in it".to_owned(),
        };
        let span = match filter {
            Some(filter) if !is_in_order => filter.span,
            Some(_) | None => component.pays.span,
        };
        found.push(
            heavy_unless_shown(
                study,
                id,
                span,
                format!(
                    "nothing that {} pays was looked at, so nothing is known of it: {because}",
                    component.name
                ),
            )
            .help("see that its conditions can hold together, and write worked examples on both sides of what matters"),
        );
    }
    found
}

/// A component that was drawn, and paid nothing in any drawing; where a gate is why, that is told of the gate.
fn never_paid(study: &Study<'_>, id: ComponentId) -> Option<Diagnostic> {
    let component = &study.subject.plan[id];
    let pays = study.looks().any(|(_, look)| look.met.paid.contains(&id));
    let filter = component.each.as_ref()?.filter.as_ref()?;
    if pays || component.gate.is_some() {
        return None;
    }
    let told = heavy_unless_shown(
        study,
        id,
        filter.span,
        format!(
            "{} paid nothing in all that was looked at, so nothing is known of it: no row was found that counts where {}",
            component.name,
            written(study.subject.plan, filter)
        ),
    );
    Some(told.help(
        "see that its conditions can hold together, and write a worked example in which it pays",
    ))
}

/// A warning; a note where a worked example shows what it pays.
fn heavy_unless_shown(
    study: &Study<'_>,
    id: ComponentId,
    span: Span,
    message: String,
) -> Diagnostic {
    match exampled::pays(study, id) {
        true => Diagnostic::note("P16", span, message),
        false => Diagnostic::warning("P16", span, message),
    }
}
