//! Formulas on rows, as text. Most can be lowered; some cannot, and must then be left to the rows.

use super::dice::Dice;

/// Writes formulas over the columns of the kind `sale`.
pub struct Formulas<'d> {
    pub dice: &'d mut Dice,
    /// Whether something that cannot be lowered may be written.
    pub may_stay: bool,
    /// The row-level values that may be named.
    pub values: &'d [String],
    /// Which forms were written.
    pub forms: &'d mut Vec<&'static str>,
}

impl Formulas<'_> {
    fn one(&mut self, forms: &[&'static str]) -> &'static str {
        let form = self.dice.pick(forms);
        self.forms.push(form);
        form
    }

    /// A figure without a unit.
    pub fn figure(&mut self) -> String {
        let decimals = self.dice.between(0, 3);
        let whole = self.dice.between(0, 40);
        match decimals {
            0 => whole.to_string(),
            _ => {
                let part = self
                    .dice
                    .between(1, 10_i64.pow(u32::try_from(decimals).unwrap()) - 1);
                format!(
                    "{whole}.{part:0width$}",
                    width = usize::try_from(decimals).unwrap()
                )
            }
        }
    }

    /// A number without a unit.
    pub fn number(&mut self, depth: u32) -> String {
        if depth == 0 {
            return match self.dice.between(0, 9) {
                0..=3 => "sale.a".to_owned(),
                4 => "sale.b".to_owned(),
                5 => "sale.c".to_owned(),
                6 => "term.bar".to_owned(),
                7 => "partner.size".to_owned(),
                8 if !self.values.is_empty() => self.dice.pick(self.values).clone(),
                _ => self.figure(),
            };
        }
        let depth = depth - 1;
        let lowered = &[
            "plus",
            "minus",
            "times",
            "negated",
            "case",
            "least",
            "greatest",
            "clamp",
            "abs",
            "coalesce",
            "otherwise",
            "weighted",
            "divided by a figure",
            "followed number",
            "level",
            "missing",
        ];
        let stays = &["divided", "round", "months", "window", "running"];
        let form = if self.may_stay && self.dice.one_in(12) {
            self.one(stays)
        } else {
            self.one(lowered)
        };
        match form {
            "plus" => format!("({} + {})", self.number(depth), self.number(depth)),
            "minus" => format!("({} - {})", self.number(depth), self.number(depth)),
            "times" => format!("{} * {}", self.factor(depth), self.factor(0)),
            "negated" => format!("(-{})", self.factor(depth)),
            "case" => {
                let mut text = "(case".to_owned();
                for _ in 0..self.dice.between(1, 2) {
                    text += &format!(" when {} then {}", self.flag(depth), self.number(depth));
                }
                text + &format!(" else {} end)", self.number(depth))
            }
            "least" => format!("least({}, {})", self.number(depth), self.number(depth)),
            "greatest" => format!(
                "greatest({}, {}, {})",
                self.number(depth),
                self.number(0),
                self.number(0)
            ),
            "clamp" => format!(
                "clamp({}, {}, {})",
                self.number(depth),
                self.number(0),
                self.figure()
            ),
            "abs" => format!("abs({})", self.number(depth)),
            "coalesce" => format!("coalesce({}, {})", self.number(depth), self.number(0)),
            "otherwise" => format!("otherwise({}, {})", self.number(depth), self.number(0)),
            "weighted" => match self.values {
                [] => format!("abs({})", self.number(depth)),
                [one] => format!("weighted({one} => 100%)"),
                [one, other, ..] => format!("weighted({one} => 62.5%, {other} => 37.5%)"),
            },
            "divided by a figure" => {
                format!(
                    "{} / {}",
                    self.factor(depth),
                    self.dice.pick(&["4", "0.5", "1.25", "10", "3"])
                )
            }
            "followed number" => "sale.helper.size".to_owned(),
            "level" => "(case when credit.level = 1 then sale.a else 2 * sale.a end)".to_owned(),
            "missing" => format!(
                "(case when {} then missing else {} end)",
                self.flag(0),
                self.number(0)
            ),
            "divided" => format!("{} / {}", self.factor(depth), self.factor(0)),
            "round" => format!("round({}, to => 0.5)", self.number(depth)),
            "months" => {
                "(case when months_between(sale.on, sale.due) < 2 then sale.a else sale.b end)"
                    .to_owned()
            }
            "window" => "(case when window.final then sale.a else 0 * sale.a end)".to_owned(),
            _ => "running(sale.a)".to_owned(),
        }
    }

    fn factor(&mut self, depth: u32) -> String {
        format!("({})", self.number(depth))
    }

    /// A condition.
    pub fn flag(&mut self, depth: u32) -> String {
        let plain = &[
            "compared",
            "text",
            "partner",
            "date",
            "flag",
            "attribute",
            "is missing",
            "text in",
            "days",
            "moved",
        ];
        let deep = &[
            "and",
            "or",
            "not",
            "between",
            "in",
            "is not missing",
            "is undefined",
            "flags equal",
            "compared",
        ];
        let form = if depth == 0 || self.dice.one_in(4) {
            self.one(plain)
        } else {
            self.one(deep)
        };
        let depth = depth.saturating_sub(1);
        match form {
            "compared" => {
                let how = *self.dice.pick(&["<", "<=", ">", ">=", "=", "<>"]);
                format!("{} {how} {}", self.number(depth), self.number(0))
            }
            "text" => {
                let how = *self.dice.pick(&["=", "<>"]);
                format!("sale.line {how} '{}'", self.dice.pick(&["A", "B", "C"]))
            }
            "partner" => match self.dice.between(0, 2) {
                0 => "sale.helper = partner".to_owned(),
                1 => "partner <> sale.partner".to_owned(),
                _ => "sale.partner = sale.helper".to_owned(),
            },
            "date" => {
                let how = *self.dice.pick(&["<", "<=", ">", ">="]);
                match self.dice.between(0, 2) {
                    0 => format!("sale.due {how} date '2024-0{}-10'", self.dice.between(1, 9)),
                    1 => format!("sale.due {how} partner.since"),
                    _ => format!("sale.due {how} sale.on"),
                }
            }
            "flag" => "sale.won".to_owned(),
            "attribute" => match self.dice.between(0, 2) {
                0 => "partner.type = 'big'".to_owned(),
                1 => "sale.helper.type = 'big'".to_owned(),
                _ => "partner.gold".to_owned(),
            },
            "is missing" => {
                let of = *self.dice.pick(&[
                    "sale.note",
                    "sale.due",
                    "sale.a",
                    "sale.won",
                    "partner.size",
                ]);
                format!("{of} is missing")
            }
            "text in" => "sale.line in ('A', 'C')".to_owned(),
            "days" => format!(
                "days_between(sale.on, sale.due) <= {}",
                self.dice.between(0, 40)
            ),
            "moved" => format!("sale.due <= sale.on + {} days", self.dice.between(0, 40)),
            "and" => format!("({} and {})", self.flag(depth), self.flag(depth)),
            "or" => format!("({} or {})", self.flag(depth), self.flag(depth)),
            "not" => format!("(not {})", self.flag(depth)),
            "between" => format!(
                "{} between {} and {}",
                self.number(depth),
                self.number(0),
                self.number(0)
            ),
            "in" => format!(
                "{} in ({}, {})",
                self.number(depth),
                self.number(0),
                self.figure()
            ),
            "is not missing" => format!("({}) is not missing", self.number(depth)),
            "is undefined" => format!("({}) is undefined", self.number(depth)),
            _ => format!("(sale.won = ({}))", self.flag(depth)),
        }
    }
}
