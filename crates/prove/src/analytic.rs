//! What is proved of formulas: by breakpoints, by intervals, and by trying what the analysis proposes.
