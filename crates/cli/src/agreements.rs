//! Who takes part under which agreement: the directory's partners, matched to agreements/*.yaml.

use std::collections::BTreeMap;

use trueup_base::id::PartnerId;
use trueup_engine::cell;
use trueup_engine::world::{Agreement, Cell, Partner};
use trueup_plan::agreement::{self, AgreementText, Whose};
use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::tree::Plan;

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
    agreements: &[AgreementText],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Matched> {
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
    for one in listed {
        let mine = match own.get(one.id.as_str()) {
            Some(at) => Some(*at),
            None => group_of(one, agreements, diagnostics),
        };
        if let Some(agreement) = mine {
            all.push(Matched {
                listed: one.clone(),
                agreement,
            });
        }
    }
    all
}

fn group_of(
    one: &Listed,
    agreements: &[AgreementText],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<usize> {
    let mut groups =
        agreements
            .iter()
            .enumerate()
            .filter(|(_, agreement)| match &agreement.whose {
                Whose::Partner(_) => false,
                Whose::Partners(columns) => columns.iter().all(|(column, value)| {
                    one.columns
                        .get(&*column.text)
                        .is_some_and(|says| **says == *value.text)
                }),
            });
    let first = groups.next()?;
    if let Some((_, second)) = groups.next() {
        diagnostics.push(
            Diagnostic::error(
                "A4",
                second.name.span,
                format!(
                    "partner {} belongs to two groups: {} and {}",
                    one.id.as_str(),
                    first.1.name(),
                    second.name()
                ),
            )
            .also(first.1.name.span, "the other")
            .help("let the groups differ in a column, or give the partner an agreement of its own"),
        );
        return None;
    }
    Some(first.0)
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
    let attributes = plan
        .attributes
        .iter()
        .map(|attribute| match matched.listed.columns.get(&*attribute.name) {
            Some(says) => cell::of_fact(says, attribute.of).unwrap_or_else(|why| {
                diagnostics.push(Diagnostic::error(
                    "A5",
                    text.name.span,
                    format!(
                        "the directory says {} of partner {} is `{says}`, where plan {} reads something else: {why}",
                        attribute.name,
                        matched.listed.id.as_str(),
                        plan.name,
                    ),
                ));
                Cell::Empty
            }),
            None => Cell::Empty,
        })
        .collect();
    Partner {
        id: matched.listed.id.clone(),
        parent: matched.listed.parent.clone(),
        attributes,
        agreement: Agreement::new(plan, text.starts, text.until, &stated),
    }
}
