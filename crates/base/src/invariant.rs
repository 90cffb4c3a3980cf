//! What must always hold, by name.
//!
//! An invariant is asserted where a thing is made and again where it is used. A broken one is a bug, never a refusal: it
//! panics with its name, what it says and where it was noticed. This module knows nothing of what it guards.

/// Something that must always hold.
///
/// ```
/// use trueup_base::invariant::{ALL, SH1};
///
/// assert_eq!((SH1.name, SH1.says), ("SH1", "the parts of an allocation and what stays add up to its total"));
/// assert!(ALL.contains(&SH1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// The name that code and documents use.
    pub name: &'static str,
    /// What must hold, as a sentence.
    pub says: &'static str,
}

/// Declares the list, so that no invariant can be missing from [`ALL`].
macro_rules! invariants {
    ($($name:ident: $says:literal,)+) => {
        $(
            #[doc = $says]
            pub const $name: Invariant = Invariant { name: stringify!($name), says: $says };
        )+

        /// Every named invariant, in the order of this file.
        pub const ALL: &[Invariant] = &[$($name),+];
    };
}

invariants! {
    BK1: "the postings of a batch come to zero in each currency",
    EX1: "a scale is at most 1,000 decimal places",
    EX2: "a small number is in lowest terms with a positive denominator",
    SH1: "the parts of an allocation and what stays add up to its total",
    SH2: "fewer units are left over than members have a weight",
    WY1: "what the causes did to a line adds up to the difference between the two runs",
    WN1: "a window's dates rise: full_starts <= starts < ends <= full_ends",
}

/// Panics, naming the invariant. Called by [`invariant!`](crate::invariant!).
///
/// # Panics
///
/// Always.
#[cold]
#[track_caller]
pub fn broken(invariant: Invariant, seen: std::fmt::Arguments<'_>) -> ! {
    panic!(
        "invariant {} is broken: {}; seen: {seen}",
        invariant.name, invariant.says
    )
}

/// Asserts a named invariant of [`trueup_base::invariant`](mod@crate::invariant).
///
/// ```
/// let (parts, total) = ([2, 3], 5);
/// trueup_base::invariant!(SH1, parts.iter().sum::<i32>() == total);
/// trueup_base::invariant!(SH1, parts.iter().sum::<i32>() == total, "parts {parts:?} of {total}");
/// ```
#[macro_export]
macro_rules! invariant {
    ($name:ident, $holds:expr $(,)?) => {
        if !$holds {
            $crate::invariant::broken($crate::invariant::$name, format_args!("{}", stringify!($holds)))
        }
    };
    ($name:ident, $holds:expr, $($seen:tt)+) => {
        if !$holds {
            $crate::invariant::broken($crate::invariant::$name, format_args!($($seen)+))
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(
        expected = "invariant SH1 is broken: the parts of an allocation and what stays add up to its total; seen: 4 of 5"
    )]
    fn a_broken_invariant_names_itself_and_what_was_seen() {
        let (parts, total) = (4, 5);
        crate::invariant!(SH1, parts == total, "{parts} of {total}");
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = ALL.iter().map(|invariant| invariant.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
