//! Types while they are being found, and how they are told to the author.
//!
//! A name that the plan does not declare (a column of the partner directory, a table's argument) gets its type from its
//! uses: each use asks for equality, and what nothing asked about is decided at the end. A type that is already known
//! to be wrong is [`Ty::Wrong`]: it equals everything, so one mistake is told once. The module knows no names.

use crate::check::units::{Base, Origin, Powers, Units};
use crate::tree::{Type, Unit};

/// A type that is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TypeVar(u32);

/// A type while it is being found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ty {
    /// A number with its unit.
    Number(Powers),
    /// A day.
    Date,
    /// A length of time.
    Duration,
    /// True or false.
    Flag,
    /// Text.
    Text,
    /// A partner.
    Partner,
    /// A keyed measure: what it answers and what its keys are.
    Keyed(Box<Ty>, Box<Ty>),
    /// To be found.
    Unknown(TypeVar),
    /// A mistake here was told already.
    Wrong,
}

impl Ty {
    /// A plain number.
    pub(super) fn ratio() -> Self {
        Self::Number(Powers::ratio())
    }

    /// A count.
    pub(super) fn count() -> Self {
        Self::Number(Powers::of(Base::Count))
    }

    /// Money in the plan's currency.
    pub(super) fn money() -> Self {
        Self::Number(Powers::of(Base::Money))
    }

    /// A type of the tree.
    pub(super) fn from_type(of: Type) -> Self {
        match of {
            Type::Number(unit) => Self::Number(Powers::from_unit(unit)),
            Type::Date => Self::Date,
            Type::Duration => Self::Duration,
            Type::Flag => Self::Flag,
            Type::Text => Self::Text,
            Type::Partner => Self::Partner,
        }
    }
}

/// What is known of types and units.
#[derive(Clone, Debug, Default)]
pub(super) struct Types {
    pub(super) units: Units,
    found: Vec<Option<Ty>>,
}

impl Types {
    /// A type that is to be found.
    pub(super) fn unknown(&mut self) -> Ty {
        let var = TypeVar(u32::try_from(self.found.len()).unwrap_or(u32::MAX));
        self.found.push(None);
        Ty::Unknown(var)
    }

    /// A number whose unit is to be found.
    pub(super) fn number(&mut self, origin: Origin) -> Ty {
        Ty::Number(self.units.unknown(origin))
    }

    /// What is known of a type now.
    pub(super) fn resolved(&self, ty: &Ty) -> Ty {
        let mut ty = ty.clone();
        while let Ty::Unknown(var) = ty {
            match self.found.get(var.0 as usize).and_then(Option::as_ref) {
                Some(found) => ty = found.clone(),
                None => return ty,
            }
        }
        match ty {
            Ty::Number(powers) => Ty::Number(self.units.resolved(&powers)),
            Ty::Keyed(answer, key) => Ty::Keyed(
                Box::new(self.resolved(&answer)),
                Box::new(self.resolved(&key)),
            ),
            Ty::Date
            | Ty::Duration
            | Ty::Flag
            | Ty::Text
            | Ty::Partner
            | Ty::Unknown(_)
            | Ty::Wrong => ty,
        }
    }

    /// Asks for two types to be equal; says whether they can be.
    pub(super) fn equate(&mut self, left: &Ty, right: &Ty) -> bool {
        match (self.resolved(left), self.resolved(right)) {
            (Ty::Wrong, _) | (_, Ty::Wrong) => true,
            (Ty::Unknown(a), Ty::Unknown(b)) => {
                if a != b {
                    self.bind(a, Ty::Unknown(b));
                }
                true
            }
            (Ty::Unknown(var), known) | (known, Ty::Unknown(var)) => {
                // A keyed measure is no value of its own, so no name is ever found to be one.
                let plain = !matches!(known, Ty::Keyed(..));
                if plain {
                    self.bind(var, known);
                }
                plain
            }
            (Ty::Number(a), Ty::Number(b)) => self.units.equate(&a, &b).is_ok(),
            (Ty::Keyed(a, key_a), Ty::Keyed(b, key_b)) => {
                self.equate(&a, &b) && self.equate(&key_a, &key_b)
            }
            (a, b) => a == b,
        }
    }

    /// Whatever it was to be, it is known to be wrong.
    pub(super) fn spoil(&mut self, ty: &Ty) {
        if let Ty::Unknown(var) = self.resolved(ty) {
            self.bind(var, Ty::Wrong);
        }
    }

    fn bind(&mut self, var: TypeVar, ty: Ty) {
        if let Some(slot) = self.found.get_mut(var.0 as usize) {
            *slot = Some(ty);
        }
    }

    /// Whether nothing about a type is left to be found.
    pub(super) fn is_known(&self, ty: &Ty) -> bool {
        match self.resolved(ty) {
            Ty::Number(powers) => powers.is_known(),
            Ty::Keyed(answer, key) => self.is_known(&answer) && self.is_known(&key),
            Ty::Unknown(_) => false,
            Ty::Date | Ty::Duration | Ty::Flag | Ty::Text | Ty::Partner | Ty::Wrong => true,
        }
    }

    /// The unit of a number, found to be one if nothing is known yet; nothing when it is something else.
    pub(super) fn as_number(&mut self, ty: &Ty, origin: Origin) -> Option<Powers> {
        match self.resolved(ty) {
            Ty::Number(powers) => Some(powers),
            Ty::Unknown(var) => {
                let powers = self.units.unknown(origin);
                self.bind(var, Ty::Number(powers.clone()));
                Some(powers)
            }
            Ty::Date
            | Ty::Duration
            | Ty::Flag
            | Ty::Text
            | Ty::Partner
            | Ty::Keyed(..)
            | Ty::Wrong => None,
        }
    }

    /// The type in the tree; what nothing asked about is a plain number. A keyed measure is what it answers.
    pub(super) fn settled(&self, ty: &Ty) -> Type {
        match self.resolved(ty) {
            Ty::Number(powers) => Type::Number(self.units.settled(&powers).unwrap_or_default()),
            Ty::Date => Type::Date,
            Ty::Duration => Type::Duration,
            Ty::Flag => Type::Flag,
            Ty::Text => Type::Text,
            Ty::Partner => Type::Partner,
            Ty::Keyed(answer, _) => self.settled(&answer),
            Ty::Unknown(_) | Ty::Wrong => Type::Number(Unit::RATIO),
        }
    }

    /// A type in words, for `cannot add … and …`.
    pub(super) fn in_words(&self, ty: &Ty, currency: &str) -> String {
        match self.resolved(ty) {
            Ty::Number(powers) => unit_in_words(&powers, currency),
            Ty::Date => "date".to_owned(),
            Ty::Duration => "duration".to_owned(),
            Ty::Flag => "flag".to_owned(),
            Ty::Text => "text".to_owned(),
            Ty::Partner => "partner".to_owned(),
            Ty::Keyed(answer, key) => format!(
                "{} for each {} key",
                self.in_words(&answer, currency),
                self.in_words(&key, currency)
            ),
            Ty::Unknown(_) | Ty::Wrong => "something unknown".to_owned(),
        }
    }

    /// A type in words, for `growth is …`.
    pub(super) fn with_article(&self, ty: &Ty, currency: &str) -> String {
        let words = self.in_words(ty, currency);
        if ["money", "text", "something"]
            .iter()
            .any(|word| words.starts_with(word))
        {
            words
        } else {
            format!("a {words}")
        }
    }
}

/// A unit in words: `money (USD) per count`.
fn unit_in_words(powers: &Powers, currency: &str) -> String {
    let (mut above, mut below) = (Vec::new(), Vec::new());
    for (base, power) in powers.known() {
        let word = match base {
            Base::Money => format!("money ({currency})"),
            Base::Foreign(code) => format!("money ({code})"),
            Base::Count => "count".to_owned(),
            Base::Score => "score".to_owned(),
        };
        let side = if power > 0 { &mut above } else { &mut below };
        for _ in 0..power.unsigned_abs() {
            side.push(word.clone());
        }
    }
    if above.is_empty() {
        above.push("ratio".to_owned());
    }
    let mut words = above.join(" times ");
    for word in below {
        words.push_str(" per ");
        words.push_str(&word);
    }
    words
}
