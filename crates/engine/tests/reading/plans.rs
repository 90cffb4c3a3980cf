//! Plans that pass the check, made of choices: values that build on values, tables of every reading, components with
//! gates, floors, caps and roundings. They ask one window and no rows, so that a page of code can read them.

use std::fmt::Write as _;

use super::dice::Dice;

/// Whether a plan may round, which a comparison with floats cannot follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounds {
    Yes,
    No,
}

/// What a formula answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    Money,
    Count,
    Ratio,
    Flag,
}

const HEAD: &str = "\
plan: generated
currency: USD
facts:
  sale: { columns: { partner: partner, on: date, a: money, b: money, n: count } }
terms:
  term.money: { is: Agreed money, unit: money, agreed: 1_234.56 }
  term.rate:  { is: Agreed rate, unit: ratio, agreed: 12.5% }
  term.open:  { is: Money nobody agreed, unit: money }
measures:
  money_0: { is: A, sum: sale.a }
  money_1: { is: B, sum: sale.b }
  count_0: { is: Rows, count: sale }
  count_1: { is: Units, sum: sale.n }
tables:
";

/// How many measures such a plan has, in this order: two of money, two of counts.
pub const MEASURES: usize = 4;

/// How many levels a formula has at most.
const DEPTH: u32 = 4;

struct Maker<'d, 'b> {
    dice: &'d mut Dice<'b>,
    rounds: Rounds,
    /// Names of values and components so far.
    named: Vec<(Made, String)>,
}

/// A plan of choices.
pub fn plan(dice: &mut Dice<'_>, rounds: Rounds) -> String {
    let mut text = HEAD.to_owned();
    tables(&mut text, dice);
    let mut maker = Maker {
        dice,
        rounds,
        named: Vec::new(),
    };
    text.push_str("values:\n");
    for at in 0..2 + maker.dice.roll(5) {
        let made = *maker.dice.pick(&[
            Made::Money,
            Made::Ratio,
            Made::Count,
            Made::Flag,
            Made::Money,
        ]);
        let formula = maker.formula(made, DEPTH);
        let _ = writeln!(text, "  v{at}: \"{formula}\"");
        maker.named.push((made, format!("v{at}")));
    }
    text.push_str("components:\n");
    for at in 0..1 + maker.dice.roll(3) {
        maker.component(&mut text, at);
        maker.named.push((Made::Money, format!("c{at}")));
    }
    text
}

/// One table of each reading, with bounds that rise.
fn tables(text: &mut String, dice: &mut Dice<'_>) {
    let each = dice
        .pick(&[
            "rate * slice",
            "lump + rate * slice",
            "lump",
            "rate * x",
            "rate * case when filled then upper else x end",
            "rate * slice * 2 - lump / 3",
        ])
        .to_string();
    let _ = writeln!(
        text,
        "  sliced:\n    of: x\n    each_band: \"{each}\"\n    bands:"
    );
    for (bound, at) in bounds(dice, 1_000).iter().zip(0..) {
        let _ = writeln!(
            text,
            "      - {{ {bound}, rate: {}%, lump: {} }}",
            dice.roll(20),
            if at == 0 { 0 } else { dice.roll(90) }
        );
    }
    let one = dice
        .pick(&["rate", "rate + 1%", "least(rate, y)", "rate * y"])
        .to_string();
    let _ = writeln!(
        text,
        "  reached:\n    of: y\n    one_band: \"{one}\"\n    bands:"
    );
    for bound in bounds(dice, 1) {
        let _ = writeln!(
            text,
            "      - {{ {bound}, rate: {}.{}% }}",
            dice.roll(30),
            dice.roll(10)
        );
    }
    let _ = writeln!(text, "  curve:\n    of: x\n    line: pay\n    bands:");
    let mut at = dice.wide() % 500 - 250;
    for _ in 0..1 + dice.roll(4) {
        let _ = writeln!(
            text,
            "      - {{ at: {at}, pay: {} }}",
            dice.wide() % 900 - 100
        );
        at += 1 + dice.wide() % 800;
    }
    let _ = writeln!(text, "  keyed:\n    of: n\n    one_band: prize\n    bands:");
    for key in 0..1 + dice.roll(3) {
        let _ = writeln!(
            text,
            "      - {{ equals: {}, prize: {} }}",
            key * 2,
            dice.roll(200)
        );
    }
    if !dice.hits(3) {
        let _ = writeln!(
            text,
            "      - {{ otherwise: yes, prize: {} }}",
            dice.roll(50)
        );
    }
}

/// Rising bounds of one table, `from` and `above` mixed, sometimes open below.
fn bounds(dice: &mut Dice<'_>, step: i64) -> Vec<String> {
    let mut bounds = Vec::new();
    if dice.hits(2) {
        bounds.push("from: lowest".to_owned());
    }
    let mut at = (dice.wide() % 3 - 1) * step;
    for _ in 0..1 + dice.roll(4) {
        let word = *dice.pick(&["from", "above"]);
        let (whole, cents) = (at.unsigned_abs(), dice.roll(2) * 25);
        let sign = if at < 0 { "-" } else { "" };
        bounds.push(format!("{word}: {sign}{whole}.{cents:02}"));
        at += step * (1 + dice.wide() % 4);
    }
    bounds
}

impl Maker<'_, '_> {
    fn component(&mut self, text: &mut String, at: usize) {
        let pays = self.formula(Made::Money, DEPTH);
        let _ = writeln!(text, "  c{at}:\n    pays: \"{pays}\"");
        if self.dice.hits(3) {
            let gate = self.formula(Made::Flag, 2);
            let _ = writeln!(text, "    gate: \"{gate}\"");
        }
        match self.dice.roll(4) {
            1 => drop(writeln!(text, "    at_least: 0")),
            2 => drop(writeln!(
                text,
                "    at_most: {}.50",
                self.dice.roll(200) * 5
            )),
            3 => drop(writeln!(text, "    at_least: -50\n    at_most: term.money")),
            _ => {}
        }
        if self.rounds == Rounds::Yes && self.dice.hits(2) {
            let mode = self.mode();
            let to = *self.dice.pick(&["0.01", "1", "0.05", "2.5"]);
            let _ = writeln!(text, "    rounding: {{ to: {to}, mode: {mode} }}");
        }
        if self.rounds == Rounds::No {
            // So fine that a float cannot tell.
            text.push_str("    rounding: { to: 0.000000000000000001 }\n");
        }
    }

    fn mode(&mut self) -> &'static str {
        const MODES: [&str; 6] = ["half_away", "half_even", "up", "down", "floor", "ceiling"];
        MODES[self.dice.roll(MODES.len())]
    }

    fn leaf(&mut self, made: Made) -> String {
        let mut names: Vec<String> = match made {
            Made::Money => ["money_0", "money_1", "term.money", "money_0", "money_1"]
                .map(str::to_owned)
                .to_vec(),
            Made::Count => ["count_0", "count_1"].map(str::to_owned).to_vec(),
            Made::Ratio => ["term.rate"].map(str::to_owned).to_vec(),
            Made::Flag => ["true", "false", "money_0 > money_1", "count_0 >= 2"]
                .map(str::to_owned)
                .to_vec(),
        };
        names.extend(
            self.named
                .iter()
                .filter(|(of, _)| *of == made)
                .map(|(_, name)| name.clone()),
        );
        match (made, self.dice.roll(3)) {
            (Made::Money, 1) => match self.dice.hits(12) {
                true => "term.open".to_owned(),
                false => format!(
                    "{}.{:02} USD",
                    self.dice.wide() % 3_000,
                    self.dice.roll(100)
                ),
            },
            (Made::Ratio, 1) => format!("{}.{}%", self.dice.roll(150), self.dice.roll(10)),
            (Made::Count, 1) => format!("(0 * count_0 + {})", self.dice.roll(9)),
            _ => self.dice.pick(&names).clone(),
        }
    }

    fn formula(&mut self, made: Made, depth: u32) -> String {
        if depth == 0 || self.dice.is_empty() {
            return self.leaf(made);
        }
        let deeper = depth - 1;
        if made == Made::Flag {
            return self.flag(deeper);
        }
        let x = |maker: &mut Self| maker.formula(made, deeper);
        match self.dice.roll(14) {
            0 | 1 => self.leaf(made),
            2 => format!("({} + {})", x(self), x(self)),
            3 => format!("({} - {})", x(self), x(self)),
            4 => format!("(-{})", x(self)),
            5 => match made {
                Made::Money => format!("({} * {})", self.formula(Made::Ratio, deeper), x(self)),
                Made::Ratio => {
                    let of = *self.dice.pick(&[Made::Money, Made::Count]);
                    format!(
                        "({} / {})",
                        self.formula(of, deeper),
                        self.formula(of, deeper)
                    )
                }
                Made::Count => format!("(2 * {})", x(self)),
                Made::Flag => x(self),
            },
            6 => format!("least({}, {})", x(self), x(self)),
            7 => format!("greatest({}, {}, {})", x(self), x(self), x(self)),
            8 => format!("clamp({}, {}, {})", x(self), x(self), x(self)),
            9 => match self.rounds {
                Rounds::Yes if made == Made::Money => {
                    let to = *self.dice.pick(&["0.01 USD", "1 USD", "0.3 USD"]);
                    format!("round({}, to => {to}, mode => {})", x(self), self.mode())
                }
                Rounds::Yes | Rounds::No => format!("abs({})", x(self)),
            },
            10 => format!("coalesce({}, {})", x(self), x(self)),
            11 => format!("otherwise({}, {})", x(self), x(self)),
            12 => format!(
                "case when {} then {} when {} then {} else {} end",
                self.flag(deeper),
                x(self),
                self.flag(deeper),
                x(self),
                x(self)
            ),
            _ => match made {
                Made::Money => match self.dice.roll(3) {
                    0 => format!("sliced({})", self.formula(Made::Money, deeper)),
                    1 => format!("curve({})", self.formula(Made::Money, deeper)),
                    _ => format!("keyed({})", self.formula(Made::Count, deeper)),
                },
                Made::Ratio => format!("reached({})", self.formula(Made::Ratio, deeper)),
                Made::Count | Made::Flag => x(self),
            },
        }
    }

    fn flag(&mut self, depth: u32) -> String {
        let made = *self.dice.pick(&[Made::Money, Made::Ratio, Made::Count]);
        if depth == 0 {
            return self.leaf(Made::Flag);
        }
        let deeper = depth - 1;
        match self.dice.roll(8) {
            0 => self.leaf(Made::Flag),
            1 => format!("({} and {})", self.flag(deeper), self.flag(deeper)),
            2 => format!("({} or {})", self.flag(deeper), self.flag(deeper)),
            3 => format!("not ({})", self.flag(deeper)),
            4 => {
                let kind = *self.dice.pick(&["missing", "undefined", "not missing"]);
                format!("({} is {kind})", self.formula(made, deeper))
            }
            5 => format!(
                "({} between {} and {})",
                self.formula(made, deeper),
                self.formula(made, deeper),
                self.formula(made, deeper)
            ),
            6 => format!(
                "({} in ({}, {}))",
                self.formula(Made::Count, deeper),
                self.formula(Made::Count, deeper),
                self.leaf(Made::Count)
            ),
            _ => {
                let sign = *self.dice.pick(&["=", "<>", "<", "<=", ">", ">="]);
                format!(
                    "({} {sign} {})",
                    self.formula(made, deeper),
                    self.formula(made, deeper)
                )
            }
        }
    }
}
