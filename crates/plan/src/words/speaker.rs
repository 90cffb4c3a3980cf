//! Who speaks: the plan with its names, the agreement if one is at hand, and where a formula stands.

use super::agreed::Agreed;
use super::asked::Asked;
use super::figure;
use super::names::{Names, spaced};
use super::{DeclaredKind, ExampleFiles, Subject};
use crate::diagnostic::Sources;
use crate::tree::{Expr, KindId, Level, Plan, Table, TermId};
use trueup_base::calendar::WindowUnit;

/// A plan about to be said.
pub(super) struct Speaker<'a> {
    pub(super) plan: &'a Plan,
    pub(super) sources: &'a Sources,
    pub(super) names: Names,
    pub(super) asked: Asked,
    pub(super) agreed: Option<&'a Agreed<'a>>,
    pub(super) kinds: &'a [DeclaredKind],
    pub(super) examples: &'a [ExampleFiles],
    /// The plan as it would stand without its overrides.
    pub(super) template: Option<&'a Plan>,
}

impl<'a> Speaker<'a> {
    /// Whoever speaks of a subject.
    pub(super) fn of(subject: &Subject<'a>) -> Self {
        Self {
            plan: subject.plan,
            sources: subject.sources,
            names: Names::of(subject.plan),
            asked: Asked::of(subject.plan),
            agreed: subject.agreed,
            kinds: subject.kinds,
            examples: subject.examples,
            template: subject.template,
        }
    }

    /// Whether a figure is written in percent.
    pub(super) fn is_percent(&self, expr: &Expr) -> bool {
        self.sources.text(expr.span).ends_with('%')
    }

    /// What a term comes to under the agreement, where a formula stands.
    pub(super) fn gloss(&self, term: TermId, at: &At<'_>) -> Option<String> {
        let agreed = self.agreed?;
        if at.is_of_others || at.is_bare {
            return None;
        }
        agreed.gloss(self, term, at.window.filter(|_| !at.is_part))
    }
}

/// Where a formula stands: what surrounds it decides how its parts are called.
#[derive(Clone, Copy)]
pub(super) struct At<'t> {
    /// The window it is asked in, where it is always the same.
    pub(super) window: Option<WindowUnit>,
    /// The table it belongs to.
    pub(super) table: Option<&'t Table>,
    /// The kind of fact whose row it is asked on.
    pub(super) kind: Option<KindId>,
    /// Whether it is asked of every partner, and not of the one spoken to.
    pub(super) is_of_others: bool,
    /// Whether only a part of the window is asked about.
    pub(super) is_part: bool,
    /// Whether agreed figures are left out, because they stand beside.
    pub(super) is_bare: bool,
}

impl<'t> At<'t> {
    /// In a window, for the partner spoken to.
    pub(super) fn window(window: Option<WindowUnit>) -> Self {
        Self {
            window,
            table: None,
            kind: None,
            is_of_others: false,
            is_part: false,
            is_bare: false,
        }
    }

    /// On a row of a kind.
    pub(super) fn on(self, kind: Option<KindId>) -> Self {
        Self { kind, ..self }
    }

    /// On whatever row a level speaks of.
    pub(super) fn at_level(self, level: Level) -> Self {
        match level {
            Level::Row(kind) => self.on(Some(kind)),
            Level::Constant | Level::Program | Level::Partner => self,
        }
    }

    /// Inside a table.
    pub(super) fn inside(self, table: &'t Table) -> Self {
        Self {
            table: Some(table),
            ..self
        }
    }

    /// Asked of every partner.
    pub(super) fn others(self) -> Self {
        Self {
            is_of_others: true,
            ..self
        }
    }

    /// What the window is called.
    pub(super) fn noun(&self) -> &'static str {
        self.window.map_or("window", figure::unit_noun)
    }

    /// The partner asked about.
    pub(super) fn partner(&self) -> &'static str {
        if self.is_of_others {
            "the partner"
        } else {
            "you"
        }
    }

    /// Whose something is.
    pub(super) fn whose(&self) -> &'static str {
        if self.is_of_others {
            "the partner's"
        } else {
            "your"
        }
    }

    /// Standing somewhere, as a verb.
    pub(super) fn stands(&self) -> &'static str {
        if self.is_of_others {
            "the partner stands"
        } else {
            "you stand"
        }
    }

    /// What the row is called.
    pub(super) fn row(&self, plan: &Plan) -> String {
        self.kind
            .map_or_else(|| "row".to_owned(), |kind| spaced(&plan[kind].name))
    }

    /// An argument of the table around.
    pub(super) fn argument(&self, index: u16) -> String {
        let axis = self
            .table
            .and_then(|table| table.axes.get(usize::from(index)));
        axis.map_or_else(
            || format!("argument {}", index.saturating_add(1)),
            |axis| spaced(&axis.argument),
        )
    }

    /// A column of the table around.
    pub(super) fn column(&self, index: u16) -> String {
        let column = self
            .table
            .and_then(|table| table.columns.get(usize::from(index)));
        column.map_or_else(
            || format!("column {}", index.saturating_add(1)),
            |column| spaced(&column.name),
        )
    }
}
