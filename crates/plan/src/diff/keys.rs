//! Formulas by what they mean: two get one key exactly when the laws below make one out of the other.
//!
//! Sums and products are multiplied out over what is not arithmetic, so order, brackets and constants that were worked
//! out make no difference. Nothing is cancelled that could take away an answer: `a - a` keeps `a`, because it has no
//! answer where `a` has none, and `a / b * b` keeps its division. Comparisons of numbers become comparisons with zero;
//! `and`, `or`, `least`, `greatest` and sets lose their order. One register serves both sides of a difference, so keys
//! can be compared across them. The module never knows what a name stands for: [`Tongue`] tells it.

use std::collections::BTreeMap;

use trueup_base::exact::Exact;

use crate::tree::{
    Call, Comparison, Elsewhere, Expr, FoldBy, Form, Literal, Name, NoAnswerKind, Operator,
    RateKind, Type,
};

/// A meaning, by its position in the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(u32);

/// A product of what is not arithmetic, sorted; a power is written out.
type Product = Vec<Key>;

/// Products and how often each counts.
type Sum = BTreeMap<Product, Exact>;

/// Beyond this many products a sum or product is kept as it is written.
const PRODUCTS_MAX: usize = 64;
/// Beyond this many factors a product is kept as it is written.
const FACTORS_MAX: usize = 12;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    /// A name or literal.
    Leaf(String),
    /// What is made of parts, by a word that says how.
    Form(String, Vec<Key>),
    /// A number made by arithmetic.
    Sum(Vec<(Product, Exact)>),
}

/// What names stand for on one side.
pub(super) trait Tongue {
    /// The meaning of a name.
    fn name(&self, name: Name, keys: &mut Keys) -> Key;
    /// The meaning of a table's name.
    fn table(&self, id: crate::tree::TableId) -> String;
    /// The meaning of a kind's name.
    fn kind(&self, id: crate::tree::KindId) -> String;
}

/// The register of meanings.
#[derive(Debug, Default)]
pub(super) struct Keys {
    nodes: Vec<Node>,
    known: BTreeMap<Node, Key>,
}

impl Keys {
    fn key(&mut self, node: Node) -> Key {
        if let Some(key) = self.known.get(&node) {
            return *key;
        }
        let key = Key(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node.clone());
        self.known.insert(node, key);
        key
    }

    fn node(&self, key: Key) -> Option<&Node> {
        self.nodes.get(key.0 as usize)
    }

    /// A name or a word.
    pub(super) fn leaf(&mut self, text: impl Into<String>) -> Key {
        self.key(Node::Leaf(text.into()))
    }

    /// Something made of parts in their order.
    pub(super) fn form(&mut self, head: impl Into<String>, parts: Vec<Key>) -> Key {
        self.key(Node::Form(head.into(), parts))
    }

    /// Something made of parts whose order and number do not matter.
    pub(super) fn set(&mut self, head: impl Into<String>, mut parts: Vec<Key>) -> Key {
        parts.sort();
        parts.dedup();
        self.form(head, parts)
    }

    /// Nothing written, or what is.
    pub(super) fn maybe(&mut self, part: Option<Key>) -> Key {
        match part {
            Some(key) => key,
            None => self.leaf("nothing"),
        }
    }

    /// A number written out.
    pub(super) fn number(&mut self, number: &Exact) -> Key {
        self.summed(Sum::from([(Vec::new(), number.clone())]))
    }

    /// The number a meaning is, if it is one.
    pub(super) fn as_number(&self, key: Key) -> Option<Exact> {
        match self.node(key)? {
            Node::Sum(products) => match products.as_slice() {
                [] => Some(Exact::ZERO),
                [(product, times)] if product.is_empty() => Some(times.clone()),
                _ => None,
            },
            Node::Leaf(_) | Node::Form(..) => None,
        }
    }

    /// By how much one meaning is a multiple of another, if both are arithmetic and it is one: 90% of `goal` of `goal`.
    pub(super) fn multiple(&self, of: Key, is: Key) -> Option<Exact> {
        let (of, is) = (self.as_sum(of), self.as_sum(is));
        let mut times: Option<Exact> = None;
        if of.len() != is.len() || of.is_empty() {
            return None;
        }
        for ((product, one), (same, other)) in of.iter().zip(&is) {
            let here = other.checked_div(one).filter(|_| product == same)?;
            match &times {
                None => times = Some(here),
                Some(known) if *known == here => {}
                Some(_) => return None,
            }
        }
        times
    }

    /// A meaning without the number it begins with: `goal` of `70% * goal`.
    pub(super) fn without_number(&mut self, key: Key) -> Key {
        let sum = self.as_sum(key);
        let first = sum.values().find(|times| !times.is_zero());
        match first.and_then(|times| Exact::ONE.checked_div(times)) {
            Some(once) => self.scaled(key, &once),
            None => key,
        }
    }

    /// Whether a meaning is a sum of products in each of which `factor` stands exactly once, and the other factors do
    /// not mention any of `without`.
    pub(super) fn is_share_of(&self, key: Key, factor: Key, without: &[Key]) -> bool {
        let sum = self.as_sum(key);
        !sum.is_empty()
            && sum.keys().all(|product| {
                let times = product.iter().filter(|part| **part == factor).count();
                let others = product.iter().filter(|part| **part != factor);
                times == 1 && !others.into_iter().any(|part| self.mentions(*part, without))
            })
    }

    /// Whether a meaning mentions any of these.
    pub(super) fn mentions(&self, key: Key, any: &[Key]) -> bool {
        if any.contains(&key) {
            return true;
        }
        match self.node(key) {
            None | Some(Node::Leaf(_)) => false,
            Some(Node::Form(_, parts)) => parts.iter().any(|part| self.mentions(*part, any)),
            Some(Node::Sum(products)) => products
                .iter()
                .flat_map(|(product, _)| product)
                .any(|part| self.mentions(*part, any)),
        }
    }

    fn as_sum(&self, key: Key) -> Sum {
        match self.node(key) {
            Some(Node::Sum(products)) => products.iter().cloned().collect(),
            Some(Node::Leaf(_) | Node::Form(..)) | None => Sum::from([(vec![key], Exact::ONE)]),
        }
    }

    /// A sum in its one form. A product that counts zero times is kept only where it could be the one without an
    /// answer.
    fn summed(&mut self, sum: Sum) -> Key {
        let (zero, rest): (Vec<_>, Vec<_>) =
            sum.into_iter().partition(|(_, times)| times.is_zero());
        let mut left: Product = zero
            .into_iter()
            .flat_map(|(product, _)| product)
            .filter(|part| !rest.iter().any(|(product, _)| product.contains(part)))
            .collect();
        left.sort();
        left.dedup();
        let mut products = rest;
        if !left.is_empty() {
            products.push((left, Exact::ZERO));
            products.sort();
        }
        // One thing once is the thing itself.
        if let [(product, times)] = products.as_slice()
            && let [only] = product.as_slice()
            && *times == Exact::ONE
        {
            return *only;
        }
        self.key(Node::Sum(products))
    }

    fn plus(&mut self, a: Key, b: Key, times: &Exact) -> Key {
        let mut sum = self.as_sum(a);
        for (product, count) in self.as_sum(b) {
            let count = &count * times;
            let slot = sum.entry(product).or_insert(Exact::ZERO);
            *slot = &*slot + &count;
        }
        if sum.len() > PRODUCTS_MAX {
            let scaled = self.scaled(b, times);
            let mut parts = vec![a, scaled];
            parts.sort();
            return self.form("+", parts);
        }
        self.summed(sum)
    }

    fn scaled(&mut self, key: Key, times: &Exact) -> Key {
        let sum = self.as_sum(key);
        let scaled = sum
            .into_iter()
            .map(|(product, count)| (product, &count * times))
            .collect();
        self.summed(scaled)
    }

    fn times(&mut self, a: Key, b: Key) -> Key {
        let (left, right) = (self.as_sum(a), self.as_sum(b));
        let mut sum = Sum::new();
        let is_long = left.len() * right.len() > PRODUCTS_MAX;
        let longest = |sum: &Sum| sum.keys().map(Vec::len).max().unwrap_or(0);
        if is_long || longest(&left) + longest(&right) > FACTORS_MAX {
            let mut parts = vec![a, b];
            parts.sort();
            return self.form("*", parts);
        }
        // Zero times something is nothing only if the something has an answer.
        for (one, few) in [(&left, &right), (&right, &left)] {
            if one.is_empty() {
                for product in few.keys() {
                    sum.insert(product.clone(), Exact::ZERO);
                }
            }
        }
        for (one, count) in &left {
            for (other, more) in &right {
                let mut product = one.clone();
                product.extend(other);
                product.sort();
                let slot = sum.entry(product).or_insert(Exact::ZERO);
                *slot = &*slot + &(count * more);
            }
        }
        self.summed(sum)
    }

    fn over(&mut self, a: Key, b: Key) -> Key {
        let divisor = self.as_sum(b);
        let first = divisor
            .iter()
            .find(|(_, times)| !times.is_zero())
            .map(|(product, times)| (product.clone(), times.clone()));
        let Some((product, times)) = first else {
            return self.form("/", vec![a, b]);
        };
        let Some(once) = Exact::ONE.checked_div(&times) else {
            return self.form("/", vec![a, b]);
        };
        let mut answer = self.scaled(a, &once);
        if divisor.len() == 1 {
            for part in product {
                let inverse = self.form("1/", vec![part]);
                answer = self.times(answer, inverse);
            }
            return answer;
        }
        let whole = self.scaled(b, &once);
        let inverse = self.form("1/", vec![whole]);
        self.times(answer, inverse)
    }

    /// A number compared with zero, whatever both sides were multiplied by.
    fn against_zero(&mut self, head: &str, difference: Key) -> Key {
        let sum = self.as_sum(difference);
        let first = sum.values().find(|times| !times.is_zero());
        let Some(once) = first.and_then(|times| Exact::ONE.checked_div(times)) else {
            return self.form(head, vec![difference]);
        };
        // `=` does not care for the sign either.
        let by = if head == "= 0" { once } else { once.abs() };
        let scaled = self.scaled(difference, &by);
        self.form(head, vec![scaled])
    }

    fn compared(&mut self, how: Comparison, a: Key, b: Key, is_number: bool) -> Key {
        if !is_number {
            let (head, parts) = match how {
                Comparison::Equal | Comparison::NotEqual => {
                    let mut parts = vec![a, b];
                    parts.sort();
                    ("=", parts)
                }
                Comparison::Less => ("<", vec![a, b]),
                Comparison::More => ("<", vec![b, a]),
                Comparison::AtMost => ("<=", vec![a, b]),
                Comparison::AtLeast => ("<=", vec![b, a]),
            };
            let key = self.form(head, parts);
            return match how {
                Comparison::NotEqual => self.not(key),
                Comparison::Equal
                | Comparison::Less
                | Comparison::AtMost
                | Comparison::More
                | Comparison::AtLeast => key,
            };
        }
        let minus = -Exact::ONE;
        let (head, difference) = match how {
            Comparison::Equal | Comparison::NotEqual => ("= 0", self.plus(a, b, &minus)),
            Comparison::Less => ("< 0", self.plus(a, b, &minus)),
            Comparison::AtMost => ("<= 0", self.plus(a, b, &minus)),
            Comparison::More => ("< 0", self.plus(b, a, &minus)),
            Comparison::AtLeast => ("<= 0", self.plus(b, a, &minus)),
        };
        let key = self.against_zero(head, difference);
        if how == Comparison::NotEqual {
            self.not(key)
        } else {
            key
        }
    }

    fn not(&mut self, key: Key) -> Key {
        let Some(Node::Form(head, parts)) = self.node(key).cloned() else {
            return self.form("not", vec![key]);
        };
        let turned = |keys: &mut Self, head: &str, part: Key| {
            let opposite = keys.scaled(part, &-Exact::ONE);
            keys.form(head, vec![opposite])
        };
        match (head.as_str(), parts.as_slice()) {
            ("not", [x]) => *x,
            ("< 0", [x]) => turned(self, "<= 0", *x),
            ("<= 0", [x]) => turned(self, "< 0", *x),
            ("and" | "or", _) => {
                let opposites = parts.iter().map(|part| self.not(*part)).collect();
                self.joined(if head == "and" { "or" } else { "and" }, opposites)
            }
            _ => self.form("not", vec![key]),
        }
    }

    /// Parts under one word that may stand in any order, in one inside another, and twice.
    fn joined(&mut self, head: &str, parts: Vec<Key>) -> Key {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match self.node(part) {
                Some(Node::Form(own, inner)) if own == head => flat.extend(inner.iter().copied()),
                Some(Node::Form(..) | Node::Leaf(_) | Node::Sum(_)) | None => flat.push(part),
            }
        }
        flat.sort();
        flat.dedup();
        match flat.as_slice() {
            [only] => *only,
            _ => self.form(head, flat),
        }
    }

    /// The meaning of a formula.
    pub(super) fn formula(&mut self, expr: &Expr, tongue: &dyn Tongue) -> Key {
        match &expr.form {
            Form::Literal(literal) => self.literal(literal),
            Form::Name(name) => tongue.name(*name, self),
            Form::Negated(x) => {
                let x = self.formula(x, tongue);
                self.scaled(x, &-Exact::ONE)
            }
            Form::Arithmetic(operator, a, b) => {
                let is_number = matches!(expr.of, Type::Number(_));
                let (a, b) = (self.formula(a, tongue), self.formula(b, tongue));
                self.arithmetic(*operator, a, b, is_number)
            }
            Form::Compared(how, a, b) => {
                let is_number = matches!(a.of, Type::Number(_)) && matches!(b.of, Type::Number(_));
                let (a, b) = (self.formula(a, tongue), self.formula(b, tongue));
                self.compared(*how, a, b, is_number)
            }
            Form::Between(x, low, high) => {
                let is_number = matches!(x.of, Type::Number(_));
                let (x, low, high) = (
                    self.formula(x, tongue),
                    self.formula(low, tongue),
                    self.formula(high, tongue),
                );
                let above = self.compared(Comparison::AtLeast, x, low, is_number);
                let below = self.compared(Comparison::AtMost, x, high, is_number);
                self.joined("and", vec![above, below])
            }
            Form::In(x, list) => {
                let is_number = matches!(x.of, Type::Number(_));
                let key = self.formula(x, tongue);
                let mut equal = Vec::with_capacity(list.len());
                for one in list {
                    let one = self.formula(one, tongue);
                    equal.push(self.compared(Comparison::Equal, key, one, is_number));
                }
                self.joined("or", equal)
            }
            Form::Is(x, kind) => {
                let x = self.formula(x, tongue);
                let head = match kind {
                    NoAnswerKind::Missing => "is missing",
                    NoAnswerKind::Undefined => "is undefined",
                };
                self.form(head, vec![x])
            }
            Form::Not(x) => {
                let x = self.formula(x, tongue);
                self.not(x)
            }
            Form::And(parts) => {
                let parts = self.each(parts, tongue);
                self.joined("and", parts)
            }
            Form::Or(parts) => {
                let parts = self.each(parts, tongue);
                self.joined("or", parts)
            }
            Form::Case(arms, otherwise) => {
                let last = self.formula(otherwise, tongue);
                let mut parts = Vec::with_capacity(arms.len() * 2 + 1);
                for (test, answer) in arms {
                    parts.push(self.formula(test, tongue));
                    parts.push(self.formula(answer, tongue));
                }
                // A case in the last place goes on where the outer one ends.
                match self.node(last) {
                    Some(Node::Form(head, more)) if head == "case" => parts.extend(more.iter()),
                    Some(Node::Form(..) | Node::Leaf(_) | Node::Sum(_)) | None => parts.push(last),
                }
                self.form("case", parts)
            }
            Form::Call(call) => self.call(call, tongue),
        }
    }

    fn each<'e>(
        &mut self,
        parts: impl IntoIterator<Item = &'e Expr>,
        tongue: &dyn Tongue,
    ) -> Vec<Key> {
        parts
            .into_iter()
            .map(|part| self.formula(part, tongue))
            .collect()
    }

    /// A formula that may be left out.
    pub(super) fn optional(&mut self, expr: Option<&Expr>, tongue: &dyn Tongue) -> Key {
        let key = expr.map(|expr| self.formula(expr, tongue));
        self.maybe(key)
    }

    fn literal(&mut self, literal: &Literal) -> Key {
        match literal {
            Literal::Number(number) => self.number(number),
            Literal::Text(text) => self.leaf(format!("'{text}'")),
            Literal::Date(day) => self.leaf(format!("date {day}")),
            Literal::Duration(length) => {
                self.leaf(format!("{} months {} days", length.months, length.days))
            }
            Literal::Flag(holds) => self.leaf(format!("flag {holds}")),
            Literal::Missing => self.leaf("missing"),
        }
    }

    fn arithmetic(&mut self, operator: Operator, a: Key, b: Key, is_number: bool) -> Key {
        if !is_number {
            // Days and lengths of time: one month later and one day later are not the same in any order.
            let head = match operator {
                Operator::Plus => "later",
                Operator::Minus => "earlier",
                Operator::Times => "*",
                Operator::Over => "/",
            };
            return self.form(head, vec![a, b]);
        }
        match operator {
            Operator::Plus => self.plus(a, b, &Exact::ONE),
            Operator::Minus => self.plus(a, b, &-Exact::ONE),
            Operator::Times => self.times(a, b),
            Operator::Over => self.over(a, b),
        }
    }

    fn call(&mut self, call: &Call, tongue: &dyn Tongue) -> Key {
        match call {
            Call::Least(parts) => {
                let parts = self.each(parts, tongue);
                self.joined("least", parts)
            }
            Call::Greatest(parts) => {
                let parts = self.each(parts, tongue);
                self.joined("greatest", parts)
            }
            Call::Weighted(parts) => {
                let mut sum = self.number(&Exact::ZERO);
                for (part, weight) in parts {
                    let part = self.formula(part, tongue);
                    sum = self.plus(sum, part, weight);
                }
                sum
            }
            Call::Clamp { .. }
            | Call::Abs(_)
            | Call::Round { .. }
            | Call::Coalesce(_)
            | Call::Otherwise(..)
            | Call::DaysBetween(..)
            | Call::MonthsBetween(..)
            | Call::Asked(..)
            | Call::FoldedBy(..)
            | Call::Ever(_)
            | Call::Running { .. }
            | Call::Table(..)
            | Call::Keyed(..)
            | Call::FoldedKeys(..)
            | Call::Total { .. }
            | Call::Team(_)
            | Call::Rank { .. }
            | Call::Allocate(_)
            | Call::Of(..)
            | Call::Convert(_) => {
                let head = self.head(call, tongue);
                let parts = crate::tree::walk::parts_of_call(call);
                let parts = self.each(parts, tongue);
                self.form(head, parts)
            }
        }
    }

    /// What a call is apart from its parts: its function or table, its words, and which of its parts are there.
    pub(super) fn head(&self, call: &Call, tongue: &dyn Tongue) -> String {
        let there = |part: bool, word: &str| {
            if part {
                format!(" {word}")
            } else {
                String::new()
            }
        };
        match call {
            Call::Least(_) => "least".to_owned(),
            Call::Greatest(_) => "greatest".to_owned(),
            Call::Clamp { .. } => "clamp".to_owned(),
            Call::Abs(_) => "abs".to_owned(),
            Call::Round { mode, .. } => format!("round {mode}"),
            Call::Coalesce(_) => "coalesce".to_owned(),
            Call::Otherwise(..) => "otherwise".to_owned(),
            Call::Weighted(_) => "weighted".to_owned(),
            Call::DaysBetween(..) => "days_between".to_owned(),
            Call::MonthsBetween(..) => "months_between".to_owned(),
            Call::Asked(elsewhere, _) => asked(elsewhere),
            Call::FoldedBy(fold, _, unit) => format!("{} by {unit}", fold_word(*fold)),
            Call::Ever(_) => "ever".to_owned(),
            Call::Running { in_order, .. } => {
                format!("running{}", there(in_order.is_some(), "in order"))
            }
            Call::Table(id, _) => tongue.table(*id),
            Call::Keyed(..) => "keyed".to_owned(),
            Call::FoldedKeys(fold, _) => format!("{} of keys", fold_word(*fold)),
            Call::Total { filter, .. } => format!("total{}", there(filter.is_some(), "where")),
            Call::Team(_) => "team".to_owned(),
            Call::Rank { within, filter, .. } => format!(
                "rank{}{}",
                there(within.is_some(), "within"),
                there(filter.is_some(), "where")
            ),
            Call::Allocate(allocation) => format!(
                "allocate {}{}{}{} {}",
                allocation.rest,
                there(allocation.to.is_some(), "to"),
                there(allocation.within.is_some(), "within"),
                there(allocation.filter.is_some(), "where"),
                allocation
                    .rows
                    .map_or_else(String::new, |kind| tongue.kind(kind)),
            ),
            Call::Of(..) => "of".to_owned(),
            Call::Convert(conversion) => {
                let rate = match &conversion.rate {
                    RateKind::On(_) => "on a day",
                    RateKind::MonthAverage => "month average",
                    RateKind::Plan => "plan rate",
                };
                format!("convert {} {} {rate}", conversion.from, conversion.into)
            }
        }
    }
}

/// Which other window is asked, apart from the answer that is given first.
fn asked(elsewhere: &Elsewhere) -> String {
    match elsewhere {
        Elsewhere::Previous(back, first) => {
            let first = if first.is_some() { " first" } else { "" };
            format!("previous {back}{first}")
        }
        Elsewhere::PreviousYear => "previous_year".to_owned(),
        Elsewhere::YearToDate => "year_to_date".to_owned(),
        Elsewhere::SinceStart => "since_start".to_owned(),
        Elsewhere::Trailing(length) => {
            format!("trailing {} months {} days", length.months, length.days)
        }
        Elsewhere::Full => "full".to_owned(),
        Elsewhere::ToDate => "to_date".to_owned(),
    }
}

fn fold_word(fold: FoldBy) -> &'static str {
    match fold {
        FoldBy::Sum => "sum",
        FoldBy::Min => "min",
        FoldBy::Max => "max",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Place, Strictness, formula_in, read};
    use crate::diagnostic::Sources;
    use crate::diff::names::{Matched, Names, Which};
    use crate::tree::KindId;

    const PLAN: &str = "\
plan: keys
currency: EUR
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money, region: text, units: count } }
terms:
  target.sales: { is: Agreed, unit: money, per: year }
measures:
  sales: { is: Sales, sum: sale.amount }
  returns: { is: Returns, min: sale.amount }
  units: { is: Units, sum: sale.units }
";

    fn means_the_same(one: &str, other: &str, place: Place) -> bool {
        let mut sources = Sources::new();
        let (plan, _) = read(&mut sources, &[("plan.yaml", PLAN)], Strictness::Draft);
        let plan = plan.expect("a plan");
        let matched = Matched::by_name(&plan, &plan);
        let names = Names {
            plan: &plan,
            which: Which::Before,
            matched: &matched,
            is_guess: false,
            whole: None,
            columns: None,
        };
        let mut keys = Keys::default();
        let mut key = |text: &str| {
            let formula = formula_in(&plan, &mut sources, "question", text, place);
            keys.formula(
                &formula.unwrap_or_else(|told| panic!("{text}: {told:?}")),
                &names,
            )
        };
        key(one) == key(other)
    }

    fn same(one: &str, other: &str) {
        assert!(
            means_the_same(one, other, Place::Partner),
            "{one} and {other}"
        );
    }

    fn differ(one: &str, other: &str) {
        assert!(
            !means_the_same(one, other, Place::Partner),
            "{one} and {other}"
        );
    }

    #[test]
    fn arithmetic_is_multiplied_out() {
        same("sales + returns", "returns + sales");
        same("5% * sales", "sales * 0.05");
        same("5% * (sales + returns)", "returns / 20 + sales * 5 / 100");
        same(
            "(sales + returns) * (sales - returns)",
            "sales * sales - returns * returns",
        );
        same("sales - (returns - 3)", "3 + sales - returns");
        same(
            "weighted(sales => 60%, returns => 40%)",
            "0.6 * sales + 0.4 * returns",
        );
        same("sales / (2 * units)", "50% * sales / units");
        differ("sales - returns", "returns - sales");
        differ("sales / units", "sales * units");
        differ("2 * sales", "3 * sales");
    }

    #[test]
    fn nothing_is_cancelled_that_could_have_no_answer() {
        differ("sales + returns - returns", "sales");
        differ("sales / returns * returns", "sales");
        differ("0 * returns + sales", "sales");
        same("0 * returns + returns", "returns");
        same("0 * sales + 0 * returns", "0 * (returns + sales)");
    }

    #[test]
    fn conditions_are_turned_round() {
        same("sales >= 100", "100 <= sales");
        same("sales >= 100", "not sales < 100");
        same("sales >= 40 * returns", "sales / 40 - returns >= 0");
        same(
            "not (sales > 1 and returns > 2)",
            "returns <= 2 or sales <= 1",
        );
        same(
            "sales > 1 and (returns > 2 and units > 3)",
            "units > 3 and returns > 2 and sales > 1",
        );
        same("sales between 1 and 5", "sales >= 1 and sales <= 5");
        same("sales <> 1", "not (1 = sales)");
        differ("sales > 100", "sales >= 100");
        differ("sales > 100", "sales < 100");
        differ("sales is missing", "sales is undefined");
    }

    #[test]
    fn sets_have_no_order_and_cases_do() {
        let row = Place::Row(KindId(0));
        let one = "sale.region in ('A', 'B')";
        assert!(means_the_same(
            one,
            "sale.region = 'B' or sale.region = 'A'",
            row
        ));
        assert!(!means_the_same(one, "sale.region in ('A')", row));
        same(
            "least(sales, least(returns, 3))",
            "least(3, sales, returns, sales)",
        );
        differ("coalesce(sales, returns)", "coalesce(returns, sales)");
        same(
            "case when sales > 1 then 1 else case when sales > 0 then 2 else 3 end end",
            "case when sales > 1 then 1 when 0 < sales then 2 else 3 end",
        );
        differ(
            "case when sales > 1 then 1 when sales > 0 then 2 else 3 end",
            "case when sales > 0 then 2 when sales > 1 then 1 else 3 end",
        );
    }

    #[test]
    fn days_are_not_arithmetic() {
        differ(
            "window.last + 1 month + 1 day",
            "window.last + 1 day + 1 month",
        );
        same("window.last + 12 months", "window.last + 1 year");
    }

    #[test]
    fn what_is_too_large_to_multiply_out_is_compared_as_it_stands() {
        let long: Vec<String> = (1..40)
            .map(|at| format!("trailing(sales, {at} months)"))
            .collect();
        let sum = long.join(" + ");
        let product = format!("({sum}) / sales * ({sum})");
        same(&product, &product);
        differ(&product, &product.replace("39 months", "40 months"));
        let eight = ["(sales / returns)"; 9].join(" * ");
        same(&eight, &eight);
    }
}
