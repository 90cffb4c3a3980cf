//! What leaves the house, held to its laws and to what others read in it.

mod elsewhere;
mod ledger;
mod papers;
mod payments;
mod payments_laws;
mod statements;
