//! What a case's run came to, as text and as data.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use trueup_plan::diagnostic::{Diagnostic, Severity, Sources, render, to_json};
use trueup_plan::span::Span;

/// One check and what came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What was asked, as written: `of: rebate`, `settled: bonus, span: 2026-01 to 2026-03`.
    pub asked: String,
    /// Of whom; empty where the check asks of nobody in particular.
    pub partner: String,
    /// In which period, as written; empty where the check states a span.
    pub period: String,
    /// What was expected, as written.
    pub expected: String,
    /// What came out, exactly.
    pub got: String,
    /// Whether they are the same.
    pub is_met: bool,
    /// Where the check stands.
    pub span: Span,
    /// Where it failed: what the figure was made from.
    pub because: String,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every check was asked.
    Ran(Vec<Checked>),
    /// A mistake in the case's files kept it from being run; the diagnostics say which.
    Refused,
}

/// What a case's run came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// The case's name.
    pub case: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What is to be said to its author.
    pub diagnostics: Vec<Diagnostic>,
    /// Its files.
    pub sources: Sources,
}

impl Report {
    /// Whether every check was met.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        match &self.outcome {
            Outcome::Ran(checked) => {
                !checked.is_empty() && checked.iter().all(|check| check.is_met)
            }
            Outcome::Refused => false,
        }
    }

    /// The checks in the order written; none where the case was refused.
    #[must_use]
    pub fn checks(&self) -> &[Checked] {
        match &self.outcome {
            Outcome::Ran(checked) => checked,
            Outcome::Refused => &[],
        }
    }

    fn word(&self) -> &'static str {
        match &self.outcome {
            Outcome::Ran(_) if self.is_passed() => "passed",
            Outcome::Ran(_) => "failed",
            Outcome::Refused => "refused",
        }
    }

    /// As text: one line for a case that passed; what failed, and why, for one that did not.
    #[must_use]
    pub fn to_text(&self) -> String {
        let checks = self.checks();
        let met = checks.iter().filter(|check| check.is_met).count();
        let counted = match self.outcome {
            Outcome::Refused => String::new(),
            Outcome::Ran(_) if met == checks.len() => format!(" ({met} checks)"),
            Outcome::Ran(_) => format!(" ({met} of {} checks)", checks.len()),
        };
        let mut text = format!("{:7} {}{counted}\n", self.word(), self.case);
        let mistakes: Vec<Diagnostic> = self
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .cloned()
            .collect();
        text.push_str(&render(&self.sources, &mistakes));
        for check in checks.iter().filter(|check| !check.is_met) {
            let (line, column) = self.sources.line_column(check.span);
            let path = self.sources.path(check.span.file);
            let whom = [&*check.partner, &*check.period]
                .into_iter()
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(", ");
            // Writing into a text cannot fail.
            let _ = writeln!(
                text,
                "  {path}:{line}:{column}  {}{}",
                check.asked,
                if whom.is_empty() {
                    whom
                } else {
                    format!(" ({whom})")
                }
            );
            let _ = writeln!(text, "    expected  {}", check.expected);
            let _ = writeln!(text, "    got       {}", check.got);
            for line in check.because.lines() {
                let _ = writeln!(text, "      {line}");
            }
        }
        text
    }

    /// As data.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let checks: Vec<Json> = self
            .checks()
            .iter()
            .map(|check| {
                let (line, column) = self.sources.line_column(check.span);
                json!({
                    "asked": check.asked,
                    "partner": check.partner,
                    "period": check.period,
                    "expected": check.expected,
                    "got": check.got,
                    "met": check.is_met,
                    "file": self.sources.path(check.span.file),
                    "line": line,
                    "column": column,
                    "because": check.because,
                })
            })
            .collect();
        json!({
            "case": self.case,
            "outcome": self.word(),
            "checks": checks,
            "diagnostics": to_json(&self.sources, &self.diagnostics),
        })
    }
}
