//! The expected figures of a worked example: which questions are asked, of whom, when, and what must come out.
//!
//! Each check asks exactly one thing and states what it `is`. A key nobody knows, a check without a question or
//! without a figure, and a file without checks are mistakes: nothing passes by not being asked.

use trueup_base::calendar::Window;
use trueup_base::date::Date;
use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::span::Span;
use trueup_plan::tree::Plan;
use trueup_plan::yaml::{Node, Scalar};

use super::keys;
use crate::cell;

/// What a check asks.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// `of: FORMULA`, perhaps on one credited row.
    Of {
        formula: Scalar,
        row: Option<Scalar>,
    },
    /// `bands: FORMULA`: what each band of a table contributed.
    Bands { formula: Scalar },
    /// `settled: COMPONENT or LIMIT`: what the settlements of a span post.
    Settled {
        name: Scalar,
        from: Date,
        until: Date,
    },
    /// `schedule: COMPONENT`: what becomes payable, by day.
    Schedule {
        component: Scalar,
        earned: Option<Date>,
    },
    /// `limited: LIMIT`: what each component keeps under it.
    Limited { limit: Scalar },
    /// `contingency: NAME` or `guardrail: NAME`: whether it is on.
    Trigger { word: &'static str, name: Scalar },
    /// `fund: NAME`: its balance, and what moved it.
    Fund { name: Scalar },
    /// `released: COMPONENT or LIMIT`: what became payable by the period's end, and what is held.
    Released { name: Scalar },
    /// `recovered: COMPONENT or LIMIT`: where negative postings were taken from by the period's end, and what is owed.
    Recovered { name: Scalar },
    /// `paid_out: payout`: what left by the period's end, by day, and what waits to be more.
    PaidOut { name: Scalar },
    /// `groups: KIND`: the ids of its rows by the plan's periods.
    Groups { kind: Scalar },
}

/// One check.
#[derive(Clone, Debug)]
pub(super) struct Check {
    /// What is asked.
    pub question: Question,
    /// Whom; none means the first partner.
    pub partner: Option<Scalar>,
    /// In which period, and how it is written.
    pub period: Option<(Window, Scalar)>,
    /// What must come out.
    pub is: Node,
    /// Where the check stands.
    pub span: Span,
}

/// The keys of the file, besides `checks`.
const FILE_KEYS: [&str; 4] = ["period", "partner", "plan", "checks"];
/// The questions.
const QUESTIONS: [&str; 12] = [
    "of",
    "bands",
    "settled",
    "schedule",
    "limited",
    "groups",
    "contingency",
    "guardrail",
    "fund",
    "released",
    "recovered",
    "paid_out",
];

/// Reads the checks; mistakes go to the diagnostics.
pub(super) fn read(plan: &Plan, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<Check> {
    let mut reader = Reader { plan, diagnostics };
    reader.file(node)
}

struct Reader<'a> {
    plan: &'a Plan,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.diagnostics
            .push(Diagnostic::error(code, span, message));
    }

    fn file(&mut self, node: &Node) -> Vec<Check> {
        if !keys::is_map(node, "the expected figures", self.diagnostics) {
            return Vec::new();
        }
        keys::only(node, &FILE_KEYS, self.diagnostics);
        let partner = self.scalar(node, "partner");
        let period = self.period(node);
        let Some(list) = node.get("checks").filter(|list| !list.list().is_empty()) else {
            let message = "the case checks nothing";
            self.diagnostics.push(
                Diagnostic::error("E6", node.span, message)
                    .help("list under `checks` what is asked and what it is"),
            );
            return Vec::new();
        };
        let mut checks = Vec::with_capacity(list.list().len());
        for item in list.list() {
            if let Some(mut check) = self.check(item) {
                check.partner = check.partner.or_else(|| partner.clone());
                check.period = check.period.or_else(|| period.clone());
                // What is written and is no period was told.
                if item.get("period").is_none() {
                    self.needs_a_period(&check);
                }
                checks.push(check);
            }
        }
        checks
    }

    fn needs_a_period(&mut self, check: &Check) {
        let needs_one = match &check.question {
            Question::Of { .. }
            | Question::Bands { .. }
            | Question::Schedule { .. }
            | Question::Limited { .. }
            | Question::Trigger { .. }
            | Question::Fund { .. }
            | Question::Released { .. }
            | Question::Recovered { .. }
            | Question::PaidOut { .. }
            | Question::Groups { .. } => true,
            Question::Settled { .. } => false,
        };
        if needs_one && check.period.is_none() {
            self.diagnostics.push(
                Diagnostic::error("E2", check.span, "the check says no period")
                    .help("write period: 2026-01, here or once at the top of the file"),
            );
        }
    }

    fn check(&mut self, node: &Node) -> Option<Check> {
        if !keys::is_map(node, "a check", self.diagnostics) {
            return None;
        }
        let asked: Vec<&str> = node
            .entries()
            .iter()
            .map(|entry| &*entry.key.text)
            .filter(|key| QUESTIONS.contains(key))
            .collect();
        let [asked] = asked.as_slice() else {
            let message = match asked.len() {
                0 => "the check asks nothing".to_owned(),
                _ => format!(
                    "one check asks one thing, and this one {}",
                    asked.join(" and ")
                ),
            };
            self.diagnostics.push(
                Diagnostic::error("E6", node.span, message)
                    .help(format!(
                        "write what is asked and what it is, {{ period: 2026-01, of: bonus, is: 5 }}; asked is one of {}",
                        QUESTIONS.join(", ")
                    )),
            );
            return None;
        };
        let mut known = vec![*asked, "is", "partner"];
        known.extend(match *asked {
            "of" => ["period", "row"].as_slice(),
            "settled" => &["span"],
            "schedule" => &["period", "earned"],
            _ => &["period"],
        });
        keys::only(node, &known, self.diagnostics);
        let question = self.question(asked, node)?;
        let Some(is) = node.get("is").filter(|is| !is.is_empty()) else {
            self.error("E6", node.span, "the check does not say what it `is`");
            return None;
        };
        Some(Check {
            question,
            partner: self.scalar(node, "partner"),
            period: self.period(node),
            is: is.clone(),
            span: node.span,
        })
    }

    fn question(&mut self, asked: &str, node: &Node) -> Option<Question> {
        let of = keys::text(node, asked, self.diagnostics)?.clone();
        Some(match asked {
            "of" => Question::Of {
                formula: of,
                row: self.scalar(node, "row"),
            },
            "bands" => Question::Bands { formula: of },
            "settled" => {
                let (from, until) = self.span(node)?;
                Question::Settled {
                    name: of,
                    from,
                    until,
                }
            }
            "schedule" => Question::Schedule {
                component: of,
                earned: match node.get("earned") {
                    Some(_) => Some(self.earned(node)?),
                    None => None,
                },
            },
            "limited" => Question::Limited { limit: of },
            "contingency" => Question::Trigger {
                word: "contingency",
                name: of,
            },
            "fund" => Question::Fund { name: of },
            "released" => Question::Released { name: of },
            "recovered" => Question::Recovered { name: of },
            "paid_out" => Question::PaidOut { name: of },
            "guardrail" => Question::Trigger {
                word: "guardrail",
                name: of,
            },
            _ => Question::Groups { kind: of },
        })
    }

    fn earned(&mut self, node: &Node) -> Option<Date> {
        let written = keys::text(node, "earned", self.diagnostics)?;
        match cell::day(&written.text) {
            Ok(day) => Some(day),
            Err(message) => {
                self.error("E3", written.span, message);
                None
            }
        }
    }

    /// A text where the key is written.
    fn scalar(&mut self, node: &Node, key: &str) -> Option<Scalar> {
        node.get(key)?;
        keys::text(node, key, self.diagnostics).cloned()
    }

    fn period(&mut self, node: &Node) -> Option<(Window, Scalar)> {
        let written = self.scalar(node, "period")?;
        let window = self.window(&written.text, written.span)?;
        Some((window, written))
    }

    fn window(&mut self, text: &str, span: Span) -> Option<Window> {
        match self.plan.calendar.parse_period(text) {
            Ok(window) => Some(window),
            Err(error) => {
                self.error("E3", span, error.to_string());
                None
            }
        }
    }

    /// `2026-01 to 2026-05`: from the first day of the one to the last day of the other.
    fn span(&mut self, node: &Node) -> Option<(Date, Date)> {
        let written = keys::text(node, "span", self.diagnostics)?;
        let Some((from, to)) = written.text.split_once(" to ") else {
            self.diagnostics.push(
                Diagnostic::error("E3", written.span, format!("`{}` is no span", written.text))
                    .help("write the first and the last period: 2026-01 to 2026-05"),
            );
            return None;
        };
        let from = self.window(from, written.span)?;
        let to = self.window(to, written.span)?;
        if from.starts >= to.ends {
            self.error("E3", written.span, "the span ends before it starts");
            return None;
        }
        Some((from.starts, to.ends))
    }
}

/// The first day that checks ask about.
pub(super) fn first_day(checks: &[Check]) -> Option<Date> {
    checks
        .iter()
        .filter_map(|check| match &check.question {
            Question::Settled { from, .. } => Some(*from),
            Question::Of { .. }
            | Question::Bands { .. }
            | Question::Schedule { .. }
            | Question::Limited { .. }
            | Question::Trigger { .. }
            | Question::Fund { .. }
            | Question::Released { .. }
            | Question::Recovered { .. }
            | Question::PaidOut { .. }
            | Question::Groups { .. } => check.period.as_ref().map(|(window, _)| window.starts),
        })
        .min()
}
