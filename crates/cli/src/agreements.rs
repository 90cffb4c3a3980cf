//! Who takes part under which agreement: the directory's partners, matched to agreements/*.yaml.

use std::collections::BTreeMap;
use std::sync::Arc;

use trueup_base::id::PartnerId;
use trueup_engine::cell;
use trueup_engine::world::{Agreement, Cell, InForce, Partner};
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
    /// Which agreement; the first, where there are several versions.
    pub agreement: usize,
    /// The versions that follow it, in the order of their first days.
    pub later: Vec<usize>,
}

impl Matched {
    /// All versions of the partner's agreement.
    pub fn versions(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::once(self.agreement).chain(self.later.iter().copied())
    }
}

/// Matches every listed partner to the agreements that are its own, or else to those of the groups it belongs to: one, or
/// several versions that follow one another. Partners without any take no part and are not returned.
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
    let mut own: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
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
        own.entry(&partner.text).or_default().push(at);
    }
    let starts = |at: &usize| agreements.get(*at).map(|agreement| agreement.starts);
    let mut all = Vec::with_capacity(listed.len());
    let mut in_two: BTreeMap<(usize, usize), Vec<&PartnerId>> = BTreeMap::new();
    for one in listed {
        let is_mine = |at: &usize| is_in(one, agreements.get(*at));
        let mut groups: Vec<usize> = (0..agreements.len()).filter(is_mine).collect();
        let own = own.get(one.id.as_str()).cloned().unwrap_or_default();
        if let Some(first) = own.iter().min_by_key(|at| starts(at)) {
            groups.retain(|at| goes_before(agreements.get(*at), agreements.get(*first)));
        }
        groups.sort_by_key(|at| (starts(at), *at));
        // Groups may follow one another; who is in two at once is under neither.
        if let Some(both) = groups.windows(2).find_map(|pair| at_once(pair, agreements)) {
            in_two.entry(both).or_default().push(&one.id);
            continue;
        }
        let mut mine = [groups, own].concat();
        mine.sort_by_key(|at| (starts(at), *at));
        if let Some((agreement, later)) = mine.split_first() {
            all.push(Matched {
                listed: one.clone(),
                agreement: *agreement,
                later: later.to_vec(),
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

/// Whether a group's agreement holds for somebody until an agreement of one's own begins: it is over by then, or the own one says
/// that it takes over from it.
fn goes_before(group: Option<&AgreementText>, own: Option<&AgreementText>) -> bool {
    let (Some(group), Some(own)) = (group, own) else {
        return false;
    };
    let is_over = group.until.is_some_and(|until| until <= own.starts);
    let is_named = own
        .replaces
        .as_ref()
        .is_some_and(|name| name.text == group.name.text);
    group.starts < own.starts && (is_over || is_named)
}

/// Two agreements of groups that hold at once, where neither says that it takes over.
fn at_once(pair: &[usize], agreements: &[AgreementText]) -> Option<(usize, usize)> {
    let [first, second] = pair else { return None };
    let (before, after) = (agreements.get(*first)?, agreements.get(*second)?);
    let is_over = before.until.is_some_and(|until| until <= after.starts);
    let takes_over = after.replaces.is_some() && before.starts < after.starts;
    (!is_over && !takes_over).then_some((*first, *second))
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

/// A version of a partner's agreement, with the plan it is about and the place of its names in the tree.
pub struct VersionOf<'a> {
    /// As it is written.
    pub text: &'a AgreementText,
    /// The plan it is about.
    pub plan: &'a Plan,
    /// Its edition.
    pub edition: u16,
}

/// A partner whose agreement has several versions, as the tree of their plans sees it.
pub fn partner_of_versions(
    whole: &Plan,
    matched: &Matched,
    versions: &[VersionOf<'_>],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Partner> {
    let (first, last) = (versions.first()?, versions.last()?);
    let (mut stated, mut approved) = (Vec::new(), Vec::new());
    for version in versions {
        let edition = whole.edition(version.edition)?;
        if let Some(node) = &version.text.terms {
            for mut one in agreement::terms(version.plan, node, diagnostics) {
                one.term = edition.term(one.term);
                stated.push(one);
            }
        }
        if let Some(node) = &version.text.contingencies {
            for mut one in agreement::approved(version.plan, node, diagnostics) {
                one.contingency = edition.contingency(one.contingency);
                approved.push(one);
            }
        }
    }
    let in_force = versions.iter().map(|version| InForce {
        edition: version.edition,
        from: version.text.starts,
        until: version.text.until,
        splits: version.text.splits,
    });
    let own = Agreement::new(whole, first.text.starts, last.text.until, &stated);
    Some(Partner {
        id: matched.listed.id.clone(),
        parent: matched.listed.parent.clone(),
        attributes: attributes(whole, matched, first.text, diagnostics),
        agreement: Agreement {
            versions: in_force.collect(),
            ..own.with_approved(approved)
        },
    })
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
