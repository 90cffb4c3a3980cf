//! What holds beside the rules of a plan: changes agreed beforehand, what is looked out for, funds.
//!
//! Each of them stands a second time among the blocks of [`super::Plan::governance`], as it is written; that is for whoever
//! shows the plan. What is evaluated of them is here.

use trueup_base::date::Duration;

use super::{
    ColumnId, ComponentId, ContingencyId, Expr, FundId, GuardrailId, KindId, LimitId, Plan, Span,
    TermId, Text, ValueId,
};

/// A change agreed beforehand, with the trigger that turns it on.
#[derive(Clone, Debug, PartialEq)]
pub struct Contingency {
    /// Its name.
    pub name: Text,
    /// What it is, in words; empty in a draft.
    pub is: Text,
    /// While this holds, asked for a partner in each period, as if nothing had been changed.
    pub when: Expr,
    /// What is changed, in the order written.
    pub changes: Vec<Change>,
    /// For how long at most.
    pub lasts: Option<Duration>,
    /// Who approves it; where nobody does, the trigger alone starts it.
    pub approved_by: Vec<Text>,
    /// Where it is written.
    pub span: Span,
}

/// One thing that a contingency, or a guardrail with `cap`, changes while it is on.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What is changed.
    pub target: Target,
    /// What then holds; `was` is what would hold without it, `agreed` what both sides agreed.
    pub to: Expr,
    /// Not below this.
    pub lowest: Option<Expr>,
    /// Not above this.
    pub highest: Option<Expr>,
    /// Where it is written.
    pub span: Span,
}

/// The formula that a change takes the place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// What a term comes to.
    Term(TermId),
    /// A value's formula.
    Value(ValueId),
    /// A part of a component.
    Component(ComponentId, ComponentPart),
    /// A part of a limit.
    Limit(LimitId, LimitPart),
}

/// A formula of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ComponentPart {
    /// `for`
    Applies,
    /// `gate`
    Gate,
    /// `where`
    Filter,
    /// `pays`
    Pays,
    /// `at_least`
    AtLeast,
    /// `at_most`
    AtMost,
}

impl ComponentPart {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Applies,
        Self::Gate,
        Self::Filter,
        Self::Pays,
        Self::AtLeast,
        Self::AtMost,
    ];

    /// The key it is written under.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Applies => "for",
            Self::Gate => "gate",
            Self::Filter => "where",
            Self::Pays => "pays",
            Self::AtLeast => "at_least",
            Self::AtMost => "at_most",
        }
    }
}

/// A formula of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitPart {
    /// `at_most`
    AtMost,
    /// `at_least`
    AtLeast,
}

impl LimitPart {
    /// Both.
    pub const ALL: [Self; 2] = [Self::AtMost, Self::AtLeast];

    /// The key it is written under.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::AtMost => "at_most",
            Self::AtLeast => "at_least",
        }
    }
}

/// A condition on facts with a stated effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Guardrail {
    /// Its name.
    pub name: Text,
    /// What it is, in words; empty in a draft.
    pub is: Text,
    /// What is looked out for, asked for a partner in each period, as if nothing had been changed.
    pub when: Expr,
    /// What then happens.
    pub effect: Effect,
    /// What a `cap` holds down, and to what: none of them rises by it.
    pub changes: Vec<Change>,
    /// Who sees it.
    pub seen_by: Vec<Text>,
    /// Where it is written.
    pub span: Span,
}

/// What happens while a guardrail is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It is shown.
    Warn,
    /// Nothing that would become payable does.
    Hold,
    /// Named things are held down.
    Cap,
    /// It is shown, and somebody has to look at it.
    Review,
}

impl Effect {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Warn, Self::Hold, Self::Cap, Self::Review];

    /// The word a plan writes for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Hold => "hold",
            Self::Cap => "cap",
            Self::Review => "review",
        }
    }
}

/// Money that is set aside for a partner and claimed against proof.
#[derive(Clone, Debug, PartialEq)]
pub struct Fund {
    /// Its name.
    pub name: Text,
    /// What it is, in words; empty in a draft.
    pub is: Text,
    /// What a period sets aside.
    pub accrues: Expr,
    /// Which part of a claim it pays, of 1, perhaps asked on the claim; all of it when not written.
    pub reimburses: Option<Expr>,
    /// The facts that are its claims; none where the plan leaves them to another system.
    pub claims: Option<Claims>,
    /// Until how long after the expense it is claimed.
    pub claim_within: Option<Duration>,
    /// How long credit lasts.
    pub expires_after: Option<Duration>,
    /// Until how long after the agreement's end claims are taken, as `winding_down` says it; none when not written.
    pub last_claims: Option<Duration>,
    /// Who approves a claim.
    pub approved_by: Vec<Text>,
    /// Where it is written.
    pub span: Span,
}

/// The facts that are a fund's claims.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// Their kind.
    pub kind: KindId,
    /// The role whose credits count.
    pub role: Text,
    /// What a claim is about: the expense, asked on its row.
    pub of: Expr,
    /// Which rows are claims on this fund.
    pub filter: Option<Expr>,
    /// The day of the expense.
    pub spent: ColumnId,
}

/// A block of governance: text that was checked for form and names.
#[derive(Clone, Debug, PartialEq)]
pub struct GovernanceBlock {
    /// Which block: `funds`, `contingencies`, `guardrails`, `bodies`, `approvals`, `reviews`, `disputes`, `winding_down`.
    pub block: Text,
    /// The entry's name; empty where the block has no entries.
    pub name: Text,
    /// Keys and what they say, in the order written.
    pub says: Vec<(Text, Text)>,
    /// Formulas among them, typed.
    pub formulas: Vec<(Text, Expr)>,
    /// Where it is written.
    pub span: Span,
}

/// What may be on or off for a partner in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trigger {
    /// A contingency.
    Contingency(ContingencyId),
    /// A guardrail.
    Guardrail(GuardrailId),
}

impl Plan {
    /// Every contingency, and then every guardrail.
    pub fn triggers(&self) -> impl Iterator<Item = Trigger> + '_ {
        let contingencies = (0u16..).zip(&self.contingencies);
        let guardrails = (0u16..).zip(&self.guardrails);
        contingencies
            .map(|(at, _)| Trigger::Contingency(ContingencyId(at)))
            .chain(guardrails.map(|(at, _)| Trigger::Guardrail(GuardrailId(at))))
    }

    /// What a contingency or guardrail changes while it is on.
    #[must_use]
    pub fn changes(&self, trigger: Trigger) -> &[Change] {
        match trigger {
            Trigger::Contingency(id) => &self[id].changes,
            Trigger::Guardrail(id) => &self[id].changes,
        }
    }

    /// Every change of a formula, with what turns it on, in the order in which they take effect.
    pub fn changes_of(&self, target: Target) -> impl Iterator<Item = (Trigger, &Change)> + '_ {
        self.triggers().flat_map(move |trigger| {
            let changes = self.changes(trigger).iter();
            changes
                .filter(move |change| change.target == target)
                .map(move |change| (trigger, change))
        })
    }

    /// Whether anything may change a formula.
    #[must_use]
    pub fn is_changed(&self, target: Target) -> bool {
        self.changes_of(target).next().is_some()
    }

    /// What is looked out for.
    #[must_use]
    pub fn when(&self, trigger: Trigger) -> &Expr {
        match trigger {
            Trigger::Contingency(id) => &self[id].when,
            Trigger::Guardrail(id) => &self[id].when,
        }
    }

    /// A contingency by its name.
    #[must_use]
    pub fn contingency_named(&self, name: &str) -> Option<ContingencyId> {
        named(&self.contingencies, name, |one| &one.name).map(ContingencyId)
    }

    /// A guardrail by its name.
    #[must_use]
    pub fn guardrail_named(&self, name: &str) -> Option<GuardrailId> {
        named(&self.guardrails, name, |one| &one.name).map(GuardrailId)
    }

    /// A fund by its name.
    #[must_use]
    pub fn fund_named(&self, name: &str) -> Option<FundId> {
        named(&self.funds, name, |one| &one.name).map(FundId)
    }
}

fn named<T>(list: &[T], name: &str, of: impl Fn(&T) -> &Text) -> Option<u16> {
    let at = list.iter().position(|one| **of(one) == *name)?;
    u16::try_from(at).ok()
}
