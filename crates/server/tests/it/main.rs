//! The server asked without a network, before a program that answers the same to everybody: whoever gets an answer was let in.

mod access;
mod bench;
mod description;
mod hostile;
mod mail;
mod once;
mod provider;
mod sign_on;
mod told;
mod watched;
mod webhooks;
mod world;
