//! What an evaluation is about: partners with their agreements, facts with their credits, feeds, rates.
//!
//! A [`World`] holds everything a plan may read for one program, as plain rows. It is what the reference measurer
//! reads; a faster measurer may leave the rows out and answer the same questions.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::id::{FactId, PartnerId};
use trueup_base::money::Currency;
use trueup_plan::agreement::{Approved, Stated};
use trueup_plan::tree::{
    ColumnId, ContingencyId, CreditTo, FactKind, KindId, Literal, Plan, TermId, Text, Type,
};

/// One cell of a fact, a term or the directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// An exact number.
    Number(Exact),
    /// Text.
    Text(Text),
    /// A day.
    Date(Date),
    /// True or false.
    Flag(bool),
    /// A partner.
    Partner(PartnerId),
    /// Not given.
    Empty,
}

/// A partner by its position among the program's partners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartnerIx(pub u32);

/// A row by its position among its kind's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowIx(pub u32);

/// A partner, its place in the hierarchy and its agreement.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Partner {
    /// Who.
    pub id: PartnerId,
    /// The partner directly above.
    pub parent: Option<PartnerId>,
    /// The directory's columns, in the order of the plan's attributes.
    pub attributes: Vec<Cell>,
    /// What was agreed.
    pub agreement: Agreement,
}

impl Partner {
    /// What the directory says in a column, by the attribute's position in the plan; `starts` and `ends` are the
    /// agreement's days and `parent` is the partner directly above, where no column says them.
    #[must_use]
    pub fn attribute(&self, plan: &Plan, attribute: usize) -> Option<Cell> {
        match self.attributes.get(attribute) {
            Some(cell) if *cell != Cell::Empty => Some(cell.clone()),
            Some(_) | None => match &*plan.attributes.get(attribute)?.name {
                "starts" => Some(Cell::Date(self.agreement.starts)),
                "ends" => self.agreement.until.map(Cell::Date),
                "parent" => self.parent.clone().map(Cell::Partner),
                _ => None,
            },
        }
    }
}

/// What a partner agreed to, as far as a formula sees it.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Agreement {
    /// Its first day.
    pub starts: Date,
    /// The day after its last, if it has one.
    pub until: Option<Date>,
    /// The agreed figures, in the order of the plan's terms.
    pub terms: Vec<Option<Cell>>,
    /// Figures agreed for single periods of a term with `per`: the period's first day and the figure.
    pub stated: BTreeMap<(TermId, Date), Cell>,
    /// The contingencies that were approved.
    pub approved: BTreeMap<ContingencyId, Vec<Approved>>,
    /// Its versions, the earliest first, where the plan's tree holds several; empty in a tree of one.
    pub versions: Vec<InForce>,
}

/// A version of an agreement: which edition of the plan's tree is in force from which day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InForce {
    /// The edition, by its position in the plan's tree.
    pub edition: u16,
    /// Its first day; it is in force until the next version's.
    pub from: Date,
    /// The day after its last, as it is written; another version may take over before.
    pub until: Option<Date>,
    /// Whether it cuts the windows it begins in, and does not wait for the next ones.
    pub splits: bool,
}

/// One version of a fact.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Row {
    /// Its id; versions of one fact share it.
    pub id: FactId,
    /// Its cells, in the order of the kind's columns.
    pub cells: Vec<Cell>,
    /// When this version became known; none where it was known from the start.
    pub recorded_on: Option<Date>,
}

/// One row credited to one partner.
#[derive(Clone, Debug, PartialEq)]
pub struct Credit {
    /// The row.
    pub row: RowIx,
    /// By which of the kind's credit lines; one partner may be credited by several.
    pub line: u16,
    /// Which part of it, of 1.
    pub share: Exact,
    /// The distance between the credited partner and the row's own.
    pub level: u32,
}

/// A span of days for which a feed is declared complete, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Complete {
    /// The first day.
    pub from: Date,
    /// The day after the last.
    pub until: Date,
}

/// The facts of one kind.
#[derive(Clone, Debug, Default)]
pub struct KindFacts {
    /// Rows in the order (declared date, id, recorded, position given).
    pub rows: Vec<Row>,
    /// Spans the feed is complete for; none means always.
    pub complete: Option<Vec<Complete>>,
    /// Credits by role's position in the kind's credit lines and by partner, in the rows' order.
    credits: BTreeMap<(u16, PartnerIx), Vec<Credit>>,
    /// For each row, when the next version of the same fact became known; none for the last version.
    replaced_on: Vec<Option<Date>>,
    /// Whether any fact has more than one version or a day of recording.
    pub has_history: bool,
    /// Whose rows are here.
    pub read: RowsRead,
}

/// Whose rows a world holds. A faster measurer leaves rows out; what asks for them all the same finds no answer, never
/// nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RowsRead {
    /// Everyone's.
    #[default]
    All,
    /// Those credited to these partners.
    Of(BTreeSet<PartnerIx>),
}

impl KindFacts {
    /// Whether the feed is complete for every day from `from` to before `until`.
    #[must_use]
    pub fn is_complete(&self, from: Date, until: Date) -> bool {
        self.complete.as_ref().is_none_or(|spans| {
            spans
                .iter()
                .any(|span| span.from <= from && until <= span.until)
        })
    }

    /// Whether a partner's rows are here.
    #[must_use]
    pub fn has_rows_of(&self, partner: PartnerIx) -> bool {
        match &self.read {
            RowsRead::All => true,
            RowsRead::Of(partners) => partners.contains(&partner),
        }
    }

    /// A partner's credits in a role.
    #[must_use]
    pub fn credits(&self, role: u16, partner: PartnerIx) -> &[Credit] {
        self.credits
            .get(&(role, partner))
            .map_or(&[], Vec::as_slice)
    }

    /// Every credit of the kind: its role, to whom, and of what; by role, then by partner, in the rows' order.
    pub fn all_credits(&self) -> impl Iterator<Item = (u16, PartnerIx, &Credit)> {
        self.credits.iter().flat_map(|((role, partner), credits)| {
            credits.iter().map(|credit| (*role, *partner, credit))
        })
    }

    /// When the next version of the same fact became known; none for the last version.
    #[must_use]
    pub fn replaced_on(&self, row: RowIx) -> Option<Date> {
        self.replaced_on.get(row.0 as usize).copied().flatten()
    }

    /// Whether a row is the version known at the end of a day's eve: recorded before `known_before`, and not replaced.
    #[must_use]
    pub fn is_known(&self, row: RowIx, known_before: Option<Date>) -> bool {
        let at = row.0 as usize;
        let (Some(version), Some(replaced_on)) = (self.rows.get(at), self.replaced_on.get(at))
        else {
            return false;
        };
        match known_before {
            None => replaced_on.is_none(),
            Some(before) => {
                version.recorded_on.is_none_or(|on| on < before)
                    && replaced_on.is_none_or(|on| on >= before)
            }
        }
    }
}

/// A row with its credits.
#[derive(Clone, Debug)]
pub struct CreditedRow {
    /// The row.
    pub row: Row,
    /// When the next version of the same fact became known; none for the last version.
    pub replaced_on: Option<Date>,
    /// In which role it is credited to whom; which row is said by its place.
    pub credits: Vec<(u16, PartnerIx, Credit)>,
}

/// Rows of a kind with their credits.
#[derive(Clone, Debug, Default)]
pub struct Credited {
    /// The rows.
    pub rows: Vec<CreditedRow>,
    /// Spans the feed is complete for; none means always.
    pub complete: Option<Vec<Complete>>,
    /// Whether any fact of the kind, of whichever partner, has more than one version or a day of recording.
    pub has_history: bool,
}

/// A rate between two currencies.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Rate {
    /// How much of the target one unit of the source is.
    pub rate: Exact,
    /// Its day; none for a fixed rate.
    pub on: Option<Date>,
}

/// Everything a plan may read.
#[derive(Clone, Debug)]
pub struct World {
    /// Partners in the order listed.
    pub partners: Vec<Partner>,
    /// Facts by kind, in the order of the plan's kinds.
    pub facts: Vec<KindFacts>,
    /// Rates by source and target currency, by day.
    pub rates: BTreeMap<(Currency, Currency), Vec<Rate>>,
    /// Partners of the directory that are under another plan or none, each with who stands directly above: what they
    /// do is credited through them to those above who are here.
    pub beyond: BTreeMap<PartnerId, PartnerId>,
    /// What the directory says of partners that are under another plan or none, in the order of the plan's attributes: a
    /// row may name them.
    pub elsewhere: BTreeMap<PartnerId, Vec<Cell>>,
    by_id: BTreeMap<PartnerId, PartnerIx>,
}

impl World {
    /// A world of partners, without facts.
    #[must_use]
    pub fn new(plan: &Plan, partners: Vec<Partner>) -> Self {
        let by_id = partners
            .iter()
            .zip(0u32..)
            .map(|(partner, at)| (partner.id.clone(), PartnerIx(at)))
            .collect();
        let facts = plan.kinds.iter().map(|_| KindFacts::default()).collect();
        Self {
            partners,
            facts,
            rates: BTreeMap::new(),
            beyond: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            by_id,
        }
    }

    /// Gives a kind its rows: sorts them, links the versions of one fact and credits each row.
    pub fn give(
        &mut self,
        plan: &Plan,
        kind: KindId,
        mut rows: Vec<Row>,
        complete: Option<Vec<Complete>>,
    ) {
        let shape = &plan[kind];
        rows.sort_by(|a, b| {
            (date_of(a, shape.dated), &a.id, a.recorded_on).cmp(&(
                date_of(b, shape.dated),
                &b.id,
                b.recorded_on,
            ))
        });
        let replaced_on = replacements(&rows);
        let has_history = rows.iter().any(|row| row.recorded_on.is_some())
            || replaced_on.iter().any(Option::is_some);
        let credits = self.credit(shape, &rows);
        if let Some(facts) = self.facts.get_mut(kind.index()) {
            *facts = KindFacts {
                rows,
                complete,
                credits,
                replaced_on,
                has_history,
                read: RowsRead::All,
            };
        }
    }

    fn credit(&self, shape: &FactKind, rows: &[Row]) -> BTreeMap<(u16, PartnerIx), Vec<Credit>> {
        let mut credits: BTreeMap<(u16, PartnerIx), Vec<Credit>> = BTreeMap::new();
        for (row, at) in rows.iter().zip(0u32..) {
            for (line, line_at) in shape.credited.iter().zip(0u16..) {
                let Some(role) = role_of(shape, &line.role) else {
                    continue;
                };
                let (CreditTo::Column(column) | CreditTo::Upline(column)) = line.to;
                let Some(Cell::Partner(owner)) = row.cells.get(column.index()) else {
                    continue;
                };
                let mut give = |partner: PartnerIx, level: u32| {
                    credits.entry((role, partner)).or_default().push(Credit {
                        row: RowIx(at),
                        line: line_at,
                        share: line.share.clone(),
                        level,
                    });
                };
                match line.to {
                    CreditTo::Column(_) => {
                        if let Some(owner) = self.find(owner) {
                            give(owner, 0);
                        }
                    }
                    CreditTo::Upline(_) => {
                        for (above, level) in self.above(owner) {
                            give(above, level);
                        }
                    }
                }
            }
        }
        credits
    }

    /// Gives a kind rows whose credits are known already: those of one partner, by whoever does not know the other rows. The
    /// rows come in the order in which [`give`](Self::give) puts them.
    pub fn give_credited(&mut self, kind: KindId, given: Credited) {
        let (mut rows, mut replaced_on) = (Vec::new(), Vec::new());
        let mut credits: BTreeMap<(u16, PartnerIx), Vec<Credit>> = BTreeMap::new();
        for (row, at) in given.rows.into_iter().zip(0u32..) {
            for (role, partner, mut credit) in row.credits {
                credit.row = RowIx(at);
                credits.entry((role, partner)).or_default().push(credit);
            }
            rows.push(row.row);
            replaced_on.push(row.replaced_on);
        }
        if let Some(facts) = self.facts.get_mut(kind.index()) {
            *facts = KindFacts {
                rows,
                complete: given.complete,
                credits,
                replaced_on,
                has_history: given.has_history,
                read: RowsRead::All,
            };
        }
    }

    /// Adds rows of facts that nobody knew to those of a kind, each credited as the kind says; what is known of the other rows
    /// stays as it is. Their ids must be new.
    pub fn add(&mut self, plan: &Plan, kind: KindId, rows: Vec<Row>) {
        let shape = &plan[kind];
        let added = self.credit(shape, &rows);
        let Some(facts) = self.facts.get_mut(kind.index()) else {
            return;
        };
        let known = std::mem::take(facts);
        let first_new = known.rows.len();
        let is_recorded = rows.iter().any(|row| row.recorded_on.is_some());
        let old = known.rows.into_iter().zip(known.replaced_on);
        let new = rows.into_iter().map(|row| (row, None));
        let mut all: Vec<CreditedRow> = old
            .chain(new)
            .map(|(row, replaced_on)| CreditedRow {
                row,
                replaced_on,
                credits: Vec::new(),
            })
            .collect();
        for (credits, from) in [(known.credits, 0), (added, first_new)] {
            for ((role, partner), credits) in credits {
                for credit in credits {
                    if let Some(row) = all.get_mut(from + credit.row.0 as usize) {
                        row.credits.push((role, partner, credit));
                    }
                }
            }
        }
        all.sort_by(|a, b| {
            (date_of(&a.row, shape.dated), &a.row.id, a.row.recorded_on).cmp(&(
                date_of(&b.row, shape.dated),
                &b.row.id,
                b.row.recorded_on,
            ))
        });
        let given = Credited {
            rows: all,
            complete: known.complete,
            has_history: known.has_history || is_recorded,
        };
        self.give_credited(kind, given);
        if let Some(facts) = self.facts.get_mut(kind.index()) {
            facts.read = known.read;
        }
    }

    /// A partner's position.
    #[must_use]
    pub fn find(&self, id: &PartnerId) -> Option<PartnerIx> {
        self.by_id.get(id).copied()
    }

    /// A partner by its position.
    #[must_use]
    pub fn partner(&self, at: PartnerIx) -> Option<&Partner> {
        self.partners.get(at.0 as usize)
    }

    /// Everyone here who stands above a partner of the directory, the nearest first, each with the distance; who is
    /// [beyond](Self::beyond) is passed and counts for the distance.
    #[must_use]
    pub fn above(&self, id: &PartnerId) -> Vec<(PartnerIx, u32)> {
        if self.beyond.is_empty() {
            let upline = self.find(id).map(|at| self.upline(at));
            return upline.into_iter().flatten().zip(1u32..).collect();
        }
        let mut above = Vec::new();
        let mut passed = vec![id];
        let mut at = id;
        for level in 1u32.. {
            let parent = match self.find(at) {
                Some(here) => self.partner(here).and_then(|here| here.parent.as_ref()),
                None => self.beyond.get(at),
            };
            let Some(parent) = parent.filter(|parent| !passed.contains(parent)) else {
                break;
            };
            above.extend(self.find(parent).map(|here| (here, level)));
            passed.push(parent);
            at = parent;
        }
        above
    }

    /// Everyone above a partner, the nearest first; a hierarchy that closes on itself stops where it would repeat.
    #[must_use]
    pub fn upline(&self, partner: PartnerIx) -> Vec<PartnerIx> {
        if !self.beyond.is_empty() {
            let id = self.partner(partner).map(|partner| &partner.id);
            let above = id.map(|id| self.above(id)).unwrap_or_default();
            return above.into_iter().map(|(above, _)| above).collect();
        }
        let mut above = Vec::new();
        let mut at = partner;
        while let Some(parent) = self
            .partner(at)
            .and_then(|partner| partner.parent.as_ref())
            .and_then(|id| self.find(id))
        {
            if parent == partner || above.contains(&parent) {
                break;
            }
            above.push(parent);
            at = parent;
        }
        above
    }

    /// All partners' positions, in the order listed.
    pub fn all(&self) -> impl Iterator<Item = PartnerIx> + use<> {
        let count = u32::try_from(self.partners.len()).unwrap_or(u32::MAX);
        (0..count).map(PartnerIx)
    }

    /// The facts of a kind.
    #[must_use]
    pub fn kind(&self, kind: KindId) -> Option<&KindFacts> {
        self.facts.get(kind.index())
    }
}

/// A role's position: that of the first credit line with its name.
#[must_use]
pub fn role_of(kind: &FactKind, role: &str) -> Option<u16> {
    let at = kind.credited.iter().position(|line| &*line.role == role)?;
    u16::try_from(at).ok()
}

/// The day in a column of a row.
#[must_use]
pub fn date_of(row: &Row, column: ColumnId) -> Option<Date> {
    match row.cells.get(column.index()) {
        Some(Cell::Date(day)) => Some(*day),
        Some(Cell::Number(_) | Cell::Text(_) | Cell::Flag(_) | Cell::Partner(_) | Cell::Empty)
        | None => None,
    }
}

/// For each row, when the next version of the same fact became known. Versions follow one another by the day they were
/// recorded; a version recorded from the start comes first.
fn replacements(rows: &[Row]) -> Vec<Option<Date>> {
    let mut versions: BTreeMap<&FactId, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        versions.entry(&row.id).or_default().push(at);
    }
    let mut replaced_on = vec![None; rows.len()];
    for positions in versions.values_mut() {
        positions.sort_by_key(|at| rows.get(*at).and_then(|row| row.recorded_on));
        for pair in positions.windows(2) {
            if let [earlier, later] = pair {
                let on = rows
                    .get(*later)
                    .and_then(|row| row.recorded_on)
                    .unwrap_or(Date::MIN);
                if let Some(slot) = replaced_on.get_mut(*earlier) {
                    *slot = Some(on);
                }
            }
        }
    }
    replaced_on
}

impl Cell {
    /// The cell of a figure an agreement states.
    #[must_use]
    pub fn from_literal(figure: &Literal, of: Type) -> Self {
        match (figure, of) {
            (Literal::Number(number), _) => Self::Number(number.clone()),
            (Literal::Text(text), Type::Partner) => match PartnerId::new(text.clone()) {
                Ok(partner) => Self::Partner(partner),
                Err(_) => Self::Empty,
            },
            (Literal::Text(text), _) => Self::Text(text.clone()),
            (Literal::Date(day), _) => Self::Date(*day),
            (Literal::Flag(holds), _) => Self::Flag(*holds),
            (Literal::Duration(_) | Literal::Missing, _) => Self::Empty,
        }
    }
}

impl Agreement {
    /// An agreement of a plan with the figures it states.
    #[must_use]
    pub fn new(plan: &Plan, starts: Date, until: Option<Date>, stated: &[Stated]) -> Self {
        let mut terms: Vec<Option<Cell>> = plan.terms.iter().map(|_| None).collect();
        let mut periods = BTreeMap::new();
        for figure in stated {
            let cell = Cell::from_literal(&figure.figure, plan[figure.term].of);
            match figure.period {
                Some(window) => {
                    periods.insert((figure.term, window.full_starts), cell);
                }
                None => {
                    if let Some(slot) = terms.get_mut(figure.term.index()) {
                        *slot = Some(cell);
                    }
                }
            }
        }
        Self {
            starts,
            until,
            terms,
            stated: periods,
            approved: BTreeMap::new(),
            versions: Vec::new(),
        }
    }

    /// The same with the contingencies that were approved.
    #[must_use]
    pub fn with_approved(mut self, approved: Vec<Approved>) -> Self {
        for one in approved {
            self.approved.entry(one.contingency).or_default().push(one);
        }
        self
    }
}
