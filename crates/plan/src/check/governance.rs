//! Goals, bodies, approvals and what follows: the form is checked, conditions are typed, the rest is kept as text.
//!
//! What is evaluated of them, contingencies, guardrails and funds, is built a second time as what it means.

use crate::check::constant;
use crate::check::header;
use crate::check::names::{Names, Thing};
use crate::check::settle::settled;
use crate::check::spelling::shown;
use crate::check::typer::{Draft, Scope, Typer, wrong};
use crate::check::types::{Ty, Types};
use crate::diagnostic::Diagnostic;
use crate::document::{GovernanceText, PlanText};
use crate::formula::{self, Formula, FormulaKind, Suffix};
use crate::tree::{
    Change, Claims, ColumnId, ComponentPart, Contingency, Effect, Fund, GovernanceBlock, Guardrail,
    KindId, LimitPart, Target, Text,
};
use crate::yaml::{Node, NodeKind, Scalar};
use trueup_base::date::Duration;
use trueup_base::exact::Exact;

/// The blocks whose conditions are evaluated.
pub(super) const CONTINGENCIES: &str = "contingencies";
pub(super) const GUARDRAILS: &str = "guardrails";
pub(super) const FUNDS: &str = "funds";
const WINDING_DOWN: &str = "winding_down";

/// The formulas of a block.
pub(super) struct BlockDraft {
    /// By the path of their key.
    formulas: Vec<(Text, Draft)>,
    /// What it changes, in the order written.
    changes: Vec<ChangeDraft>,
}

/// One change whose types are being found.
struct ChangeDraft {
    target: Target,
    to: Draft,
    lowest: Option<Draft>,
    highest: Option<Draft>,
}

/// Looks at the formulas of every block.
pub(super) fn draft(text: &PlanText, typer: &mut Typer<'_>) -> Vec<BlockDraft> {
    tell_names_twice(text, typer);
    text.governance
        .iter()
        .map(|block| draft_block(text, block, typer))
        .collect()
}

/// What can be asked about by its name has a name of its own.
fn tell_names_twice(text: &PlanText, typer: &mut Typer<'_>) {
    let mut seen: Vec<&Scalar> = Vec::new();
    let asked =
        |block: &&GovernanceText| [CONTINGENCIES, GUARDRAILS, FUNDS].contains(&&*block.block.text);
    for name in text
        .governance
        .iter()
        .filter(asked)
        .filter_map(|block| block.name.as_ref())
    {
        let first = seen
            .iter()
            .find(|known| known.text == name.text)
            .map(|known| known.span);
        let other = typer.names.get(&name.text).map(|entry| entry.span);
        match first.or(other) {
            Some(first) => typer.diagnostics.push(
                Diagnostic::error("N2", name.span, format!("`{}` is defined twice", shown(&name.text)))
                    .also(first, "first here")
                    .help("give one of them another name: each name stands for one thing in the whole plan"),
            ),
            None => seen.push(name),
        }
    }
}

fn draft_block(text: &PlanText, block: &GovernanceText, typer: &mut Typer<'_>) -> BlockDraft {
    check_effect(block, typer);
    check_claims(block, typer);
    let mut draft = BlockDraft {
        formulas: Vec::with_capacity(block.formulas.len()),
        changes: Vec::new(),
    };
    let bounds = |path: &str| {
        let found = block.formulas.iter().find(|(known, _)| known == path);
        found.map(|(_, formula)| formula)
    };
    let (lowest, highest) = (bounds("within.lowest"), bounds("within.highest"));
    for (path, formula) in &block.formulas {
        let Some(name) = path.strip_prefix("changes.") else {
            let typed = draft_formula(path, formula, typer);
            draft.formulas.push((path.as_str().into(), typed));
            continue;
        };
        let target = target(text, &typer.names, name);
        let of = target.map_or(Ty::Wrong, |target| type_of(target, &typer.names));
        if target.is_none() {
            unknown_change(block, name, typer);
        }
        let scope = Scope {
            undeclared_terms: true,
            was: Some(of.clone()),
            key: None,
            ..Scope::default()
        };
        let to = typer.typed_as(formula, &scope, &of, name);
        draft.formulas.push((path.as_str().into(), to.clone()));
        let lowest = bound(lowest, "`lowest`", &of, &scope, typer);
        let highest = bound(highest, "`highest`", &of, &scope, typer);
        if let Some(target) = target {
            draft.changes.push(ChangeDraft {
                target,
                to,
                lowest,
                highest,
            });
        }
    }
    draft
}

/// A bound of what is changed, in the unit of each thing that is changed; a mistake in it is told once.
fn bound(
    formula: Option<&Formula>,
    asked: &str,
    of: &Ty,
    scope: &Scope,
    typer: &mut Typer<'_>,
) -> Option<Draft> {
    let formula = formula?;
    let told = |typer: &Typer<'_>| {
        typer.diagnostics.iter().any(|known| {
            let span = known.span();
            span.file == formula.span.file
                && formula.span.start <= span.start
                && span.end <= formula.span.end
        })
    };
    if told(typer) || matches!(typer.types.resolved(of), Ty::Wrong) {
        return Some(wrong(formula.span));
    }
    let draft = typer.typed_as(formula, scope, of, asked);
    typer.ordered.push((draft.of.clone(), draft.span));
    Some(draft)
}

fn draft_formula(path: &str, formula: &Formula, typer: &mut Typer<'_>) -> Draft {
    let scope = Scope {
        undeclared_terms: true,
        ..Scope::default()
    };
    match path {
        "when" | "where" => typer.flag(formula, &scope, path),
        "accrues" | "claims" | "above" | "smallest" => {
            typer.typed_as(formula, &scope, &Ty::money(), &format!("`{path}`"))
        }
        "reimburses" => {
            let is_no_part = |part: &Exact| *part < Exact::ZERO || *part > Exact::ONE;
            if let Some(part) = constant::of_formula(formula).filter(is_no_part) {
                let is = constant::in_percent(&part);
                let message =
                    format!("`reimburses` is at least 0% and at most 100%, and this is {is}");
                let mistake = Diagnostic::error("U8", formula.span, message);
                typer.diagnostics.push(mistake.help(match &formula.is {
                    FormulaKind::Number {
                        value,
                        suffix: Suffix::None,
                    } => format!("write {value}%"),
                    _ => "50%, 1/2".to_owned(),
                }));
            }
            typer.typed_as(formula, &scope, &Ty::ratio(), "`reimburses`")
        }
        // The bounds of what is changed are typed with it; alone they say what they can.
        "within.lowest" | "within.highest" => {
            let of = typer.types.unknown();
            let scope = Scope {
                was: Some(of),
                ..scope
            };
            typer.formula(formula, &scope)
        }
        _ => typer.formula(formula, &scope),
    }
}

/// A cap says what it holds down, and nothing else changes anything.
fn check_effect(block: &GovernanceText, typer: &mut Typer<'_>) {
    if &*block.block.text != GUARDRAILS {
        return;
    }
    let caps = says(block, "effect").is_some_and(|node| node.as_text() == Some("cap"));
    match (caps, says(block, "changes")) {
        (true, None) => typer.diagnostics.push(
            Diagnostic::error(
                "R1",
                block.span,
                "a cap that does not say what it holds down",
            )
            .help("changes: { bonus: 1_000 }, or effect: hold, warn, review"),
        ),
        (false, Some(changes)) => typer.diagnostics.push(
            Diagnostic::error("R1", changes.span, "only `effect: cap` changes anything")
                .help("write effect: cap, or agree the change as a contingency"),
        ),
        (true, Some(_)) | (false, None) => {}
    }
}

/// Which facts are claims is said only where there are claims.
fn check_claims(block: &GovernanceText, typer: &mut Typer<'_>) {
    if &*block.block.text != FUNDS || says(block, "claims").is_some() {
        return;
    }
    for key in ["where", "at"] {
        if let Some(node) = says(block, key) {
            typer.diagnostics.push(
                Diagnostic::error(
                    "R2",
                    node.span,
                    format!("`{key}` speaks of claims, and the fund takes none"),
                )
                .help("claims: claim.cost names the expense on the facts that are claims"),
            );
        }
    }
}

pub(super) fn says<'t>(block: &'t GovernanceText, key: &str) -> Option<&'t Node> {
    let found = block.says.iter().find(|(known, _)| &*known.text == key);
    found.map(|(_, node)| node)
}

/// What a change may take the place of: a name alone, or a part of a component or limit that is written.
pub(super) fn target(text: &PlanText, names: &Names, path: &str) -> Option<Target> {
    let whole = names.get(path).map(|entry| entry.thing);
    if let Some(thing) = whole {
        return match thing {
            Thing::Term(id) => Some(Target::Term(id)),
            // What has a figure for each key is changed by what its formula builds on.
            Thing::Value(id) => text
                .values
                .get(id.index())
                .is_none_or(|value| value.each.is_none())
                .then_some(Target::Value(id)),
            Thing::Component(id) => Some(Target::Component(id, ComponentPart::Pays)),
            Thing::Limit(id) => {
                let limit = text.limits.get(id.index())?;
                Some(Target::Limit(
                    id,
                    match limit.at_most {
                        Some(_) => LimitPart::AtMost,
                        None => LimitPart::AtLeast,
                    },
                ))
            }
            Thing::Measure(_) | Thing::Kind(_) | Thing::Table(_) => None,
        };
    }
    let (name, part) = path.rsplit_once('.')?;
    match names.get(name)?.thing {
        Thing::Component(id) => {
            let component = text.components.get(id.index())?;
            let part = ComponentPart::ALL
                .into_iter()
                .find(|known| known.word() == part)?;
            let written = match part {
                ComponentPart::Applies => &component.applies,
                ComponentPart::Gate => &component.gate,
                ComponentPart::Filter => &component.filter,
                ComponentPart::Pays => &component.pays,
                ComponentPart::AtLeast => &component.at_least,
                ComponentPart::AtMost => &component.at_most,
            };
            written.is_some().then_some(Target::Component(id, part))
        }
        Thing::Limit(id) => {
            let limit = text.limits.get(id.index())?;
            let part = LimitPart::ALL
                .into_iter()
                .find(|known| known.word() == part)?;
            let written = match part {
                LimitPart::AtMost => &limit.at_most,
                LimitPart::AtLeast => &limit.at_least,
            };
            written.is_some().then_some(Target::Limit(id, part))
        }
        Thing::Kind(_) | Thing::Term(_) | Thing::Measure(_) | Thing::Value(_) | Thing::Table(_) => {
            None
        }
    }
}

fn type_of(target: Target, names: &Names) -> Ty {
    let at = |list: &[Ty], index: usize| list.get(index).cloned().unwrap_or(Ty::Wrong);
    match target {
        Target::Term(id) => at(&names.terms, id.index()),
        Target::Value(id) => at(&names.values, id.index()),
        Target::Component(
            _,
            ComponentPart::Applies | ComponentPart::Gate | ComponentPart::Filter,
        ) => Ty::Flag,
        Target::Component(
            id,
            ComponentPart::Pays | ComponentPart::AtLeast | ComponentPart::AtMost,
        ) => at(&names.components, id.index()),
        Target::Limit(id, LimitPart::AtMost | LimitPart::AtLeast) => at(&names.limits, id.index()),
    }
}

/// The formulas that take the place of what a name says while a change is on; they are asked where the name is.
pub(super) fn changes_of<'t>(text: &'t PlanText, names: &Names, thing: Thing) -> Vec<&'t Formula> {
    let mut formulas = Vec::new();
    for block in &text.governance {
        let changes = |(path, formula): &'t (String, Formula)| {
            Some((path.strip_prefix("changes.")?, formula))
        };
        let own: Vec<&Formula> = block
            .formulas
            .iter()
            .filter_map(changes)
            .filter(|(name, _)| {
                let changed = target(text, names, name).map(|target| match target {
                    Target::Term(id) => Thing::Term(id),
                    Target::Value(id) => Thing::Value(id),
                    Target::Component(id, _) => Thing::Component(id),
                    Target::Limit(id, _) => Thing::Limit(id),
                });
                changed == Some(thing)
            })
            .map(|(_, formula)| formula)
            .collect();
        if !own.is_empty() {
            formulas.extend(own);
            let bounds = block
                .formulas
                .iter()
                .filter(|(path, _)| path.starts_with("within."));
            formulas.extend(bounds.map(|(_, formula)| formula));
        }
    }
    formulas
}

fn unknown_change(block: &GovernanceText, name: &str, typer: &mut Typer<'_>) {
    let changes = block.says.iter().find(|(key, _)| &*key.text == "changes");
    let entry =
        changes.and_then(|(_, node)| node.entries().iter().find(|entry| &*entry.key.text == name));
    let span = entry.map_or(block.span, |entry| entry.key.span);
    let can =
        "a term, value, component or limit can be changed, or a written part of one: bonus.at_most";
    if let Some(entry) = typer.names.get(name) {
        let keyed = match entry.thing {
            Thing::Value(_) => " with keys",
            Thing::Kind(_)
            | Thing::Term(_)
            | Thing::Measure(_)
            | Thing::Table(_)
            | Thing::Component(_)
            | Thing::Limit(_) => "",
        };
        typer.diagnostics.push(
            Diagnostic::error(
                "N6",
                span,
                format!("`{name}` is {}{keyed}", entry.thing.word()),
            )
            .also(entry.span, "it is given here")
            .help(can),
        );
        return;
    }
    let help = match typer.names.closest(name) {
        Some(closest) => format!("did you mean {closest}?"),
        None => can.to_owned(),
    };
    typer.diagnostics.push(
        Diagnostic::error(
            "N1",
            span,
            format!("nothing that can be changed is called `{}`", shown(name)),
        )
        .help(help),
    );
}

/// What the blocks mean, and how they are written.
#[derive(Default)]
pub(super) struct Built {
    pub(super) blocks: Vec<GovernanceBlock>,
    pub(super) contingencies: Vec<Contingency>,
    pub(super) guardrails: Vec<Guardrail>,
    pub(super) funds: Vec<Fund>,
}

/// The blocks of the tree.
pub(super) fn build(text: &PlanText, drafts: Vec<BlockDraft>, typer: &mut Typer<'_>) -> Built {
    let mut built = Built::default();
    for (block, draft) in text.governance.iter().zip(drafts) {
        let settle = |draft| settled(&typer.types, draft);
        let formulas: Vec<_> = draft
            .formulas
            .into_iter()
            .map(|(path, draft)| (path, settle(draft)))
            .collect();
        let changes = changes(draft.changes, &typer.types);
        let formula = |path: &str| {
            let found = formulas.iter().find(|(known, _)| &**known == path);
            found.map(|(_, formula)| formula.clone())
        };
        let name = name_of(block);
        match &*block.block.text {
            CONTINGENCIES => built
                .contingencies
                .extend(formula("when").map(|when| Contingency {
                    is: said_at(block, "is"),
                    when,
                    changes,
                    lasts: duration(block, "lasts"),
                    approved_by: listed(block, "approved_by"),
                    span: block.span,
                    name,
                })),
            GUARDRAILS => built
                .guardrails
                .extend(formula("when").map(|when| Guardrail {
                    is: said_at(block, "is"),
                    when,
                    effect: effect(block),
                    changes,
                    seen_by: listed(block, "seen_by"),
                    span: block.span,
                    name,
                })),
            FUNDS => built.funds.extend(formula("accrues").map(|accrues| {
                Fund {
                    is: said_at(block, "is"),
                    accrues,
                    reimburses: formula("reimburses"),
                    claims: formula("claims").map(|of| Claims {
                        // The kind, and with it the role and the day, is found from what the claim reads.
                        kind: KindId(0),
                        role: "".into(),
                        of,
                        filter: formula("where"),
                        spent: ColumnId(0),
                    }),
                    claim_within: duration(block, "claim_within"),
                    expires_after: duration(block, "expires_after"),
                    last_claims: text
                        .governance
                        .iter()
                        .find(|block| &*block.block.text == WINDING_DOWN)
                        .and_then(|block| duration(block, "last_claims")),
                    approved_by: listed(block, "approved_by"),
                    span: block.span,
                    name,
                }
            })),
            _ => {}
        }
        built.blocks.push(GovernanceBlock {
            block: block.block.text.clone(),
            name: name_of(block),
            says: block
                .says
                .iter()
                .map(|(key, node)| (key.text.clone(), Text::from(said(node))))
                .collect(),
            formulas,
            span: block.span,
        });
    }
    built
}

fn changes(drafts: Vec<ChangeDraft>, types: &Types) -> Vec<Change> {
    let settle = |draft| settled(types, draft);
    drafts
        .into_iter()
        .map(|draft| Change {
            target: draft.target,
            span: draft.to.span,
            to: settle(draft.to),
            lowest: draft.lowest.map(settle),
            highest: draft.highest.map(settle),
        })
        .collect()
}

fn name_of(block: &GovernanceText) -> Text {
    let name = block.name.as_ref();
    name.map_or_else(|| "".into(), |name| name.text.clone())
}

fn effect(block: &GovernanceText) -> Effect {
    // The reader has told a word that is none of these.
    says(block, "effect")
        .and_then(Node::as_text)
        .and_then(|word| Effect::ALL.into_iter().find(|effect| effect.word() == word))
        .unwrap_or(Effect::Review)
}

fn duration(block: &GovernanceText, key: &str) -> Option<Duration> {
    let scalar = says(block, key)?.as_scalar()?;
    // The reader has told what is no length of time.
    header::duration(&formula::parse(scalar, &mut Vec::new())?)
}

fn listed(block: &GovernanceText, key: &str) -> Vec<Text> {
    match says(block, key) {
        Some(node) if node.is_list() => node
            .list()
            .iter()
            .filter_map(Node::as_text)
            .map(Text::from)
            .collect(),
        Some(node) => node.as_text().map(Text::from).into_iter().collect(),
        None => Vec::new(),
    }
}

fn said_at(block: &GovernanceText, key: &str) -> Text {
    says(block, key).map_or_else(|| "".into(), |node| Text::from(said(node)))
}

/// What a key says, on one line: a list with commas, a map with semicolons, and what stands inside another in brackets.
fn said(node: &Node) -> String {
    let inside = |node: &Node| match &node.is {
        NodeKind::List(list) if list.len() > 1 => format!("({})", said(node)),
        NodeKind::Map(_) => format!("({})", said(node)),
        NodeKind::List(_) | NodeKind::Scalar(_) | NodeKind::Empty => said(node),
    };
    match &node.is {
        NodeKind::Scalar(scalar) => scalar.text.to_string(),
        NodeKind::List(list) => list.iter().map(inside).collect::<Vec<_>>().join(", "),
        NodeKind::Map(entries) => entries
            .iter()
            .map(|entry| match &entry.value.is {
                NodeKind::Map(_) => format!("{}: {}", entry.key.text, inside(&entry.value)),
                NodeKind::List(_) | NodeKind::Scalar(_) | NodeKind::Empty => {
                    format!("{}: {}", entry.key.text, said(&entry.value))
                }
            })
            .collect::<Vec<_>>()
            .join("; "),
        NodeKind::Empty => String::new(),
    }
}
