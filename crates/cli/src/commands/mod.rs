//! One file a command.

pub mod certify;
pub mod check;
pub mod completions;
pub mod demo;
pub mod diff;
pub mod explain;
pub mod facts_diff;
pub mod facts_files;
pub mod facts_flag;
pub mod facts_log;
pub mod facts_quality;
pub mod ingest;
pub mod init;
pub mod quarantine;
pub mod run;
pub mod runs;
pub mod schema;
pub mod serve;
pub mod statement;
pub mod test;
pub mod whatif;
pub mod why;
pub mod words;
