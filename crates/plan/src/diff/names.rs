//! Which thing of one side is which of the other, and what a name therefore means.

use std::collections::BTreeMap;

use crate::diagnostic::Sources;
use crate::diff::keys::{Key, Keys, Tongue};
use crate::tree::{
    AttributeId, ColumnId, ComponentId, KindId, LimitId, MeasureId, Name, Plan, Reference, Table,
    TableId, TermId, Text, ValueId, WindowPart,
};

/// A plan and the text it was read from.
#[derive(Clone, Copy, Debug)]
pub struct Side<'p> {
    /// The plan.
    pub plan: &'p Plan,
    /// Its text, for places and for figures as their author wrote them.
    pub sources: &'p Sources,
}

/// Which side of the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Which {
    /// What held.
    Before,
    /// What is to hold.
    After,
}

/// The lists of named things whose names may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum List {
    Kinds,
    Terms,
    Measures,
    Values,
    Tables,
    Components,
    Limits,
}

impl List {
    pub(super) const ALL: [List; 7] = [
        List::Kinds,
        List::Terms,
        List::Measures,
        List::Values,
        List::Tables,
        List::Components,
        List::Limits,
    ];

    /// The names of a plan's list.
    pub(super) fn names(self, plan: &Plan) -> Vec<&Text> {
        match self {
            Self::Kinds => plan.kinds.iter().map(|thing| &thing.name).collect(),
            Self::Terms => plan.terms.iter().map(|thing| &thing.name).collect(),
            Self::Measures => plan.measures.iter().map(|thing| &thing.name).collect(),
            Self::Values => plan.values.iter().map(|thing| &thing.name).collect(),
            Self::Tables => plan.tables.iter().map(|thing| &thing.name).collect(),
            Self::Components => plan.components.iter().map(|thing| &thing.name).collect(),
            Self::Limits => plan.limits.iter().map(|thing| &thing.name).collect(),
        }
    }

    /// What the things say they are, in words.
    pub(super) fn words(self, plan: &Plan) -> Vec<&Text> {
        match self {
            Self::Kinds => plan.kinds.iter().map(|thing| &thing.is).collect(),
            Self::Terms => plan.terms.iter().map(|thing| &thing.is).collect(),
            Self::Measures => plan.measures.iter().map(|thing| &thing.is).collect(),
            Self::Values => plan.values.iter().map(|thing| &thing.is).collect(),
            Self::Tables => plan.tables.iter().map(|thing| &thing.is).collect(),
            Self::Components => plan.components.iter().map(|thing| &thing.is).collect(),
            Self::Limits => plan.limits.iter().map(|thing| &thing.is).collect(),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Kinds => "kind",
            Self::Terms => "term",
            Self::Measures => "measure",
            Self::Values => "value",
            Self::Tables => "table",
            Self::Components => "component",
            Self::Limits => "limit",
        }
    }
}

/// Positions of one side's list and those of the other that they belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs {
    pub(super) after_of: Vec<Option<usize>>,
    pub(super) before_of: Vec<Option<usize>>,
}

impl Pairs {
    /// Pairs equal names.
    pub(super) fn by_name<T: AsRef<str>>(before: &[T], after: &[T]) -> Self {
        let find = |list: &[T], name: &str| list.iter().position(|other| other.as_ref() == name);
        Self {
            after_of: before
                .iter()
                .map(|name| find(after, name.as_ref()))
                .collect(),
            before_of: after
                .iter()
                .map(|name| find(before, name.as_ref()))
                .collect(),
        }
    }

    pub(super) fn join(&mut self, before: usize, after: usize) {
        if let (Some(left), Some(right)) =
            (self.after_of.get_mut(before), self.before_of.get_mut(after))
        {
            *left = Some(after);
            *right = Some(before);
        }
    }

    pub(super) fn part(&mut self, before: usize, after: usize) {
        if let (Some(left), Some(right)) =
            (self.after_of.get_mut(before), self.before_of.get_mut(after))
        {
            *left = None;
            *right = None;
        }
    }

    pub(super) fn after(&self, before: usize) -> Option<usize> {
        self.after_of.get(before).copied().flatten()
    }

    pub(super) fn before(&self, after: usize) -> Option<usize> {
        self.before_of.get(after).copied().flatten()
    }

    /// The pairs in the order of the first side.
    pub(super) fn both(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.after_of
            .iter()
            .enumerate()
            .filter_map(|(before, after)| Some((before, (*after)?)))
    }

    /// What stands on the first side alone.
    pub(super) fn gone(&self) -> impl Iterator<Item = usize> + '_ {
        self.after_of
            .iter()
            .enumerate()
            .filter(|(_, after)| after.is_none())
            .map(|(before, _)| before)
    }

    /// What stands on the second side alone.
    pub(super) fn come(&self) -> impl Iterator<Item = usize> + '_ {
        self.before_of
            .iter()
            .enumerate()
            .filter(|(_, before)| before.is_none())
            .map(|(after, _)| after)
    }
}

/// Everything that is known about which is which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Matched {
    lists: BTreeMap<List, Pairs>,
    /// Columns of kinds that belong together, by the kind before.
    columns: BTreeMap<usize, Pairs>,
    /// Roles of kinds that belong together, by the kind before and the role before.
    roles: BTreeMap<(usize, Text), Text>,
}

impl Matched {
    /// What is called the same is the same.
    pub(super) fn by_name(before: &Plan, after: &Plan) -> Self {
        let mut matched = Self::default();
        for list in List::ALL {
            let pairs = Pairs::by_name(&list.names(before), &list.names(after));
            matched.lists.insert(list, pairs);
        }
        matched.match_columns(before, after);
        matched
    }

    /// What stands at the same position is the same: for a plan and what one change makes of it.
    pub(super) fn by_position(before: &Plan, after: &Plan) -> Self {
        let mut matched = Self::default();
        for list in List::ALL {
            let (old, new) = (list.names(before).len(), list.names(after).len());
            let place = |at: usize, other: usize| (at < other).then_some(at);
            let pairs = Pairs {
                after_of: (0..old).map(|at| place(at, new)).collect(),
                before_of: (0..new).map(|at| place(at, old)).collect(),
            };
            matched.lists.insert(list, pairs);
        }
        matched.match_columns(before, after);
        matched
    }

    pub(super) fn list(&self, list: List) -> Option<&Pairs> {
        self.lists.get(&list)
    }

    pub(super) fn list_mut(&mut self, list: List) -> &mut Pairs {
        self.lists.entry(list).or_default()
    }

    pub(super) fn after(&self, list: List, before: usize) -> Option<usize> {
        self.lists.get(&list)?.after(before)
    }

    pub(super) fn before(&self, list: List, after: usize) -> Option<usize> {
        self.lists.get(&list)?.before(after)
    }

    /// The pairs of a list in the order of the first side.
    pub(super) fn both(&self, list: List) -> Vec<(usize, usize)> {
        self.lists
            .get(&list)
            .map(|pairs| pairs.both().collect())
            .unwrap_or_default()
    }

    pub(super) fn columns(&self, kind_before: usize) -> Option<&Pairs> {
        self.columns.get(&kind_before)
    }

    /// The role of the second side that a role of the first is called there.
    pub(super) fn role(&self, kind_before: usize, role: &Text) -> Text {
        self.roles
            .get(&(kind_before, role.clone()))
            .unwrap_or(role)
            .clone()
    }

    /// Matches the columns and roles of kinds that belong together.
    ///
    /// A column is the same by its name; one left over on each side, of one type, is taken for a new name of the same.
    /// Roles likewise, by the credit line they stand in.
    pub(super) fn match_columns(&mut self, before: &Plan, after: &Plan) {
        self.columns.clear();
        self.roles.clear();
        for (left, right) in self.both(List::Kinds) {
            let (Some(old), Some(new)) = (before.kinds.get(left), after.kinds.get(right)) else {
                continue;
            };
            let names = |columns: &[crate::tree::Column]| -> Vec<Text> {
                columns.iter().map(|column| column.name.clone()).collect()
            };
            let mut pairs = Pairs::by_name(&names(&old.columns), &names(&new.columns));
            let gone: Vec<usize> = pairs.gone().collect();
            let come: Vec<usize> = pairs.come().collect();
            if let ([gone], [come]) = (gone.as_slice(), come.as_slice())
                && old.columns.get(*gone).map(|column| column.of)
                    == new.columns.get(*come).map(|column| column.of)
            {
                pairs.join(*gone, *come);
            }
            for line in &old.credited {
                let is_kept = new.credited.iter().any(|other| other.role == line.role);
                let renamed = new.credited.iter().find(|other| {
                    other.share == line.share
                        && other.overlay == line.overlay
                        && !old.credited.iter().any(|known| known.role == other.role)
                        && credits_same(line, other, &pairs)
                });
                if let (false, Some(other)) = (is_kept, renamed) {
                    self.roles
                        .insert((left, line.role.clone()), other.role.clone());
                }
            }
            self.columns.insert(left, pairs);
        }
    }
}

fn credits_same(
    line: &crate::tree::CreditLine,
    other: &crate::tree::CreditLine,
    columns: &Pairs,
) -> bool {
    use crate::tree::CreditTo;
    match (&line.to, &other.to) {
        (CreditTo::Column(a), CreditTo::Column(b)) | (CreditTo::Upline(a), CreditTo::Upline(b)) => {
            columns.after(a.index()) == Some(b.index())
        }
        (CreditTo::Column(_), CreditTo::Upline(_)) | (CreditTo::Upline(_), CreditTo::Column(_)) => {
            false
        }
    }
}

/// Names of one side by what they mean on both.
#[derive(Clone, Copy)]
pub(super) struct Names<'n> {
    pub(super) plan: &'n Plan,
    pub(super) which: Which,
    pub(super) matched: &'n Matched,
    /// What stands on one side alone is called the same on both: a first guess at what was renamed.
    pub(super) is_guess: bool,
    /// What values come to with everything they are made of, where that is asked.
    pub(super) whole: Option<&'n BTreeMap<ValueId, Key>>,
    /// The columns' names inside a table.
    pub(super) columns: Option<&'n [Text]>,
}

impl Names<'_> {
    /// The same inside a table whose columns are called so.
    pub(super) fn inside<'t>(&'t self, columns: &'t [Text]) -> Names<'t> {
        Names {
            columns: Some(columns),
            ..*self
        }
    }

    /// What a thing of a list is called on both sides.
    pub(super) fn thing(&self, list: List, at: usize) -> String {
        let word = list.word();
        let before = match self.which {
            Which::Before => self.matched.after(list, at).map(|_| at),
            Which::After => self.matched.before(list, at),
        };
        match (before, self.is_guess, self.which) {
            (Some(before), _, _) => format!("{word} {before}"),
            (None, true, _) => format!("{word} ?"),
            (None, false, Which::Before) => format!("{word} before {at}"),
            (None, false, Which::After) => format!("{word} after {at}"),
        }
    }

    /// What a column is called on both sides.
    pub(super) fn column(&self, kind: KindId, column: ColumnId) -> String {
        let shape = &self.plan[kind];
        let name = &shape.column(column).name;
        let before = match self.which {
            Which::Before => Some(kind.index()),
            Which::After => self.matched.before(List::Kinds, kind.index()),
        };
        let pairs = before.and_then(|kind| self.matched.columns(kind));
        let at = column.index();
        let place = match self.which {
            Which::Before => pairs.and_then(|pairs| pairs.after(at)).map(|_| at),
            Which::After => pairs.and_then(|pairs| pairs.before(at)),
        };
        let own = match (place, self.is_guess || pairs.is_some()) {
            (Some(before), _) => format!("#{before}"),
            (None, true) => name.to_string(),
            (None, false) => format!("{name} of another kind"),
        };
        format!("{} {own}", self.thing(List::Kinds, kind.index()))
    }

    /// What a role is called on the second side.
    pub(super) fn role(&self, kind: KindId, role: &Text) -> Text {
        match self.which {
            Which::Before => self.matched.role(kind.index(), role),
            Which::After => role.clone(),
        }
    }

    /// What a listed thing is called on both sides.
    pub(super) fn reference(&self, reference: Reference) -> String {
        match reference {
            Reference::Term(TermId(at)) => self.thing(List::Terms, usize::from(at)),
            Reference::Measure(MeasureId(at)) => self.thing(List::Measures, usize::from(at)),
            Reference::Value(ValueId(at)) => self.thing(List::Values, usize::from(at)),
            Reference::Table(TableId(at)) => self.thing(List::Tables, usize::from(at)),
            Reference::Component(ComponentId(at)) => self.thing(List::Components, usize::from(at)),
            Reference::Limit(LimitId(at)) => self.thing(List::Limits, usize::from(at)),
        }
    }

    fn attribute(&self, id: AttributeId) -> String {
        format!("partner.{}", self.plan[id].name)
    }
}

impl Tongue for Names<'_> {
    fn name(&self, name: Name, keys: &mut Keys) -> Key {
        let text = match name {
            Name::Value(id) => match self.whole.and_then(|whole| whole.get(&id)) {
                Some(key) => return *key,
                None => self.thing(List::Values, id.index()),
            },
            Name::Column(kind, column) => self.column(kind, column),
            Name::Followed(kind, column, attribute) => format!(
                "{} followed to {}",
                self.column(kind, column),
                self.attribute(attribute)
            ),
            Name::Term(id) => self.thing(List::Terms, id.index()),
            Name::Measure(id) => self.thing(List::Measures, id.index()),
            Name::Component(id) => self.thing(List::Components, id.index()),
            Name::Limit(id) => self.thing(List::Limits, id.index()),
            Name::Attribute(id) => self.attribute(id),
            Name::Partner => "the partner".to_owned(),
            Name::Window(part) => match part {
                WindowPart::Starts => "window starts",
                WindowPart::Ends => "window ends",
                WindowPart::Last => "window last",
                WindowPart::Days => "window days",
                WindowPart::FullDays => "window full days",
                WindowPart::Final => "window final",
            }
            .to_owned(),
            Name::CreditLevel => "credit level".to_owned(),
            Name::Argument(at) => format!("argument {at}"),
            Name::BandColumn(at) => {
                let name = self
                    .columns
                    .and_then(|columns| columns.get(usize::from(at)));
                match name {
                    Some(name) => format!("band column {name}"),
                    None => format!("band column {at}"),
                }
            }
            Name::Lower => LOWER.to_owned(),
            Name::Upper => UPPER.to_owned(),
            Name::Width => WIDTH.to_owned(),
            Name::Filled => FILLED.to_owned(),
            Name::Slice => SLICE.to_owned(),
            Name::Was => "was".to_owned(),
            Name::Agreed => "agreed".to_owned(),
            Name::Key(kind, column) => format!("key of {}", self.column(kind, column)),
        };
        keys.leaf(text)
    }

    fn table(&self, id: TableId) -> String {
        self.thing(List::Tables, id.index())
    }

    fn kind(&self, id: KindId) -> String {
        self.thing(List::Kinds, id.index())
    }
}

/// The names a band gives, as they are kept in the register.
pub(super) const LOWER: &str = "band lower";
pub(super) const UPPER: &str = "band upper";
pub(super) const WIDTH: &str = "band width";
pub(super) const FILLED: &str = "band filled";
pub(super) const SLICE: &str = "band slice";

/// What the columns of two tables are called on both sides: by their own names, and those left over in their order.
pub(super) fn column_names(before: &Table, after: &Table) -> (Vec<Text>, Vec<Text>) {
    let names = |table: &Table| -> Vec<Text> {
        table
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect()
    };
    let (old, mut new) = (names(before), names(after));
    let pairs = Pairs::by_name(&old, &new);
    let gone: Vec<usize> = pairs.gone().collect();
    let come: Vec<usize> = pairs.come().collect();
    for (gone, come) in gone.into_iter().zip(come) {
        if let (Some(name), Some(slot)) = (old.get(gone), new.get_mut(come)) {
            *slot = name.clone();
        }
    }
    (old, new)
}
