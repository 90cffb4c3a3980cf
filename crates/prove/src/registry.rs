//! Every kind of finding, in the order in which they are looked for.

use trueup_plan::diagnostic::Diagnostic;

use crate::study::Study;
use crate::{analytic, listing};

/// One kind of finding.
#[derive(Clone, Copy)]
pub struct Kind {
    /// What it is called here and on the page of checks.
    pub name: &'static str,
    /// The codes it reports; no other kind has them.
    pub codes: &'static [&'static str],
    /// What it looks for, in one sentence.
    pub what: &'static str,
    /// Looks for it.
    pub find: fn(&Study<'_>) -> Vec<Diagnostic>,
}

/// The kinds: those that are proved, then those that are listed.
pub const KINDS: &[Kind] = &[
    // Proved of formulas.
    analytic::bands::KIND,
    analytic::falls::KIND,
    analytic::cliffs::KIND,
    analytic::split::KIND,
    analytic::moved::KIND,
    analytic::order::KIND,
    analytic::agreed::KIND,
    analytic::never::KIND,
    analytic::open::KIND,
    analytic::cost::KIND,
    analytic::undecided::KIND,
    // Read off lists and facts.
    listing::tunnel::KIND,
    listing::outcomes::KIND,
    listing::goals::KIND,
    listing::stacking::KIND,
    listing::crediting::KIND,
    listing::carried::KIND,
    listing::literals::KIND,
    listing::showing::KIND,
    listing::words::KIND,
    listing::reach::KIND,
];
