//! What a plan does that nobody meant: cliffs, places where earning more pays less, bands and gates nobody reaches, pay
//! without end, pay for activity alone.
//!
//! [`findings`] takes a checked plan with sample agreements and returns diagnostics. What can be proved of formulas
//! stands under `analytic`, what is read off lists and facts under `listing`. The crate must never know a file, a clock
//! or how facts were stored. It keeps two promises: whatever it reports was put to the evaluator and came out so, and
//! what it could not decide it names and never passes as fine.
//!
//! # Adding a kind of finding
//!
//! One file with a `KIND` (its name, its codes, what it looks for, and the function that looks), and one line in
//! `registry.rs`. The function gets a [`Study`]: the subject, and what all kinds share. It returns diagnostics
//! with a code of its own, the place in the plan, what would be right, and, where figures are claimed, a
//! [`Counterexample`](trueup_plan::diagnostic::Counterexample) whose answers come from the evaluator. Then: a row for
//! each code in `docs/plan-errors.md` and a section in `docs/plan-checks.md`, a plan with the fault and its output under
//! `tests/planted`, and a plan that comes close and must stay quiet under `tests/clean`.
//!
//! How heavy a finding is: an error where a counterexample would surprise both sides, a warning where somebody should
//! look before it is signed, a note for what is only good to know or could not be decided.
#![forbid(unsafe_code)]
#![deny(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::float_arithmetic
)]

mod analytic;
mod listing;
mod registry;
mod study;
mod subject;

pub use registry::{KINDS, Kind};
pub use study::Study;
pub use subject::{Class, Facts, Sample, Subject, WorkedExample};

use trueup_plan::diagnostic::Diagnostic;

/// Everything there is to find in a plan, in the order of its kinds.
///
/// ```
/// use trueup_plan::check::{Strictness, read};
/// use trueup_plan::diagnostic::Sources;
/// use trueup_prove::{Subject, findings};
///
/// let text = "\
/// plan: cash-back
/// currency: USD
/// facts:
///   sale: { columns: { partner: partner, on: date, amount: money } }
/// measures:
///   sales: { is: What was bought, sum: sale.amount }
/// components:
///   rebate: { is: Two percent of it, pays: 2% * sales, at_most: 5_000 }
/// ";
/// let mut sources = Sources::new();
/// let (plan, _) = read(&mut sources, &[("cash-back.yaml", text)], Strictness::Draft);
/// let plan = plan.ok_or("a plan")?;
/// let found = findings(&Subject::new(&plan, Strictness::Draft));
/// assert!(!trueup_plan::diagnostic::any_error(&found));
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn findings(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let study = Study::new(subject);
    KINDS.iter().flat_map(|kind| (kind.find)(&study)).collect()
}
