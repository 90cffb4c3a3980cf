//! Why a measure stays with the rows.

use trueup_plan::tree::Text;

/// Why a measure is answered from its rows, one by one, and not by the executor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A quotient has no exact decimal.
    #[error("it divides, and a quotient need not end")]
    Division,
    /// A rounding in the middle of a row's formula.
    #[error("it rounds")]
    Rounding,
    /// Full months depend on the days of the months.
    #[error("it counts months")]
    Months,
    /// Sums in the order of the rows.
    #[error("it runs over the rows in order")]
    Running,
    /// A rate table asked on each row.
    #[error("it asks the table {0} on each row")]
    Table(Text),
    /// The window the measure is asked in.
    #[error("it depends on the window it is asked in")]
    Window,
    /// A value that is worked out for a partner and a window.
    #[error("it reads {0}, which is worked out for a partner and a window")]
    Name(Text),
    /// Another window, other partners, a key, a rate.
    #[error("it asks {0}")]
    Question(&'static str),
    /// The credit's distance, where credits go up the hierarchy.
    #[error("it reads the credit's level, and its credits go up the hierarchy")]
    CreditLevel,
    /// What varies between partners, where credits go up the hierarchy.
    #[error("it reads something of the credited partner, and its credits go up the hierarchy")]
    CreditedPartner,
    /// Credits that go up through partners who are not among those measured.
    #[error("its credits go up the hierarchy from partners under another plan")]
    Beyond,
    /// A figure that is no decimal.
    #[error("{0} is no decimal of at most 38 digits")]
    Figure(String),
    /// More digits than the executor has.
    #[error("it needs {digits} digits, and the executor has {DIGITS_WIDE}")]
    Room {
        /// How many it needs.
        digits: u32,
    },
    /// A date moved by months.
    #[error("it moves a date by months")]
    DateMoved,
    /// The kinds of no answer are told apart where both can occur.
    #[error("it tells missing from undefined where both can occur")]
    NoAnswers,
    /// An answer that is no number.
    #[error("its answer is no number")]
    NotANumber,
    /// A column that is not stored, or of another type.
    #[error("the column {0} is not stored as declared")]
    Column(String),
    /// More parts than are worth it.
    #[error("its formula has more than {PARTS_MAX} parts or {DEPTH_MAX} levels")]
    Size,
    /// Parts whose types do not fit; a checked plan has none.
    #[error("its parts have types that do not fit")]
    Types,
}

/// The digits of the executor's widest decimal.
pub const DIGITS_WIDE: u8 = 76;
/// The digits of the executor's fast decimal.
pub const DIGITS_NARROW: u8 = 38;
/// The most parts of a lowered formula, names written out.
pub const PARTS_MAX: usize = 2_000;
/// The deepest nesting of a lowered formula.
pub const DEPTH_MAX: usize = 64;
