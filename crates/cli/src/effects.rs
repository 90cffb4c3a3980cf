//! What another plan would have paid: totals, who gains and who loses, by class and component. Every sum here is a sum of
//! the same exact lines, so they add up to the cent.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_plan::tree::Grant;

use crate::earned::Earned;
use crate::output;

/// The class of those of whom a column says nothing.
pub const UNKNOWN: &str = "not stated";

/// What everyone is paid, by partner and component.
#[derive(Clone, Debug, Default)]
pub struct Paid {
    /// Money by partner and component.
    pub money: BTreeMap<String, BTreeMap<String, Exact>>,
    /// What is granted besides money, by component: goods and fund credit.
    pub besides: BTreeMap<String, Exact>,
    /// Lines without an answer, by partner.
    pub open: BTreeMap<String, usize>,
}

/// Names in the order in which they are to be shown; others follow by name.
pub type Order<'o> = &'o [String];

impl Paid {
    /// Adds lines; `called` says what a component is called now.
    pub fn add(&mut self, lines: &[Earned], called: &dyn Fn(&Earned) -> String) {
        for line in lines {
            let partner = line.partner.as_str().to_owned();
            let own = self.money.entry(partner.clone()).or_default();
            let Some(posted) = &line.posted else {
                *self.open.entry(partner).or_default() += 1;
                continue;
            };
            let slot = match line.grants {
                Grant::Money => own.entry(called(line)).or_insert(Exact::ZERO),
                Grant::Fund | Grant::Count => {
                    self.besides.entry(called(line)).or_insert(Exact::ZERO)
                }
                Grant::Flag => continue,
            };
            *slot = &*slot + posted;
        }
    }

    /// Adds what another plan pays.
    pub fn join(&mut self, other: &Self) {
        for (partner, components) in &other.money {
            let own = self.money.entry(partner.clone()).or_default();
            for (component, amount) in components {
                let slot = own.entry(component.clone()).or_insert(Exact::ZERO);
                *slot = &*slot + amount;
            }
        }
        for (component, amount) in &other.besides {
            let slot = self.besides.entry(component.clone()).or_insert(Exact::ZERO);
            *slot = &*slot + amount;
        }
        for (partner, lines) in &other.open {
            *self.open.entry(partner.clone()).or_default() += lines;
        }
    }

    /// What one partner is paid in all.
    pub fn of(&self, partner: &str) -> Exact {
        self.money
            .get(partner)
            .map(|components| components.values().sum())
            .unwrap_or_default()
    }

    /// How many lines have no answer.
    pub fn open_lines(&self) -> usize {
        self.open.values().sum()
    }
}

/// What changes for one partner.
#[derive(Clone, Debug)]
pub struct Partner {
    /// Its id.
    pub id: String,
    /// What the directory calls it.
    pub name: Option<String>,
    /// Its class in each column asked for.
    pub classes: Vec<String>,
    /// What it is paid before.
    pub before: Exact,
    /// What it would be paid.
    pub after: Exact,
    /// What changes by component, the largest first.
    pub by_component: Vec<(String, Exact)>,
}

impl Partner {
    /// What it gains or loses.
    pub fn change(&self) -> Exact {
        &self.after - &self.before
    }
}

/// Before, after, and how many gain and lose.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// Partners.
    pub partners: usize,
    /// Those who would be paid more.
    pub gain: usize,
    /// Those who would be paid less.
    pub lose: usize,
    /// What is paid before.
    pub before: Exact,
    /// What would be paid.
    pub after: Exact,
}

impl Sums {
    fn add(&mut self, before: &Exact, after: &Exact) {
        self.partners += 1;
        self.gain += usize::from(after > before);
        self.lose += usize::from(after < before);
        self.before = &self.before + before;
        self.after = &self.after + after;
    }

    /// Those for whom nothing changes.
    pub fn unchanged(&self) -> usize {
        self.partners - self.gain - self.lose
    }

    /// What changes.
    pub fn change(&self) -> Exact {
        &self.after - &self.before
    }
}

/// Partners by a column.
#[derive(Clone, Debug)]
pub struct Classes {
    /// The column, or how the classes were made.
    pub column: String,
    /// The classes, in their order.
    pub classes: Vec<(String, Sums)>,
}

/// The effect of all changes together.
#[derive(Clone, Debug)]
pub struct Effects {
    /// In which currency.
    pub currency: Currency,
    /// Everyone together.
    pub all: Sums,
    /// By the columns asked for.
    pub by: Vec<Classes>,
    /// By component: before, after, and for how many partners it changes.
    pub components: Vec<(String, Sums)>,
    /// Goods and fund credit: before and after.
    pub besides: Vec<(String, Exact, Exact)>,
    /// Everyone, in the order of their ids.
    pub partners: Vec<Partner>,
    /// Lines without an answer before and after.
    pub open: (usize, usize),
}

/// What is known of a partner besides what it is paid.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What the directory calls it.
    pub name: Option<String>,
    /// The directory's columns.
    pub columns: BTreeMap<String, String>,
}

/// How partners are put into classes.
#[derive(Clone, Debug)]
pub enum ClassBy {
    /// By a column of the directory.
    Column(String),
    /// By what they are paid before: four parts as equal as ties allow, and those who are paid nothing.
    PaidBefore,
}

impl ClassBy {
    fn title(&self) -> String {
        match self {
            Self::Column(column) => column.clone(),
            Self::PaidBefore => "size, by quartiles of those paid before".to_owned(),
        }
    }
}

/// Sets what everyone is paid before beside what they would be paid.
pub fn effects(
    before: &Paid,
    after: &Paid,
    known: &BTreeMap<String, Known>,
    by: &[ClassBy],
    order: Order<'_>,
    currency: Currency,
) -> Effects {
    let ids: BTreeSet<&String> = before.money.keys().chain(after.money.keys()).collect();
    let quartiles = Quartiles::of(ids.iter().map(|id| before.of(id)));
    let mut partners = Vec::with_capacity(ids.len());
    for id in &ids {
        let about = known.get(*id).cloned().unwrap_or_default();
        let (was, is) = (before.of(id), after.of(id));
        let classes = by
            .iter()
            .map(|by| match by {
                ClassBy::Column(column) => about
                    .columns
                    .get(column)
                    .cloned()
                    .unwrap_or_else(|| UNKNOWN.to_owned()),
                ClassBy::PaidBefore => quartiles.class(&was, currency),
            })
            .collect();
        partners.push(Partner {
            id: (*id).clone(),
            name: about.name,
            classes,
            by_component: changes_of(before.money.get(*id), after.money.get(*id)),
            before: was,
            after: is,
        });
    }
    let mut all = Sums::default();
    for partner in &partners {
        all.add(&partner.before, &partner.after);
    }
    let by = by
        .iter()
        .enumerate()
        .map(|(at, by)| Classes {
            column: by.title(),
            classes: classes(&partners, at, by, &quartiles, currency),
        })
        .collect();
    Effects {
        currency,
        all,
        by,
        components: components(before, after, order),
        besides: besides(before, after),
        open: (before.open_lines(), after.open_lines()),
        partners,
    }
}

fn changes_of(
    before: Option<&BTreeMap<String, Exact>>,
    after: Option<&BTreeMap<String, Exact>>,
) -> Vec<(String, Exact)> {
    let names: BTreeSet<&String> = before
        .into_iter()
        .chain(after)
        .flat_map(BTreeMap::keys)
        .collect();
    let figure = |side: Option<&BTreeMap<String, Exact>>, name: &String| {
        side.and_then(|side| side.get(name))
            .cloned()
            .unwrap_or_default()
    };
    let mut changes: Vec<(String, Exact)> = names
        .into_iter()
        .map(|name| (name.clone(), &figure(after, name) - &figure(before, name)))
        .filter(|(_, change)| !change.is_zero())
        .collect();
    changes.sort_by_key(|(name, change)| (std::cmp::Reverse(change.abs()), name.clone()));
    changes
}

fn classes(
    partners: &[Partner],
    at: usize,
    by: &ClassBy,
    quartiles: &Quartiles,
    currency: Currency,
) -> Vec<(String, Sums)> {
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    for partner in partners {
        if let Some(class) = partner.classes.get(at) {
            let own = sums.entry(class.clone()).or_default();
            own.add(&partner.before, &partner.after);
        }
    }
    match by {
        ClassBy::Column(_) => sums.into_iter().collect(),
        // From the smallest to the largest.
        ClassBy::PaidBefore => quartiles
            .names(currency)
            .into_iter()
            .filter_map(|name| Some((name.clone(), sums.remove(&name)?)))
            .collect(),
    }
}

fn components(before: &Paid, after: &Paid, order: Order<'_>) -> Vec<(String, Sums)> {
    let sides = [before, after];
    let names: BTreeSet<&String> = sides
        .iter()
        .flat_map(|side| side.money.values())
        .flat_map(BTreeMap::keys)
        .collect();
    let ids: BTreeSet<&String> = sides.iter().flat_map(|side| side.money.keys()).collect();
    let place = |name: &String| order.iter().position(|known| known == name);
    let mut names: Vec<&String> = names.into_iter().collect();
    names.sort_by_key(|name| (place(name).unwrap_or(usize::MAX), (*name).clone()));
    names
        .into_iter()
        .map(|name| {
            let mut sums = Sums::default();
            for id in &ids {
                let figure = |side: &Paid| {
                    let own = side.money.get(*id).and_then(|own| own.get(name));
                    own.cloned().unwrap_or_default()
                };
                sums.add(&figure(before), &figure(after));
            }
            (name.clone(), sums)
        })
        .collect()
}

fn besides(before: &Paid, after: &Paid) -> Vec<(String, Exact, Exact)> {
    let names: BTreeSet<&String> = before.besides.keys().chain(after.besides.keys()).collect();
    let figure = |side: &Paid, name: &String| side.besides.get(name).cloned().unwrap_or_default();
    names
        .into_iter()
        .map(|name| (name.clone(), figure(before, name), figure(after, name)))
        .collect()
}

impl Effects {
    /// Those who gain the most, or lose the most: by change, then by id.
    pub fn largest(&self, count: usize, gains: bool) -> Vec<&Partner> {
        let mut own: Vec<&Partner> = self
            .partners
            .iter()
            .filter(|partner| match gains {
                true => partner.after > partner.before,
                false => partner.after < partner.before,
            })
            .collect();
        own.sort_by_key(|partner| {
            (
                std::cmp::Reverse(partner.change().abs()),
                partner.id.clone(),
            )
        });
        own.truncate(count);
        own
    }

    /// The class, in all columns together, whose pay changes the most, and by how much; nothing where there is only one.
    pub fn most_touched(&self) -> Option<(String, Exact)> {
        // A column in which everyone is alike tells nobody apart.
        let telling: Vec<bool> = self.by.iter().map(|by| by.classes.len() > 1).collect();
        let mut sums: BTreeMap<Vec<&str>, Exact> = BTreeMap::new();
        for partner in &self.partners {
            let classes = partner.classes.iter().zip(&telling);
            let classes = classes.filter(|(_, tells)| **tells);
            let slot = sums
                .entry(classes.map(|(class, _)| class.as_str()).collect())
                .or_default();
            *slot = &*slot + &partner.change();
        }
        if sums.len() < 2 {
            return None;
        }
        let (classes, change) = sums
            .into_iter()
            .max_by_key(|(classes, change)| (change.abs(), std::cmp::Reverse(classes.clone())))?;
        (!change.is_zero()).then(|| (classes.join(", "), change))
    }
}

/// Where the quartiles of those who are paid something end.
struct Quartiles {
    /// The quartiles below the highest that anybody is in, each with the most that belongs to it.
    ends: Vec<(&'static str, Exact)>,
}

impl Quartiles {
    fn of(paid: impl Iterator<Item = Exact>) -> Self {
        let mut paid: Vec<Exact> = paid.filter(Exact::is_positive).collect();
        paid.sort();
        let words = ["lowest quartile", "second quartile", "third quartile"];
        let mut ends: Vec<(&'static str, Exact)> = Vec::new();
        for (word, quarter) in words.into_iter().zip(1usize..) {
            // Of few partners the lower quartiles are empty; somebody is always the largest, unless all are paid alike.
            let last = (paid.len() * quarter / 4).checked_sub(1);
            if let Some(end) = last.and_then(|at| paid.get(at))
                && ends.last().is_none_or(|(_, before)| before < end)
            {
                ends.push((word, end.clone()));
            }
        }
        Self { ends }
    }

    fn names(&self, currency: Currency) -> Vec<String> {
        let money = |amount: &Exact| output::money(amount, currency.places());
        let mut names = vec!["nothing before".to_owned()];
        for (word, end) in &self.ends {
            names.push(format!("{word} (up to {})", money(end)));
        }
        names.push(match self.ends.last() {
            Some((_, end)) => format!("highest quartile (above {})", money(end)),
            None => "something before".to_owned(),
        });
        names
    }

    fn class(&self, paid: &Exact, currency: Currency) -> String {
        let names = self.names(currency);
        let at = if paid.is_positive() {
            1 + self.ends.iter().filter(|(_, end)| paid > end).count()
        } else {
            0
        };
        names.get(at).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paid(lines: &[(&str, &str, i64)]) -> Paid {
        let mut paid = Paid::default();
        for (partner, component, amount) in lines {
            let own = paid.money.entry((*partner).to_owned()).or_default();
            own.insert((*component).to_owned(), Exact::from_int(*amount));
        }
        paid
    }

    fn known(types: &[(&str, &str)]) -> BTreeMap<String, Known> {
        types
            .iter()
            .map(|(partner, of)| {
                let columns = BTreeMap::from([("type".to_owned(), (*of).to_owned())]);
                let known = Known {
                    name: None,
                    columns,
                };
                ((*partner).to_owned(), known)
            })
            .collect()
    }

    fn both() -> Effects {
        let before = paid(&[
            ("a", "bonus", 100),
            ("a", "fee", 10),
            ("b", "bonus", 50),
            ("c", "bonus", 70),
            ("d", "fee", 0),
        ]);
        let after = paid(&[
            ("a", "bonus", 130),
            ("a", "fee", 10),
            ("b", "bonus", 20),
            ("c", "bonus", 70),
            ("e", "fee", 5),
        ]);
        let known = known(&[("a", "large"), ("b", "small"), ("c", "small")]);
        let by = [ClassBy::Column("type".to_owned()), ClassBy::PaidBefore];
        let order = ["fee".to_owned(), "bonus".to_owned()];
        let euro = Currency::parse("EUR").expect("a currency");
        effects(&before, &after, &known, &by, &order, euro)
    }

    #[test]
    fn who_gains_and_who_loses_is_counted_with_those_on_one_side_alone() {
        let all = both().all;
        assert_eq!(
            (all.partners, all.gain, all.lose, all.unchanged()),
            (5, 2, 1, 2)
        );
        assert_eq!(all.before, Exact::from_int(230));
        assert_eq!(all.after, Exact::from_int(235));
        assert_eq!(all.change(), Exact::from_int(5));
    }

    #[test]
    fn every_way_to_add_up_comes_to_the_same() {
        let effects = both();
        let sum = |sums: &mut dyn Iterator<Item = &Sums>| -> (Exact, Exact) {
            sums.fold((Exact::ZERO, Exact::ZERO), |(before, after), sums| {
                (&before + &sums.before, &after + &sums.after)
            })
        };
        let whole = (effects.all.before.clone(), effects.all.after.clone());
        for classes in &effects.by {
            assert_eq!(
                sum(&mut classes.classes.iter().map(|(_, sums)| sums)),
                whole
            );
        }
        assert_eq!(
            sum(&mut effects.components.iter().map(|(_, sums)| sums)),
            whole
        );
        let changes: Exact = effects.partners.iter().map(Partner::change).sum();
        assert_eq!(changes, effects.all.change());
        for partner in &effects.partners {
            let own: Exact = partner.by_component.iter().map(|(_, change)| change).sum();
            assert_eq!(own, partner.change(), "{}", partner.id);
        }
    }

    #[test]
    fn the_largest_come_first_and_ties_go_to_the_smaller_id() {
        let effects = both();
        let names = |partners: Vec<&Partner>| -> Vec<String> {
            partners.iter().map(|partner| partner.id.clone()).collect()
        };
        assert_eq!(names(effects.largest(10, true)), ["a", "e"]);
        assert_eq!(names(effects.largest(1, true)), ["a"]);
        assert_eq!(names(effects.largest(10, false)), ["b"]);
    }

    #[test]
    fn classes_go_from_the_smallest_to_the_largest_and_equals_stay_together() {
        let euro = Currency::parse("EUR").expect("a currency");
        let amounts = [0, 10, 10, 10, 20, 30, 40, 50, 60];
        let quartiles = Quartiles::of(amounts.iter().map(|amount| Exact::from_int(*amount)));
        let class = |amount: i64| quartiles.class(&Exact::from_int(amount), euro);
        assert_eq!(class(0), "nothing before");
        assert_eq!(class(10), "lowest quartile (up to 10.00)");
        assert_eq!(class(20), "second quartile (up to 20.00)");
        assert_eq!(class(40), "third quartile (up to 40.00)");
        assert_eq!(class(41), "highest quartile (above 40.00)");
        let effects = both();
        let names: Vec<&str> = effects.by[1]
            .classes
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names.first(), Some(&"nothing before"));
        assert!(
            names.last().is_some_and(|name| name.starts_with("highest")),
            "{names:?}"
        );
    }

    #[test]
    fn components_stand_in_the_order_of_the_plan() {
        let effects = both();
        let names: Vec<&str> = effects
            .components
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["fee", "bonus"]);
    }
}
