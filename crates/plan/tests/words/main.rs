//! The plan in plain English: goldens that were read as a partner reads them, and proof that nothing is left out.

mod book;
mod complete;
mod golden;
mod hostile;
mod mutants;
mod support;
mod unambiguous;
