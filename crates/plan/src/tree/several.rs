//! Several versions of a plan in one tree, each name of each version once.
//!
//! A partner's agreement may go over from one version of a plan to another. Then one evaluation needs the names of both, and an
//! id must say which of them is meant. So the versions stand one after the other in one tree: an *edition* is one version's
//! part of it. Kinds of fact that two editions declare alike, and columns of the partner directory, stand once.
//!
//! A tree of one version has no editions, and nothing of this is asked.

use std::collections::BTreeMap;
use std::ops::Range;

use trueup_base::date::Duration;

use super::walk::{formulas_of_governance_mut, formulas_of_table_mut, parts_mut};
use super::{
    AttributeId, Call, ComponentId, ContingencyId, Expr, FactKind, Form, FundId, GuardrailId,
    KindId, Level, LimitId, MeasureId, MoneyRounding, Name, Plan, Reference, TableId, Target,
    TermId, Text, Trigger, ValueId,
};

/// One version's part of a tree that holds several.
#[derive(Clone, Debug, PartialEq)]
pub struct Edition {
    /// The plan's name.
    pub name: Text,
    /// What agreements and commands call it: its name, with its version where there are several.
    pub called: Text,
    /// Its version.
    pub version: Text,
    /// Its title.
    pub title: Text,
    /// What both sides signed of it.
    pub identity: Text,
    /// The rounding a component ends in unless it says otherwise.
    pub money: MoneyRounding,
    /// How far back a late or corrected fact may change what was paid.
    pub reach_back: Option<Duration>,
    /// Its objectives, by position.
    pub objectives: Range<usize>,
    /// Its blocks of governance, by position.
    pub governance: Range<usize>,
    /// For names of the other editions: the same name here, where it holds the same.
    twins: BTreeMap<Reference, Reference>,
    shift: Shift,
}

impl Edition {
    /// The plan's name and version as a reader knows them: `growth-rebate 2`.
    #[must_use]
    pub fn said(&self) -> String {
        match self.version.is_empty() {
            true => self.name.to_string(),
            false => format!("{} {}", self.name, self.version),
        }
    }

    /// The same name in this edition; none where it has none that holds the same.
    #[must_use]
    pub fn twin(&self, of: Reference) -> Option<Reference> {
        self.twins.get(&of).copied()
    }

    /// A formula over the version's own tree, as a formula over the tree of several.
    #[must_use]
    pub fn formula(&self, mut formula: Expr) -> Expr {
        self.shift.formula(&mut formula);
        formula
    }

    /// A component of the version's own tree in the tree of several.
    #[must_use]
    pub fn component(&self, id: ComponentId) -> ComponentId {
        ComponentId(self.shift.components.of(id.0))
    }

    /// A limit of the version's own tree in the tree of several.
    #[must_use]
    pub fn limit(&self, id: LimitId) -> LimitId {
        LimitId(self.shift.limits.of(id.0))
    }

    /// A term of the version's own tree in the tree of several.
    #[must_use]
    pub fn term(&self, id: TermId) -> TermId {
        TermId(self.shift.terms.of(id.0))
    }

    /// A fund of the version's own tree in the tree of several.
    #[must_use]
    pub fn fund(&self, id: FundId) -> FundId {
        FundId(self.shift.funds.of(id.0))
    }

    /// A kind of fact of the version's own tree in the tree of several.
    #[must_use]
    pub fn kind(&self, id: KindId) -> KindId {
        self.shift.kind(id)
    }

    /// A table of the version's own tree in the tree of several.
    #[must_use]
    pub fn table(&self, id: TableId) -> TableId {
        TableId(self.shift.tables.of(id.0))
    }

    /// A contingency of the version's own tree in the tree of several.
    #[must_use]
    pub fn contingency(&self, id: ContingencyId) -> ContingencyId {
        ContingencyId(self.shift.contingencies.of(id.0))
    }

    /// A contingency or guardrail of the version's own tree in the tree of several.
    #[must_use]
    pub fn trigger(&self, trigger: Trigger) -> Trigger {
        match trigger {
            Trigger::Contingency(id) => Trigger::Contingency(self.contingency(id)),
            Trigger::Guardrail(id) => {
                Trigger::Guardrail(GuardrailId(self.shift.guardrails.of(id.0)))
            }
        }
    }

    /// The components of the edition.
    pub fn components(&self) -> impl Iterator<Item = ComponentId> + use<> {
        self.shift.components.all().map(ComponentId)
    }

    /// The limits of the edition.
    pub fn limits(&self) -> impl Iterator<Item = LimitId> + use<> {
        self.shift.limits.all().map(LimitId)
    }

    /// The measures of the edition.
    pub fn measures(&self) -> impl Iterator<Item = MeasureId> + use<> {
        self.shift.measures.all().map(MeasureId)
    }

    /// The funds of the edition.
    pub fn funds(&self) -> impl Iterator<Item = FundId> + use<> {
        self.shift.funds.all().map(FundId)
    }

    /// Whether a contingency or guardrail is one of the edition's.
    #[must_use]
    pub fn has_trigger(&self, trigger: Trigger) -> bool {
        match trigger {
            Trigger::Contingency(id) => self.shift.contingencies.holds(id.0),
            Trigger::Guardrail(id) => self.shift.guardrails.holds(id.0),
        }
    }

    /// Whether a name is one of the edition's.
    #[must_use]
    pub fn has(&self, name: Reference) -> bool {
        let shift = &self.shift;
        match name {
            Reference::Term(id) => shift.terms.holds(id.0),
            Reference::Measure(id) => shift.measures.holds(id.0),
            Reference::Value(id) => shift.values.holds(id.0),
            Reference::Table(id) => shift.tables.holds(id.0),
            Reference::Component(id) => shift.components.holds(id.0),
            Reference::Limit(id) => shift.limits.holds(id.0),
        }
    }
}

impl Plan {
    /// The edition a name belongs to; none in a tree of one version.
    #[must_use]
    pub fn edition_of(&self, name: Reference) -> Option<u16> {
        let at = self.editions.iter().position(|edition| edition.has(name))?;
        u16::try_from(at).ok()
    }

    /// An edition by its position.
    #[must_use]
    pub fn edition(&self, at: u16) -> Option<&Edition> {
        self.editions.get(usize::from(at))
    }

    /// What a name is called.
    #[must_use]
    pub fn name_of(&self, name: Reference) -> &Text {
        match name {
            Reference::Term(id) => &self[id].name,
            Reference::Measure(id) => &self[id].name,
            Reference::Value(id) => &self[id].name,
            Reference::Table(id) => &self[id].name,
            Reference::Component(id) => &self[id].name,
            Reference::Limit(id) => &self[id].name,
        }
    }

    /// Several versions as one tree, in the order given; none where there are more names than a tree holds.
    ///
    /// They must agree in currency, calendar and period; the first one's stand for all.
    #[must_use]
    pub fn of_several(plans: &[&Plan]) -> Option<Plan> {
        let (first, _) = plans.split_first()?;
        let mut whole = Plan {
            overrides: Vec::new(),
            uses: Vec::new(),
            objectives: Vec::new(),
            kinds: Vec::new(),
            attributes: Vec::new(),
            terms: Vec::new(),
            measures: Vec::new(),
            values: Vec::new(),
            tables: Vec::new(),
            components: Vec::new(),
            limits: Vec::new(),
            contingencies: Vec::new(),
            guardrails: Vec::new(),
            funds: Vec::new(),
            governance: Vec::new(),
            examples: Vec::new(),
            unsaid: Vec::new(),
            editions: Vec::new(),
            ..(*first).clone()
        };
        for plan in plans {
            whole.add(plan)?;
        }
        let twins = (0..whole.editions.len())
            .map(|at| whole.twins(at))
            .collect::<Vec<_>>();
        for (edition, twins) in whole.editions.iter_mut().zip(twins) {
            edition.twins = twins;
        }
        Some(whole)
    }

    fn add(&mut self, plan: &Plan) -> Option<()> {
        let mut own = plan.clone();
        let mut kinds = Vec::with_capacity(own.kinds.len());
        for kind in own.kinds.drain(..) {
            let at = match self.kinds.iter().position(|known| is_alike(known, &kind)) {
                Some(at) => at,
                None => {
                    self.kinds.push(kind);
                    self.kinds.len() - 1
                }
            };
            kinds.push(KindId(u16::try_from(at).ok()?));
        }
        let mut attributes = Vec::with_capacity(own.attributes.len());
        for attribute in own.attributes.drain(..) {
            let at = match self.attributes.iter().position(|known| *known == attribute) {
                Some(at) => at,
                None => {
                    self.attributes.push(attribute);
                    self.attributes.len() - 1
                }
            };
            attributes.push(AttributeId(u16::try_from(at).ok()?));
        }
        let shift = Shift {
            kinds,
            attributes,
            terms: Stretch::after(&self.terms, &own.terms)?,
            measures: Stretch::after(&self.measures, &own.measures)?,
            values: Stretch::after(&self.values, &own.values)?,
            tables: Stretch::after(&self.tables, &own.tables)?,
            components: Stretch::after(&self.components, &own.components)?,
            limits: Stretch::after(&self.limits, &own.limits)?,
            contingencies: Stretch::after(&self.contingencies, &own.contingencies)?,
            guardrails: Stretch::after(&self.guardrails, &own.guardrails)?,
            funds: Stretch::after(&self.funds, &own.funds)?,
        };
        shift.plan(&mut own);
        let objectives = self.objectives.len()..self.objectives.len() + own.objectives.len();
        let governance = self.governance.len()..self.governance.len() + own.governance.len();
        self.objectives.append(&mut own.objectives);
        self.terms.append(&mut own.terms);
        self.measures.append(&mut own.measures);
        self.values.append(&mut own.values);
        self.tables.append(&mut own.tables);
        self.components.append(&mut own.components);
        self.limits.append(&mut own.limits);
        self.contingencies.append(&mut own.contingencies);
        self.guardrails.append(&mut own.guardrails);
        self.funds.append(&mut own.funds);
        self.governance.append(&mut own.governance);
        self.editions.push(Edition {
            name: own.name.split('@').next().unwrap_or_default().into(),
            called: own.name,
            version: own.version,
            title: own.title,
            identity: own.identity,
            money: own.money,
            reach_back: own.reach_back,
            objectives,
            governance,
            twins: BTreeMap::new(),
            shift,
        });
        Some(())
    }

    /// Every name of the tree.
    pub fn references(&self) -> impl Iterator<Item = Reference> + '_ {
        let terms = (0u16..)
            .zip(&self.terms)
            .map(|(at, _)| Reference::Term(TermId(at)));
        let measures = (0u16..).zip(&self.measures);
        let measures = measures.map(|(at, _)| Reference::Measure(MeasureId(at)));
        let values = (0u16..).zip(&self.values);
        let values = values.map(|(at, _)| Reference::Value(ValueId(at)));
        let tables = (0u16..).zip(&self.tables);
        let tables = tables.map(|(at, _)| Reference::Table(TableId(at)));
        let components = (0u16..).zip(&self.components);
        let components = components.map(|(at, _)| Reference::Component(ComponentId(at)));
        let limits = (0u16..).zip(&self.limits);
        let limits = limits.map(|(at, _)| Reference::Limit(LimitId(at)));
        terms
            .chain(measures)
            .chain(values)
            .chain(tables)
            .chain(components)
            .chain(limits)
    }

    fn twins(&self, edition: usize) -> BTreeMap<Reference, Reference> {
        let Some(edition) = self.editions.get(edition) else {
            return BTreeMap::new();
        };
        let mut own: BTreeMap<&str, Reference> = BTreeMap::new();
        for name in self.references().filter(|name| edition.has(*name)) {
            own.insert(self.name_of(name), name);
        }
        self.references()
            .filter(|name| !edition.has(*name))
            .filter_map(|name| {
                let twin = *own.get(&**self.name_of(name))?;
                self.holds_the_same(name, twin).then_some((name, twin))
            })
            .collect()
    }

    /// Whether two names can stand for each other: they are of one sort and answer in one unit.
    #[must_use]
    pub fn holds_the_same(&self, a: Reference, b: Reference) -> bool {
        match (a, b) {
            (Reference::Term(a), Reference::Term(b)) => self[a].of == self[b].of,
            (Reference::Measure(a), Reference::Measure(b)) => {
                let (a, b) = (&self[a], &self[b]);
                a.answers == b.answers && a.by.is_some() == b.by.is_some()
            }
            (Reference::Value(a), Reference::Value(b)) => {
                let (a, b) = (&self[a], &self[b]);
                let is_row = |level| matches!(level, Level::Row(_));
                a.formula.of == b.formula.of
                    && a.each.is_some() == b.each.is_some()
                    && is_row(a.level) == is_row(b.level)
            }
            (Reference::Table(a), Reference::Table(b)) => {
                let (a, b) = (&self[a], &self[b]);
                let arguments = a.axes.iter().map(|axis| axis.of);
                a.answers == b.answers && arguments.eq(b.axes.iter().map(|axis| axis.of))
            }
            (Reference::Component(a), Reference::Component(b)) => self[a].grants == self[b].grants,
            (Reference::Limit(_), Reference::Limit(_)) => true,
            (
                Reference::Term(_)
                | Reference::Measure(_)
                | Reference::Value(_)
                | Reference::Table(_)
                | Reference::Component(_)
                | Reference::Limit(_),
                _,
            ) => false,
        }
    }
}

/// Whether two kinds of fact read the same of the same rows, wherever and in whatever words they are declared.
fn is_alike(a: &FactKind, b: &FactKind) -> bool {
    let lines = |kind: &FactKind| {
        let lines = kind.credited.iter();
        lines
            .map(|line| {
                (
                    line.to.clone(),
                    line.role.clone(),
                    line.share.clone(),
                    line.overlay,
                )
            })
            .collect::<Vec<_>>()
    };
    a.name == b.name && a.dated == b.dated && a.columns == b.columns && lines(a) == lines(b)
}

/// Where the names of one sort begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    from: u16,
    until: u16,
}

impl Stretch {
    fn after<T>(before: &[T], own: &[T]) -> Option<Self> {
        Some(Self {
            from: u16::try_from(before.len()).ok()?,
            until: u16::try_from(before.len() + own.len()).ok()?,
        })
    }

    /// The id that stands for one of the version's own tree.
    fn of(self, id: u16) -> u16 {
        // The stretch was made to hold every id of the version.
        self.from.saturating_add(id)
    }

    fn holds(self, id: u16) -> bool {
        self.from <= id && id < self.until
    }

    fn all(self) -> Range<u16> {
        self.from..self.until
    }
}

/// Which ids of the tree of several stand for those of one version's own.
#[derive(Clone, Debug, PartialEq)]
struct Shift {
    kinds: Vec<KindId>,
    attributes: Vec<AttributeId>,
    terms: Stretch,
    measures: Stretch,
    values: Stretch,
    tables: Stretch,
    components: Stretch,
    limits: Stretch,
    contingencies: Stretch,
    guardrails: Stretch,
    funds: Stretch,
}

impl Shift {
    fn kind(&self, id: KindId) -> KindId {
        self.kinds.get(id.index()).copied().unwrap_or(id)
    }

    fn attribute(&self, id: AttributeId) -> AttributeId {
        self.attributes.get(id.index()).copied().unwrap_or(id)
    }

    fn reference(&self, name: Reference) -> Reference {
        match name {
            Reference::Term(id) => Reference::Term(TermId(self.terms.of(id.0))),
            Reference::Measure(id) => Reference::Measure(MeasureId(self.measures.of(id.0))),
            Reference::Value(id) => Reference::Value(ValueId(self.values.of(id.0))),
            Reference::Table(id) => Reference::Table(TableId(self.tables.of(id.0))),
            Reference::Component(id) => Reference::Component(ComponentId(self.components.of(id.0))),
            Reference::Limit(id) => Reference::Limit(LimitId(self.limits.of(id.0))),
        }
    }

    fn name(&self, name: Name) -> Name {
        match name {
            Name::Column(kind, column) => Name::Column(self.kind(kind), column),
            Name::Followed(kind, column, attribute) => {
                Name::Followed(self.kind(kind), column, self.attribute(attribute))
            }
            Name::Key(kind, column) => Name::Key(self.kind(kind), column),
            Name::Attribute(id) => Name::Attribute(self.attribute(id)),
            Name::Term(id) => Name::Term(TermId(self.terms.of(id.0))),
            Name::Measure(id) => Name::Measure(MeasureId(self.measures.of(id.0))),
            Name::Value(id) => Name::Value(ValueId(self.values.of(id.0))),
            Name::Component(id) => Name::Component(ComponentId(self.components.of(id.0))),
            Name::Limit(id) => Name::Limit(LimitId(self.limits.of(id.0))),
            Name::Partner
            | Name::Window(_)
            | Name::CreditLevel
            | Name::Argument(_)
            | Name::BandColumn(_)
            | Name::Lower
            | Name::Upper
            | Name::Width
            | Name::Filled
            | Name::Slice
            | Name::Was
            | Name::Agreed => name,
        }
    }

    fn formula(&self, formula: &mut Expr) {
        match &mut formula.form {
            Form::Name(name) => *name = self.name(*name),
            Form::Call(Call::Table(id, _)) => *id = TableId(self.tables.of(id.0)),
            Form::Call(Call::Allocate(allocation)) => {
                allocation.rows = allocation.rows.map(|kind| self.kind(kind));
            }
            Form::Call(_)
            | Form::Literal(_)
            | Form::Negated(_)
            | Form::Arithmetic(..)
            | Form::Compared(..)
            | Form::Between(..)
            | Form::In(..)
            | Form::Is(..)
            | Form::Not(_)
            | Form::And(_)
            | Form::Or(_)
            | Form::Case(..) => {}
        }
        for part in parts_mut(formula) {
            self.formula(part);
        }
    }

    fn level(&self, level: &mut Level) {
        match level {
            Level::Row(kind) => *kind = self.kind(*kind),
            Level::Constant | Level::Program | Level::Partner => {}
        }
    }

    /// Every id of a plan; its kinds and attributes were taken out before.
    fn plan(&self, plan: &mut Plan) {
        for name in plan
            .objectives
            .iter_mut()
            .flat_map(|objective| &mut objective.by)
        {
            *name = self.reference(*name);
        }
        for formula in plan
            .terms
            .iter_mut()
            .filter_map(|term| term.agreed.as_mut())
        {
            self.formula(formula);
        }
        for measure in &mut plan.measures {
            measure.kind = self.kind(measure.kind);
            let formulas = [&mut measure.of, &mut measure.filter, &mut measure.by];
            formulas
                .into_iter()
                .flatten()
                .for_each(|formula| self.formula(formula));
        }
        for value in &mut plan.values {
            self.formula(&mut value.formula);
            self.level(&mut value.level);
            if let Some(keys) = &mut value.each {
                keys.kind = self.kind(keys.kind);
            }
        }
        for table in &mut plan.tables {
            self.level(&mut table.level);
            for formula in formulas_of_table_mut(table) {
                self.formula(formula);
            }
        }
        self.what_pays(plan);
        for formula in formulas_of_governance_mut(plan) {
            self.formula(formula);
        }
        self.what_changes(plan);
        for claims in plan
            .funds
            .iter_mut()
            .filter_map(|fund| fund.claims.as_mut())
        {
            claims.kind = self.kind(claims.kind);
        }
        let blocks = plan.governance.iter_mut();
        for (_, formula) in blocks.flat_map(|block| &mut block.formulas) {
            self.formula(formula);
        }
    }

    fn what_pays(&self, plan: &mut Plan) {
        for component in &mut plan.components {
            self.formula(&mut component.pays);
            let once = [
                &mut component.applies,
                &mut component.gate,
                &mut component.at_least,
                &mut component.at_most,
            ];
            once.into_iter()
                .flatten()
                .for_each(|formula| self.formula(formula));
            if let Some(each) = &mut component.each {
                each.kind = self.kind(each.kind);
                each.filter
                    .iter_mut()
                    .for_each(|formula| self.formula(formula));
            }
            for line in &mut component.paid {
                line.condition
                    .iter_mut()
                    .for_each(|formula| self.formula(formula));
            }
            for id in &mut component.stacks_with {
                *id = ComponentId(self.components.of(id.0));
            }
        }
        for limit in &mut plan.limits {
            for on in &mut limit.on {
                *on = self.reference(*on);
            }
            let formulas = [&mut limit.at_most, &mut limit.at_least];
            formulas
                .into_iter()
                .flatten()
                .for_each(|formula| self.formula(formula));
        }
    }

    fn what_changes(&self, plan: &mut Plan) {
        let contingencies = plan.contingencies.iter_mut().map(|one| &mut one.changes);
        let guardrails = plan.guardrails.iter_mut().map(|one| &mut one.changes);
        for change in contingencies.chain(guardrails).flatten() {
            change.target = match change.target {
                Target::Term(id) => Target::Term(TermId(self.terms.of(id.0))),
                Target::Value(id) => Target::Value(ValueId(self.values.of(id.0))),
                Target::Component(id, part) => {
                    Target::Component(ComponentId(self.components.of(id.0)), part)
                }
                Target::Limit(id, part) => Target::Limit(LimitId(self.limits.of(id.0)), part),
            };
        }
    }
}
