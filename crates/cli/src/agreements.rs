//! Who takes part under which agreement: the directory's partners, matched to agreements/*.yaml.

use std::collections::BTreeMap;
use std::sync::Arc;

use trueup_base::id::PartnerId;
use trueup_engine::cell;
use trueup_engine::world::{Agreement, Cell, Partner};
use trueup_plan::agreement::{self, AgreementText, Whose};
use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::nearest::nearest;
use trueup_plan::tree::Plan;
use trueup_plan::yaml::Scalar;

use crate::output;

/// A partner as the directory lists it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Who.
    pub id: PartnerId,
    /// Columns and what they say; an empty cell is left out.
    pub columns: BTreeMap<String, String>,
    /// The partner directly above.
    pub parent: Option<PartnerId>,
}

/// A partner matched to an agreement, by its position among the agreements.
#[derive(Clone, Debug)]
pub struct Matched {
    /// Who.
    pub listed: Listed,
    /// Which agreement.
    pub agreement: usize,
}

/// Matches every listed partner to the one agreement that is its own, or else to the one group it belongs to. Partners
/// without either take no part and are not returned.
pub fn matched(
    listed: &[Listed],
    columns: &[Arc<str>],
    agreements: &[AgreementText],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Matched> {
    for agreement in agreements {
        if let Whose::Partners(group) = &agreement.whose {
            known_columns(group, columns, diagnostics);
        }
    }
    let mut own: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, agreement) in agreements.iter().enumerate() {
        let Whose::Partner(partner) = &agreement.whose else {
            continue;
        };
        if !listed.iter().any(|one| one.id.as_str() == &*partner.text) {
            diagnostics.push(
                Diagnostic::error(
                    "A4",
                    partner.span,
                    format!("partner {} is not in the directory", partner.text),
                )
                .help("add it to the partner directory, or correct the id"),
            );
        }
        if let Some(first) = own
            .insert(&partner.text, at)
            .and_then(|first| agreements.get(first))
        {
            diagnostics.push(
                Diagnostic::error(
                    "A4",
                    partner.span,
                    format!("partner {} has two agreements", partner.text),
                )
                .also(first.name.span, "the other")
                .help("end one before the other begins, or take one out"),
            );
        }
    }
    let mut all = Vec::with_capacity(listed.len());
    let mut in_two: BTreeMap<(usize, usize), Vec<&PartnerId>> = BTreeMap::new();
    for one in listed {
        let groups = || (0..agreements.len()).filter(|at| is_in(one, agreements.get(*at)));
        let mine = match own.get(one.id.as_str()) {
            Some(at) => Some(*at),
            None => match (groups().next(), groups().nth(1)) {
                (Some(first), Some(second)) => {
                    in_two.entry((first, second)).or_default().push(&one.id);
                    None
                }
                (first, _) => first,
            },
        };
        if let Some(agreement) = mine {
            all.push(Matched {
                listed: one.clone(),
                agreement,
            });
        }
    }
    for ((first, second), partners) in in_two {
        if let (Some(first), Some(second)) = (agreements.get(first), agreements.get(second)) {
            diagnostics.push(told_in_two(first, second, &partners));
        }
    }
    for agreement in agreements {
        let is_group = matches!(agreement.whose, Whose::Partners(_));
        let has_any = listed.iter().any(|one| is_in(one, Some(agreement)));
        if is_group && !has_any {
            diagnostics.push(
                Diagnostic::warning(
                    "A4",
                    agreement.name.span,
                    format!(
                        "agreement {} is for nobody: no partner is as it says",
                        agreement.name()
                    ),
                )
                .help("compare its `partners:` with the partner directory"),
            );
        }
    }
    all
}

/// Whether a partner belongs to an agreement's group.
fn is_in(one: &Listed, agreement: Option<&AgreementText>) -> bool {
    match agreement.map(|agreement| &agreement.whose) {
        Some(Whose::Partners(columns)) => columns.iter().all(|(column, value)| {
            one.columns
                .get(&*column.text)
                .is_some_and(|says| **says == *value.text)
        }),
        Some(Whose::Partner(_)) | None => false,
    }
}

fn known_columns(
    group: &[(Scalar, Scalar)],
    columns: &[Arc<str>],
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (column, _) in group {
        if columns.iter().any(|known| **known == *column.text) {
            continue;
        }
        let near = nearest(&column.text, columns.iter().map(|known| &**known));
        diagnostics.push(
            Diagnostic::error(
                "A4",
                column.span,
                format!("the partner directory has no column `{}`", column.text),
            )
            .help(match near {
                Some(near) => format!("did you mean {near}?"),
                None => format!("its columns are {}", columns.join(", ")),
            }),
        );
    }
}

fn told_in_two(
    first: &AgreementText,
    second: &AgreementText,
    partners: &[&PartnerId],
) -> Diagnostic {
    let who = match partners {
        [one] => format!("partner {} belongs", one.as_str()),
        [one, others @ ..] => format!(
            "partner {} and {} belong",
            one.as_str(),
            output::counted(others.len(), "other")
        ),
        [] => "nobody belongs".to_owned(),
    };
    Diagnostic::error(
        "A4",
        second.name.span,
        format!(
            "{who} to two groups: {} and {}",
            first.name(),
            second.name()
        ),
    )
    .also(first.name.span, "the other")
    .help("let the groups differ in a column, or give a partner an agreement of its own")
}

/// A matched partner as its plan sees it: directory columns typed by their use, terms by their declaration.
pub fn partner(
    plan: &Plan,
    matched: &Matched,
    text: &AgreementText,
    diagnostics: &mut Vec<Diagnostic>,
) -> Partner {
    let stated = match &text.terms {
        Some(node) => agreement::terms(plan, node, diagnostics),
        None => Vec::new(),
    };
    let approved = match &text.contingencies {
        Some(node) => agreement::approved(plan, node, diagnostics),
        None => Vec::new(),
    };
    Partner {
        id: matched.listed.id.clone(),
        parent: matched.listed.parent.clone(),
        attributes: attributes(plan, matched, text, diagnostics),
        agreement: Agreement::new(plan, text.starts, text.until, &stated).with_approved(approved),
    }
}

/// What the directory says of a partner, as far as its plan reads it.
pub fn attributes(
    plan: &Plan,
    matched: &Matched,
    text: &AgreementText,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Cell> {
    plan.attributes
        .iter()
        .map(
            |attribute| match matched.listed.columns.get(&*attribute.name) {
                Some(says) => cell::of_fact(says, attribute.of).unwrap_or_else(|why| {
                    diagnostics.push(Diagnostic::error(
                        "A5",
                        text.name.span,
                        format!(
                            "the directory's {} of partner {} does not fit plan {}: {why}",
                            attribute.name,
                            matched.listed.id.as_str(),
                            plan.name,
                        ),
                    ));
                    Cell::Empty
                }),
                None => Cell::Empty,
            },
        )
        .collect()
}
