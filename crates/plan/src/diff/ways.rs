//! The way of a formula, found from the ways of its parts: two trees walked side by side.

use crate::check::constant;
use crate::diff::direction::{Both, DEPTH_MAX, Walk};
use crate::diff::names::List;
use crate::diff::signs::{In, places};
use crate::diff::steps::Steps;
use crate::diff::way::Way;
use crate::tree::walk::{formulas_of_table, parts};
use crate::tree::{
    BoundKind, Call, Comparison, Elsewhere, Expr, Fold, FoldBy, Form, Literal, Name, Operator,
    RateKind, Reading, Table, TableId, Type,
};

impl<'p> Walk<'p> {
    /// The way of a formula.
    pub(super) fn expr(&mut self, both: Both<'_>, depth: usize) -> Way {
        let (before, after) = (both.before, both.after);
        if depth > DEPTH_MAX * 4 {
            return Way::Open;
        }
        let is_same_text = self.same(before, after);
        let in_band = both.within.is_some() && mentions_columns(after);
        if is_same_text && !in_band && !self.is_reached(before) && !self.is_reached(after) {
            return Way::Same;
        }
        if let (Some(old), Some(new)) = (constant::of_expr(before), constant::of_expr(after)) {
            return Way::between(&old, &new);
        }
        match (&before.form, &after.form) {
            (Form::Name(old), Form::Name(new)) if old == new => self.name(*old, both, depth),
            (Form::Negated(old), Form::Negated(new)) | (Form::Not(old), Form::Not(new)) => {
                self.expr(both.with(old, new), depth + 1).turned()
            }
            (Form::Arithmetic(how, a, b), Form::Arithmetic(other, c, d)) if how == other => {
                self.arithmetic(*how, both.with(a, c), both.with(b, d), depth)
            }
            (Form::Compared(how, a, b), Form::Compared(other, c, d)) if how == other => {
                let left = self.expr(both.with(a, c), depth + 1);
                let right = self.expr(both.with(b, d), depth + 1);
                match how {
                    Comparison::More | Comparison::AtLeast => left.and(right.turned()),
                    Comparison::Less | Comparison::AtMost => left.turned().and(right),
                    Comparison::Equal | Comparison::NotEqual => equal(left, right),
                }
            }
            // From above to from-and-above, the same otherwise.
            (Form::Compared(how, a, b), Form::Compared(other, c, d))
                if self.same(a, c) && self.same(b, d) && !self.is_reached(after) =>
            {
                looser(*how, *other)
            }
            (Form::Between(x, low, high), Form::Between(y, from, to)) => {
                let x = self.expr(both.with(x, y), depth + 1);
                let low = self.expr(both.with(low, from), depth + 1);
                let high = self.expr(both.with(high, to), depth + 1);
                if x == Way::Same {
                    low.turned().and(high)
                } else {
                    Way::Open
                }
            }
            (Form::And(old), Form::And(new)) | (Form::Or(old), Form::Or(new))
                if old.len() == new.len() =>
            {
                let parts = old.iter().zip(new);
                Way::all(parts.map(|(old, new)| self.expr(both.with(old, new), depth + 1)))
            }
            (Form::Case(old, last), Form::Case(new, other)) if old.len() == new.len() => {
                let mut way = self.expr(both.with(last, other), depth + 1);
                for ((test, answer), (its, there)) in old.iter().zip(new) {
                    if self.expr(both.with(test, its), depth + 1) != Way::Same {
                        return Way::Open;
                    }
                    way = way.and(self.expr(both.with(answer, there), depth + 1));
                }
                way
            }
            (Form::Call(old), Form::Call(new)) => self.call(old, new, both, depth),
            (_, _) => Way::Open,
        }
    }

    fn arithmetic(&mut self, how: Operator, a: Both<'_>, b: Both<'_>, depth: usize) -> Way {
        let left = self.expr(a, depth + 1);
        let right = self.expr(b, depth + 1);
        if !matches!(a.before.of, Type::Number(_)) || !matches!(b.before.of, Type::Number(_)) {
            return if left == Way::Same && right == Way::Same {
                Way::Same
            } else {
                Way::Open
            };
        }
        match how {
            Operator::Plus => left.and(right),
            Operator::Minus => left.and(right.turned()),
            Operator::Times => match (left, right) {
                (Way::Same, Way::Same) => Way::Same,
                (way, Way::Same) => self.times(way, b),
                (Way::Same, way) => self.times(way, a),
                (_, _) if self.never_negative(a) && self.never_negative(b) => left.and(right),
                (_, _) => Way::Open,
            },
            // Where the divisor moves, it may come to nothing, and then there is no answer.
            Operator::Over => match right {
                Way::Same => self.times(left, b),
                Way::Up | Way::Down | Way::Open => Way::Open,
            },
        }
    }

    /// A way times something that stays: kept where that is never negative, turned where it is a negative figure.
    fn times(&mut self, way: Way, by: Both<'_>) -> Way {
        if let Some(figure) = constant::of_expr(by.after) {
            return if figure.is_negative() {
                way.turned()
            } else {
                way
            };
        }
        if is_open_below(by.within.map(|(_, after)| after))
            && matches!(by.after.form, Form::Name(Name::Slice))
        {
            // Open below, a slice is never above zero.
            return way.turned();
        }
        if self.never_negative(by) {
            way
        } else {
            Way::Open
        }
    }

    fn never_negative(&mut self, both: Both<'_>) -> bool {
        let (old, new) = match both.within {
            Some((old, new)) => (Some(old), Some(new)),
            None => (None, None),
        };
        self.signs.0.is_never_negative(both.before, old)
            && self.signs.1.is_never_negative(both.after, new)
    }

    fn name(&mut self, name: Name, both: Both<'_>, depth: usize) -> Way {
        let (old, new) = self.plans;
        match name {
            Name::BandColumn(at) => {
                let Some((before, after)) = both.within else {
                    return Way::Open;
                };
                let column = usize::from(at);
                match (
                    before.table.cell(before.bands, column),
                    after.table.cell(after.bands, column),
                ) {
                    (Some(old), Some(new)) => self.expr(both.with(old, new), depth + 1),
                    (_, _) => Way::Open,
                }
            }
            Name::Value(id) => {
                let (Some(one), Some(other)) =
                    (old.values.get(id.index()), new.values.get(id.index()))
                else {
                    return Way::Open;
                };
                if one.every != other.every || one.each != other.each || depth > DEPTH_MAX {
                    return Way::Open;
                }
                self.remembered((List::Values, id.index()), |walk| {
                    walk.expr(
                        Both {
                            before: &one.formula,
                            after: &other.formula,
                            within: None,
                        },
                        depth + 1,
                    )
                })
            }
            Name::Measure(id) => self.remembered((List::Measures, id.index()), |walk| {
                walk.measure(id.index(), depth)
            }),
            Name::Component(id) => match (
                old.components.get(id.index()),
                new.components.get(id.index()),
            ) {
                (Some(one), Some(other)) => self.component(id.index(), one, other),
                (_, _) => Way::Open,
            },
            Name::Term(id) => {
                let (Some(one), Some(other)) =
                    (old.terms.get(id.index()), new.terms.get(id.index()))
                else {
                    return Way::Open;
                };
                // Agreements that state it have what they state; the others get what now holds.
                match (&one.agreed, &other.agreed) {
                    (Some(before), Some(after))
                        if one.per == other.per && one.spread == other.spread =>
                    {
                        self.formulas(before, after)
                    }
                    (_, _) => Way::Open,
                }
            }
            Name::Limit(_)
            | Name::Column(..)
            | Name::Followed(..)
            | Name::Attribute(_)
            | Name::Partner
            | Name::Window(_)
            | Name::CreditLevel
            | Name::Argument(_)
            | Name::Lower
            | Name::Upper
            | Name::Width
            | Name::Filled
            | Name::Slice
            | Name::Was
            | Name::Agreed
            | Name::Key(..) => Way::Open,
        }
    }

    fn measure(&mut self, at: usize, depth: usize) -> Way {
        let (Some(old), Some(new)) = (self.plans.0.measures.get(at), self.plans.1.measures.get(at))
        else {
            return Way::Open;
        };
        let rows_are_the_same = old.fold == new.fold
            && old.kind == new.kind
            && old.at == new.at
            && old.role == new.role
            && old.keys == new.keys
            && !self.reached.contains(&(List::Kinds, new.kind.index()));
        if !rows_are_the_same || !self.same_maybe(old.by.as_ref(), new.by.as_ref()) {
            return Way::Open;
        }
        let of = match (&old.of, &new.of) {
            (None, None) => Way::Same,
            (Some(before), Some(after)) => self.expr(
                Both {
                    before,
                    after,
                    within: None,
                },
                depth + 1,
            ),
            (_, _) => return Way::Open,
        };
        let counted = self.condition(old.filter.as_ref(), new.filter.as_ref());
        match (new.fold, counted) {
            (Fold::Sum | Fold::Min | Fold::Max, Way::Same) => of,
            (Fold::Count | Fold::CountDistinct, way) if of == Way::Same => way,
            (Fold::Sum, way) => {
                let (Some(before), Some(after)) = (&old.of, &new.of) else {
                    return Way::Open;
                };
                let adds = self.signs.0.is_never_negative(before, None)
                    && self.signs.1.is_never_negative(after, None);
                if adds { of.and(way) } else { Way::Open }
            }
            (_, _) => Way::Open,
        }
    }

    fn call(&mut self, old: &Call, new: &Call, both: Both<'_>, depth: usize) -> Way {
        let (head, other) = (
            self.keys.head(old, &self.names.0),
            self.keys.head(new, &self.names.1),
        );
        if head != other {
            return Way::Open;
        }
        match (old, new) {
            (Call::Least(a), Call::Least(b)) | (Call::Greatest(a), Call::Greatest(b))
                if a.len() == b.len() =>
            {
                let parts = a.iter().zip(b);
                Way::all(parts.map(|(a, b)| self.expr(both.with(a, b), depth + 1)))
            }
            (Call::Weighted(a), Call::Weighted(b)) if a.len() == b.len() => {
                let mut way = Way::Same;
                for ((a, weight), (b, now)) in a.iter().zip(b) {
                    if weight != now || weight.is_negative() {
                        return Way::Open;
                    }
                    way = way.and(self.expr(both.with(a, b), depth + 1));
                }
                way
            }
            (
                Call::Clamp { x, low, high },
                Call::Clamp {
                    x: y,
                    low: from,
                    high: to,
                },
            ) => self
                .expr(both.with(x, y), depth + 1)
                .and(self.expr(both.with(low, from), depth + 1))
                .and(self.expr(both.with(high, to), depth + 1)),
            (Call::Round { x, to, .. }, Call::Round { x: y, to: step, .. }) => {
                match self.expr(both.with(to, step), depth + 1) {
                    Way::Same => self.expr(both.with(x, y), depth + 1),
                    Way::Up | Way::Down | Way::Open => Way::Open,
                }
            }
            // What stands in for no answer stands in for it in the same places only if the answer is there as before.
            (Call::Otherwise(x, y), Call::Otherwise(a, b)) => {
                let way = self.expr(both.with(x, a), depth + 1);
                if way == Way::Same || self.answers_alike(x, a) {
                    way.and(self.expr(both.with(y, b), depth + 1))
                } else {
                    Way::Open
                }
            }
            (Call::Coalesce(a), Call::Coalesce(b)) if a.len() == b.len() => {
                let mut way = Way::Same;
                for (at, (one, other)) in a.iter().zip(b).enumerate() {
                    let here = self.expr(both.with(one, other), depth + 1);
                    let is_last = at + 1 == a.len();
                    if here != Way::Same && !is_last && !self.answers_alike(one, other) {
                        return Way::Open;
                    }
                    way = way.and(here);
                }
                way
            }
            (Call::Asked(elsewhere, x), Call::Asked(there, y)) => {
                let first = match (elsewhere, there) {
                    (Elsewhere::Previous(_, Some(one)), Elsewhere::Previous(_, Some(other))) => {
                        self.expr(both.with(one, other), depth + 1)
                    }
                    (_, _) => Way::Same,
                };
                self.expr(both.with(x, y), depth + 1).and(first)
            }
            (Call::FoldedBy(fold, x, _), Call::FoldedBy(_, y, _))
            | (Call::FoldedKeys(fold, x), Call::FoldedKeys(_, y)) => match fold {
                FoldBy::Sum | FoldBy::Min | FoldBy::Max => self.expr(both.with(x, y), depth + 1),
            },
            (Call::Ever(x), Call::Ever(y)) | (Call::Team(x), Call::Team(y)) => {
                self.expr(both.with(x, y), depth + 1)
            }
            (
                Call::Running { x, in_order },
                Call::Running {
                    x: y,
                    in_order: order,
                },
            ) => {
                let same = match (in_order, order) {
                    (Some(one), Some(other)) => {
                        self.expr(both.with(one, other), depth + 1) == Way::Same
                    }
                    (None, None) => true,
                    (_, _) => false,
                };
                if same {
                    self.expr(both.with(x, y), depth + 1)
                } else {
                    Way::Open
                }
            }
            (
                Call::Total { x, filter },
                Call::Total {
                    x: y,
                    filter: other,
                },
            ) => {
                let same = match (filter, other) {
                    (Some(one), Some(other)) => {
                        self.expr(both.with(one, other), depth + 1) == Way::Same
                    }
                    (None, None) => true,
                    (_, _) => false,
                };
                if same {
                    self.expr(both.with(x, y), depth + 1)
                } else {
                    Way::Open
                }
            }
            (Call::Of(who, x), Call::Of(other, y))
            | (Call::Keyed(x, who), Call::Keyed(y, other)) => {
                if self.same(who, other) && !self.is_reached(who) {
                    self.expr(both.with(x, y), depth + 1)
                } else {
                    Way::Open
                }
            }
            (Call::Convert(one), Call::Convert(other)) => {
                let rates = match (&one.rate, &other.rate) {
                    (RateKind::On(a), RateKind::On(b)) => self.same(a, b) && !self.is_reached(a),
                    (_, _) => true,
                };
                if rates {
                    self.expr(both.with(&one.x, &other.x), depth + 1)
                } else {
                    Way::Open
                }
            }
            (Call::Table(id, arguments), Call::Table(other, there)) if id == other => {
                self.table_call(*id, arguments, there, both, depth)
            }
            (_, _) => Way::Open,
        }
    }

    fn table_call(
        &mut self,
        id: TableId,
        before: &[Expr],
        after: &[Expr],
        both: Both<'_>,
        depth: usize,
    ) -> Way {
        let (Some(old), Some(new)) = (
            self.plans.0.tables.get(id.index()),
            self.plans.1.tables.get(id.index()),
        ) else {
            return Way::Open;
        };
        if before.len() != after.len() || depth > DEPTH_MAX {
            return Way::Open;
        }
        let own = if self.reached.contains(&(List::Tables, id.index())) {
            self.remembered((List::Tables, id.index()), |walk| {
                walk.table(old, new, depth)
            })
        } else {
            Way::Same
        };
        let mut moved = Way::Same;
        for (one, other) in before.iter().zip(after) {
            moved = moved.and(self.expr(both.with(one, other), depth + 1));
        }
        match (moved, own) {
            (Way::Same, own) => own,
            (Way::Open, _) | (_, Way::Open) => Way::Open,
            // A rising table answers more to more; it is enough that one of the two rises.
            (moved, own) => {
                let rises = [(old, self.names.0), (new, self.names.1)];
                let rises = rises.into_iter().any(|(table, names)| {
                    Steps::of(table, &names, &mut self.keys)
                        .is_some_and(|steps| steps.never_falls())
                });
                // Where the argument moves it may come below the first bound, and there is no answer.
                let is_open_below = [old, new].iter().all(|table| answers_everywhere(table));
                if rises && is_open_below {
                    moved.and(own)
                } else {
                    Way::Open
                }
            }
        }
    }

    /// Whether a formula has an answer exactly where it had one: only figures in it differ, and none that is divided by.
    fn answers_alike(&mut self, before: &Expr, after: &Expr) -> bool {
        if self.same(before, after) && !self.is_reached(before) && !self.is_reached(after) {
            return true;
        }
        match (&before.form, &after.form) {
            (Form::Literal(Literal::Number(_)), Form::Literal(Literal::Number(_))) => true,
            (Form::Negated(x), Form::Negated(y)) | (Form::Not(x), Form::Not(y)) => {
                self.answers_alike(x, y)
            }
            (Form::Arithmetic(Operator::Over, a, b), Form::Arithmetic(Operator::Over, c, d)) => {
                self.answers_alike(a, c) && self.same(b, d) && !self.is_reached(d)
            }
            (Form::Arithmetic(_, a, b), Form::Arithmetic(_, c, d))
            | (Form::Compared(_, a, b), Form::Compared(_, c, d)) => {
                self.answers_alike(a, c) && self.answers_alike(b, d)
            }
            (Form::Call(Call::Least(a)), Form::Call(Call::Least(b)))
            | (Form::Call(Call::Greatest(a)), Form::Call(Call::Greatest(b)))
                if a.len() == b.len() =>
            {
                a.iter().zip(b).all(|(a, b)| self.answers_alike(a, b))
            }
            (_, _) => false,
        }
    }

    /// How the answers of a table move for one and the same argument.
    fn table(&mut self, old: &'p Table, new: &'p Table, depth: usize) -> Way {
        let left = Steps::of(old, &self.names.0, &mut self.keys);
        let right = Steps::of(new, &self.names.1, &mut self.keys);
        if let (Some(left), Some(right)) = (left, right) {
            let way = left.way_to(&right);
            let stays = !formulas_of_table(new)
                .iter()
                .any(|formula| self.is_reached(formula));
            if way != Way::Open && stays {
                return way;
            }
        }
        // Band by band, where the bounds are the same and stay so.
        if old.axes.len() != new.axes.len() || old.columns != new.columns {
            return Way::Open;
        }
        for (one, other) in old.axes.iter().zip(&new.axes) {
            if one.bounds.len() != other.bounds.len() {
                return Way::Open;
            }
            for (one, other) in one.bounds.iter().zip(&other.bounds) {
                let same = match (&one.is, &other.is) {
                    (BoundKind::Lowest, BoundKind::Lowest)
                    | (BoundKind::Otherwise, BoundKind::Otherwise) => true,
                    (BoundKind::From(a), BoundKind::From(b))
                    | (BoundKind::Above(a), BoundKind::Above(b))
                    | (BoundKind::At(a), BoundKind::At(b))
                    | (BoundKind::Equals(a), BoundKind::Equals(b)) => {
                        self.same(a, b) && !self.is_reached(a) && !self.is_reached(b)
                    }
                    (_, _) => false,
                };
                if !same {
                    return Way::Open;
                }
            }
        }
        let (reading, other) = match (&old.reading, &new.reading) {
            (Reading::EachBand(a), Reading::EachBand(b))
            | (Reading::OneBand(a), Reading::OneBand(b)) => (a, b),
            (Reading::Line(a), Reading::Line(b)) if a == b => {
                let bands = old.axes.first().map_or(0, |axis| axis.bounds.len());
                return Way::all((0..bands).map(|band| {
                    match (old.cell(&[band], *a), new.cell(&[band], *a)) {
                        (Some(one), Some(other)) => self.formulas(one, other),
                        (_, _) => Way::Open,
                    }
                }));
            }
            (_, _) => return Way::Open,
        };
        let mut way = Way::Same;
        for bands in places(new) {
            let within = |table: &'p Table| In {
                table,
                bands: &bands,
            };
            let here = self.expr(
                Both {
                    before: reading,
                    after: other,
                    within: Some((within(old), within(new))),
                },
                depth + 1,
            );
            way = way.and(here);
            if way == Way::Open {
                return way;
            }
        }
        way
    }
}

fn equal(left: Way, right: Way) -> Way {
    if left == Way::Same && right == Way::Same {
        Way::Same
    } else {
        Way::Open
    }
}

/// From one comparison of the same two figures to another.
fn looser(before: Comparison, after: Comparison) -> Way {
    match (before, after) {
        (Comparison::More, Comparison::AtLeast) | (Comparison::Less, Comparison::AtMost) => Way::Up,
        (Comparison::AtLeast, Comparison::More) | (Comparison::AtMost, Comparison::Less) => {
            Way::Down
        }
        (Comparison::Equal, Comparison::AtLeast | Comparison::AtMost) => Way::Up,
        (Comparison::AtLeast | Comparison::AtMost, Comparison::Equal) => Way::Down,
        (_, _) => Way::Open,
    }
}

fn mentions_columns(expr: &Expr) -> bool {
    matches!(expr.form, Form::Name(Name::BandColumn(_)))
        || parts(expr).into_iter().any(mentions_columns)
}

fn is_open_below(within: Option<In<'_>>) -> bool {
    within.is_some_and(|within| {
        let band = within.bands.first().copied().unwrap_or(0);
        let axis = within.table.axes.first();
        axis.and_then(|axis| axis.bounds.get(band))
            .is_some_and(|bound| bound.is == BoundKind::Lowest)
    })
}

fn answers_everywhere(table: &Table) -> bool {
    matches!(table.reading, Reading::Line(_))
        || table.axes.iter().all(|axis| {
            let first = axis.bounds.first();
            first.is_some_and(|bound| bound.is == BoundKind::Lowest)
        })
}
