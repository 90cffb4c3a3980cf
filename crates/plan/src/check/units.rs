//! Units while they are being found: products of powers, some of them still unknown.
//!
//! Every number of a plan has a unit, a product of powers of money, count and score. Where the text does not say it, the
//! unit is an unknown, and each place that asks for equal units is an equation between products. The equations are
//! solved by elimination over whole exponents, so the answer does not depend on the order in which they come. Unknowns
//! that nothing asks about end as plain ratios. The module knows nothing of names or formulas.

use std::collections::BTreeMap;

use crate::tree::{Text, Unit};

/// What a unit is a power of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Base {
    /// Money in the plan's currency.
    Money,
    /// Things counted.
    Count,
    /// Points of a score.
    Score,
    /// Money in another currency, which only `convert` makes and takes.
    Foreign(Text),
}

/// A unit that is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UnitVar(u32);

/// Where an unknown comes from: it decides which of two unknowns is expressed by the other, and so which stays a ratio
/// when only their product is asked for. In `2.50 * round(units / 10, …)` the price is money per unit and 10 is plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// What a number is divided by.
    Divisor,
    /// Any other number written in the plan.
    Number,
    /// A name whose unit its uses decide.
    Name,
}

/// A product of powers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Powers {
    known: BTreeMap<Base, i32>,
    unknown: BTreeMap<UnitVar, i32>,
}

/// Two units that cannot be made equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unequal;

/// Exponents beyond this are no unit anybody means; it also keeps the arithmetic far from its bounds.
const HIGHEST: i32 = 30;

impl Powers {
    /// A plain ratio.
    pub(super) fn ratio() -> Self {
        Self::default()
    }

    /// The first power of one base.
    pub(super) fn of(base: Base) -> Self {
        Self {
            known: BTreeMap::from([(base, 1)]),
            unknown: BTreeMap::new(),
        }
    }

    /// A unit of the tree.
    pub(super) fn from_unit(unit: Unit) -> Self {
        let mut powers = Self::default();
        for (base, power) in [
            (Base::Money, unit.money),
            (Base::Count, unit.count),
            (Base::Score, unit.score),
        ] {
            if power != 0 {
                powers.known.insert(base, i32::from(power));
            }
        }
        powers
    }

    fn var(var: UnitVar) -> Self {
        Self {
            known: BTreeMap::new(),
            unknown: BTreeMap::from([(var, 1)]),
        }
    }

    /// The known powers, in order.
    pub(super) fn known(&self) -> impl Iterator<Item = (&Base, i32)> {
        self.known.iter().map(|(base, power)| (base, *power))
    }

    /// Whether nothing about it is left to be found.
    pub(super) fn is_known(&self) -> bool {
        self.unknown.is_empty()
    }

    /// This times the `power`-th power of the other; nothing when an exponent grows beyond all sense.
    fn times_power(&mut self, other: &Self, power: i32) -> Result<(), Unequal> {
        for (base, exponent) in &other.known {
            add_power(&mut self.known, base.clone(), *exponent, power)?;
        }
        for (var, exponent) in &other.unknown {
            add_power(&mut self.unknown, *var, *exponent, power)?;
        }
        Ok(())
    }

    /// The product of both.
    pub(super) fn times(&self, other: &Self) -> Result<Self, Unequal> {
        let mut product = self.clone();
        product.times_power(other, 1)?;
        Ok(product)
    }

    /// This over the other.
    pub(super) fn over(&self, other: &Self) -> Result<Self, Unequal> {
        let mut quotient = self.clone();
        quotient.times_power(other, -1)?;
        Ok(quotient)
    }
}

fn add_power<K: Ord>(
    powers: &mut BTreeMap<K, i32>,
    key: K,
    exponent: i32,
    times: i32,
) -> Result<(), Unequal> {
    let added = exponent.checked_mul(times).ok_or(Unequal)?;
    let before = powers.get(&key).copied().unwrap_or(0);
    let after = before.checked_add(added).ok_or(Unequal)?;
    if after.abs() > HIGHEST {
        return Err(Unequal);
    }
    if after == 0 {
        powers.remove(&key);
    } else {
        powers.insert(key, after);
    }
    Ok(())
}

/// The only unknown, if there is just one.
fn only(unknown: &BTreeMap<UnitVar, i32>) -> Option<(UnitVar, i32)> {
    let (var, power) = unknown.first_key_value()?;
    (unknown.len() == 1).then_some((*var, *power))
}

/// The root of known powers, if it is whole.
fn root(known: &BTreeMap<Base, i32>, power: i32) -> Result<Powers, Unequal> {
    let mut root = Powers::ratio();
    for (base, exponent) in known {
        if exponent % power != 0 {
            return Err(Unequal);
        }
        root.known.insert(base.clone(), exponent / power);
    }
    Ok(root)
}

/// The unknowns and what is known of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Units {
    found: Vec<Option<Powers>>,
    origins: Vec<Origin>,
}

impl Units {
    /// A unit that is to be found.
    pub(super) fn unknown(&mut self, origin: Origin) -> Powers {
        let var = UnitVar(u32::try_from(self.found.len()).unwrap_or(u32::MAX));
        self.found.push(None);
        self.origins.push(origin);
        Powers::var(var)
    }

    /// What is known of a unit now.
    pub(super) fn resolved(&self, powers: &Powers) -> Powers {
        let mut resolved = Powers {
            known: powers.known.clone(),
            unknown: BTreeMap::new(),
        };
        let mut open = powers.unknown.clone();
        while let Some((var, exponent)) = open.pop_first() {
            let merged = match self.binding(var) {
                None => add_power(&mut resolved.unknown, var, exponent, 1),
                Some(binding) => {
                    let mut result = Ok(());
                    for (base, power) in &binding.known {
                        result = result.and_then(|()| {
                            add_power(&mut resolved.known, base.clone(), *power, exponent)
                        });
                    }
                    for (inner, power) in &binding.unknown {
                        result =
                            result.and_then(|()| add_power(&mut open, *inner, *power, exponent));
                    }
                    result
                }
            };
            if merged.is_err() {
                // Exponents this high were refused when the equation was solved; what is left is only shown.
                return resolved;
            }
        }
        resolved
    }

    fn binding(&self, var: UnitVar) -> Option<&Powers> {
        self.found.get(var.0 as usize).and_then(Option::as_ref)
    }

    fn origin(&self, var: UnitVar) -> Origin {
        self.origins
            .get(var.0 as usize)
            .copied()
            .unwrap_or(Origin::Name)
    }

    fn bind(&mut self, var: UnitVar, powers: Powers) {
        if let Some(slot) = self.found.get_mut(var.0 as usize) {
            *slot = Some(powers);
        }
    }

    /// Asks for two units to be equal. When they cannot be, nothing more is known than before.
    pub(super) fn equate(&mut self, left: &Powers, right: &Powers) -> Result<(), Unequal> {
        let quotient = self.resolved(left).over(&self.resolved(right))?;
        let before = self.clone_if_hard(&quotient);
        let solved = self.make_ratio(quotient);
        if solved.is_err()
            && let Some(before) = before
        {
            *self = before;
        }
        solved
    }

    /// An equation without an unknown of power one may bind some unknowns before it turns out to have no solution.
    fn clone_if_hard(&self, quotient: &Powers) -> Option<Self> {
        let easy =
            quotient.unknown.is_empty() || quotient.unknown.values().any(|power| power.abs() == 1);
        (!easy).then(|| self.clone())
    }

    /// Solves `quotient = 1`, which is already resolved.
    fn make_ratio(&mut self, mut quotient: Powers) -> Result<(), Unequal> {
        loop {
            if quotient.unknown.is_empty() {
                return if quotient.known.is_empty() {
                    Ok(())
                } else {
                    Err(Unequal)
                };
            }
            if let Some((var, power)) = only(&quotient.unknown) {
                let root = root(&quotient.known, -power)?;
                self.bind(var, root);
                return Ok(());
            }
            if let Some((var, power)) = self.easiest(&quotient) {
                quotient.unknown.remove(&var);
                let mut answer = Powers::ratio();
                answer.times_power(&quotient, -power)?;
                self.bind(var, answer);
                return Ok(());
            }
            quotient = self.divided(quotient)?;
        }
    }

    /// Of the unknowns of power 1 or -1 the one to express by the others: names first, then the newest number.
    fn easiest(&self, quotient: &Powers) -> Option<(UnitVar, i32)> {
        quotient
            .unknown
            .iter()
            .filter(|(_, power)| power.abs() == 1)
            .max_by_key(|(var, _)| (self.origin(**var), **var))
            .map(|(var, power)| (*var, *power))
    }

    /// One step of Euclid's algorithm on the exponents: the unknown with the smallest power takes the others' multiples
    /// into itself.
    fn divided(&mut self, quotient: Powers) -> Result<Powers, Unequal> {
        let smallest = quotient
            .unknown
            .iter()
            .min_by_key(|(_, power)| power.abs())
            .map(|(var, power)| (*var, *power));
        let Some((var, power)) = smallest else {
            return Ok(quotient);
        };
        let fresh = self.unknown(self.origin(var));
        let mut answer = fresh;
        for (base, exponent) in &quotient.known {
            add_power(
                &mut answer.known,
                base.clone(),
                exponent.div_euclid(power),
                -1,
            )?;
        }
        for (other, exponent) in quotient.unknown.iter().filter(|(other, _)| **other != var) {
            add_power(&mut answer.unknown, *other, exponent.div_euclid(power), -1)?;
        }
        self.bind(var, answer);
        Ok(self.resolved(&quotient))
    }

    /// The unit in the tree: what nothing asked about is a ratio, and money of another currency is money.
    pub(super) fn settled(&self, powers: &Powers) -> Option<Unit> {
        let mut unit = Unit::RATIO;
        for (base, power) in self.resolved(powers).known() {
            let power = i8::try_from(power).ok()?;
            let slot = match base {
                Base::Money | Base::Foreign(_) => &mut unit.money,
                Base::Count => &mut unit.count,
                Base::Score => &mut unit.score,
            };
            *slot = slot.checked_add(power)?;
        }
        Some(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money() -> Powers {
        Powers::of(Base::Money)
    }

    fn count() -> Powers {
        Powers::of(Base::Count)
    }

    #[test]
    fn a_factor_takes_the_unit_its_product_is_asked_for() {
        let mut units = Units::default();
        let price = units.unknown(Origin::Number);
        units
            .equate(&price.times(&count()).unwrap(), &money())
            .unwrap();
        assert_eq!(units.resolved(&price), money().over(&count()).unwrap());
    }

    #[test]
    fn of_two_numbers_the_divisor_stays_a_ratio_whatever_the_order() {
        for divisor_first in [true, false] {
            let mut units = Units::default();
            let (price, divisor) = if divisor_first {
                let divisor = units.unknown(Origin::Divisor);
                (units.unknown(Origin::Number), divisor)
            } else {
                let price = units.unknown(Origin::Number);
                let divisor = units.unknown(Origin::Divisor);
                (price, divisor)
            };
            let pays = price.times(&count().over(&divisor).unwrap()).unwrap();
            units.equate(&pays, &money()).unwrap();
            assert_eq!(units.settled(&divisor), Some(Unit::RATIO));
            let per_piece = Unit {
                money: 1,
                count: -1,
                score: 0,
            };
            assert_eq!(units.settled(&price), Some(per_piece));
        }
    }

    #[test]
    fn money_is_no_count_and_stays_none() {
        let mut units = Units::default();
        assert_eq!(units.equate(&money(), &count()), Err(Unequal));
        let name = units.unknown(Origin::Name);
        units.equate(&name, &money()).unwrap();
        assert_eq!(units.equate(&name, &count()), Err(Unequal));
        assert_eq!(units.resolved(&name), money());
    }

    #[test]
    fn a_square_of_money_has_a_root_and_money_itself_has_none() {
        let mut units = Units::default();
        let root = units.unknown(Origin::Name);
        let square = root.times(&root).unwrap();
        assert_eq!(units.equate(&square, &money()), Err(Unequal));
        units
            .equate(&square, &money().times(&money()).unwrap())
            .unwrap();
        assert_eq!(units.resolved(&root), money());
    }

    #[test]
    fn powers_without_a_common_unknown_are_solved_over_whole_numbers() {
        // a² · b³ = money: a = money^-1 · t^3, b = money · t^-2 for any t.
        let mut units = Units::default();
        let (a, b) = (units.unknown(Origin::Name), units.unknown(Origin::Name));
        let mut product = a.times(&a).unwrap();
        product.times_power(&b, 3).unwrap();
        units.equate(&product, &money()).unwrap();
        let check = units.resolved(&product);
        assert_eq!(check, money());
    }

    #[test]
    fn powers_beyond_all_sense_are_refused() {
        let mut units = Units::default();
        let mut tower = units.unknown(Origin::Name);
        let mut refused = false;
        for _ in 0..20 {
            match tower.times(&tower.clone()) {
                Ok(next) => tower = next,
                Err(Unequal) => {
                    refused = true;
                    break;
                }
            }
        }
        assert!(refused);
    }
}
