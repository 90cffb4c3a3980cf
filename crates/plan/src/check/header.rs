//! What a plan says before its blocks: currency, calendar, period, rounding, goals.

use crate::check::constant;
use crate::check::names::Names;
use crate::check::spelling::{HelpIf, shown};
use crate::check::words;
use crate::diagnostic::Diagnostic;
use crate::document::{CalendarText, PlanText, RoundingText, WithinText};
use crate::formula::{Formula, FormulaKind, Suffix};
use crate::tree::{MoneyRounding, Objective, Type, Unit, Within};
use trueup_base::calendar::{Calendar, MonthDay, WindowUnit};
use trueup_base::date::Duration;
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_base::rounding::Rounding;

/// The head of a plan.
pub(super) struct Header {
    pub(super) currency: Currency,
    pub(super) calendar: Calendar,
    pub(super) period: WindowUnit,
    pub(super) money: MoneyRounding,
    pub(super) reach_back: Option<Duration>,
}

/// Reads the head; nothing without a currency, which the reader tells.
pub(super) fn read(text: &PlanText, diagnostics: &mut Vec<Diagnostic>) -> Option<Header> {
    let period = words::window(text.period.as_ref());
    let calendar = match &text.calendar {
        Some(calendar) => read_calendar(calendar, diagnostics),
        None => Calendar::default(),
    };
    if let Some(scalar) = &text.period
        && period == Some(WindowUnit::Period)
        && calendar.periods().is_empty()
    {
        diagnostics.push(
            Diagnostic::error(
                "S3",
                scalar.span,
                "`period` windows are listed in the calendar, and it lists none",
            )
            .help("calendar: { periods: [2021-09-29, 2021-10-29] }"),
        );
    }
    let reach_back = text
        .corrections
        .as_ref()
        .and_then(|corrections| corrections.reach_back.as_ref())
        .and_then(duration);
    let currency = Currency::parse(&text.currency.as_ref()?.text).ok()?;
    let default = MoneyRounding {
        to: currency.minor_unit(),
        mode: Rounding::HalfAway,
    };
    let money = match &text.money {
        Some(rounding) => read_rounding(rounding, &default, diagnostics),
        None => default,
    };
    Some(Header {
        currency,
        calendar,
        period: period.unwrap_or(WindowUnit::Month),
        money,
        reach_back,
    })
}

fn read_calendar(text: &CalendarText, diagnostics: &mut Vec<Diagnostic>) -> Calendar {
    let mut calendar = Calendar::default();
    if let Some(scalar) = &text.year_starts {
        match month_day(&scalar.text) {
            Some(day) => calendar = calendar.starting(day),
            None => diagnostics.push(
                Diagnostic::error(
                    "S4",
                    scalar.span,
                    format!("`{}` is no day of the year", shown(&scalar.text)),
                )
                .help("write month and day, such as 12-01; 29 February is no start"),
            ),
        }
    }
    if let Some(scalar) = &text.weeks {
        match calendar.clone().with_weeks_text(&scalar.text) {
            Ok(with) => calendar = with,
            Err(mistake) => {
                diagnostics.push(Diagnostic::error("S4", scalar.span, mistake.to_string()))
            }
        }
    }
    if !text.periods.is_empty() {
        let days: Vec<_> = text.periods.iter().filter_map(words::date).collect();
        if days.len() == text.periods.len() {
            match calendar.clone().with_periods(days) {
                Ok(with) => calendar = with,
                Err(mistake) => {
                    let span = text.periods.first().map_or(text.span, |first| first.span);
                    diagnostics.push(Diagnostic::error("S4", span, mistake.to_string()));
                }
            }
        }
    }
    calendar
}

fn month_day(text: &str) -> Option<MonthDay> {
    let (month, day) = text.split_once('-')?;
    if month.len() != 2 || day.len() != 2 {
        return None;
    }
    MonthDay::new(month.parse().ok()?, day.parse().ok()?)
}

/// A rounding, with what it does not say taken from the default.
pub(super) fn read_rounding(
    text: &RoundingText,
    default: &MoneyRounding,
    diagnostics: &mut Vec<Diagnostic>,
) -> MoneyRounding {
    let mode = words::rounding(text.mode.as_ref()).unwrap_or(default.mode);
    let to = match &text.to {
        Some(formula) => match constant::of_formula(formula) {
            Some(step) if step.is_positive() => step,
            _ => {
                diagnostics.push(
                    Diagnostic::error(
                        "P6",
                        formula.span,
                        "what is rounded to is a number above zero, written in the plan",
                    )
                    .help("{ to: 0.01 }"),
                );
                default.to.clone()
            }
        },
        None => default.to.clone(),
    };
    MoneyRounding { to, mode }
}

/// A duration written in the plan; the reader tells what is none.
pub(super) fn duration(formula: &Formula) -> Option<Duration> {
    match &formula.is {
        FormulaKind::Number {
            value,
            suffix: Suffix::Duration(unit),
        } => crate::check::typer::duration(value, unit),
        _ => None,
    }
}

/// A part of a whole, written in the plan: above 0 and at most 1.
pub(super) fn share(
    formula: &Formula,
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Exact> {
    match constant::of_formula(formula) {
        Some(share) if share.is_positive() && share <= Exact::ONE => Some(share),
        Some(share) => {
            diagnostics.push(
                Diagnostic::error(
                    "U8",
                    formula.span,
                    format!(
                        "{what} is above 0% and at most 100%, and this is {}",
                        constant::in_percent(&share)
                    ),
                )
                .help(match &formula.is {
                    FormulaKind::Number {
                        value,
                        suffix: Suffix::None,
                    } if value.is_positive() => format!("write {value}%"),
                    _ => "30%, 1/3, 25% / 3".to_owned(),
                }),
            );
            None
        }
        None => {
            diagnostics.push(
                Diagnostic::error(
                    "U8",
                    formula.span,
                    format!("{what} is a number written in the plan"),
                )
                .help("30%, 1/3, 25% / 3"),
            );
            None
        }
    }
}

/// The most of the variable pay that something may move.
pub(super) fn may_move(part: Option<&Formula>, diagnostics: &mut Vec<Diagnostic>) -> Option<Exact> {
    share(part?, "`may_move`", diagnostics)
}

/// Between which figures something lies: numbers written in the plan.
pub(super) fn within(
    text: Option<&WithinText>,
    of: Type,
    currency: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Within> {
    let text = text?;
    let Type::Number(unit) = of else {
        diagnostics.push(
            Diagnostic::error("U8", text.span, "only a number lies between two figures")
                .help("take `within` out"),
        );
        return None;
    };
    let takes = |code: &str| unit == Unit::MONEY && (code == currency || currency.is_empty());
    let mut end = |formula: &Option<Formula>| {
        let formula = formula.as_ref()?;
        let figure = constant::number(formula, &takes);
        if figure.is_none() {
            let money = match unit {
                Unit::MONEY => format!(", money in {currency}"),
                _ => String::new(),
            };
            diagnostics.push(
                Diagnostic::error(
                    "U8",
                    formula.span,
                    "an end of a range is a number written in the plan",
                )
                .help(format!("0, 5_000_000, 120%{money}")),
            );
        }
        figure
    };
    let within = Within {
        lowest: end(&text.lowest),
        highest: end(&text.highest),
    };
    if let (Some(lowest), Some(highest)) = (&within.lowest, &within.highest)
        && lowest > highest
    {
        diagnostics.push(
            Diagnostic::error(
                "U8",
                text.span,
                format!("nothing lies between {lowest} and {highest}"),
            )
            .help("write the lower figure as `lowest`"),
        );
        return None;
    }
    Some(within)
}

/// The goals, tied to names.
pub(super) fn objectives(
    text: &PlanText,
    names: &Names,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Objective> {
    let mut objectives = Vec::with_capacity(text.objectives.len());
    for objective in &text.objectives {
        let mut by = Vec::with_capacity(objective.by.len());
        for name in &objective.by {
            match names
                .get(&name.text)
                .and_then(|entry| entry.thing.reference())
            {
                Some(reference) => by.push(reference),
                None => unknown_reference(
                    name,
                    "an objective is shown by measures and values",
                    names,
                    diagnostics,
                ),
            }
        }
        objectives.push(Objective {
            goal: objective
                .goal
                .as_ref()
                .map_or_else(|| "".into(), |goal| goal.text.clone()),
            by,
            until: objective.until.as_ref().and_then(words::date),
            span: objective.span,
        });
    }
    objectives
}

/// A name in a list that stands for nothing that belongs there.
pub(super) fn unknown_reference(
    name: &crate::yaml::Scalar,
    what: &str,
    names: &Names,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let is_window = WindowUnit::ALL
        .into_iter()
        .any(|unit| unit.name() == &*name.text);
    let help = match names.closest(&name.text) {
        Some(closest) => Some(format!("did you mean {closest}?")),
        None if is_window => Some(format!("{what}; a window is `over: {}`", name.text)),
        None => None,
    };
    let diagnostic = match names.get(&name.text) {
        Some(entry) => Diagnostic::error(
            "N6",
            name.span,
            format!("`{}` is {}; {what}", shown(&name.text), entry.thing.word()),
        )
        .also(entry.span, "it is given here"),
        None => Diagnostic::error(
            "N1",
            name.span,
            format!("nothing is called `{}`", shown(&name.text)),
        )
        .help_if(help, |help| help),
    };
    diagnostics.push(diagnostic);
}
