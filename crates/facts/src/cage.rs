//! Decoders in a cage: what comes packed from outside is decoded in a child process that can do nothing else.
//!
//! The child is this program again, started with a hidden word. It is given the file as its standard input, locks itself
//! in (limits, no files, no network, a handful of system calls) before it reads a byte of it, and writes frames to its
//! standard output. The parent takes nothing in them for granted: each is measured, and what no decoder gives, silence,
//! and an early end refuse the file. So a decoder may abort, run out of memory or be taken over, and the file is refused.
//!
//! CSV and JSON that lie there as plain text are read in this process: their readers are its own, and bounded.
#![doc = include_str!("cage/frames.md")]

mod child;
mod decoded;
mod frame;
mod job;
mod lock;
mod packed;
mod refusal;
mod rows;

use std::path::PathBuf;
use std::time::Duration;

pub use child::decoder_asked;
pub use decoded::{CagedText, Decoded, NotDecoded};
pub use job::{Job, Wanted};
pub use lock::lock;
pub use rows::{Odd, Oddity, Row};

pub(crate) use child::{Undecoded, positions};
pub(crate) use frame::{Frames, Names};
pub(crate) use refusal::Refusal;
pub(crate) use rows::RowsOut;

/// Where decoders run.
#[derive(Clone, Debug, Default)]
pub enum Decoding {
    /// In a child process that locks itself in.
    Caged(Cage),
    /// In this process, behind the same frames: for who embeds this crate and brings a cage of their own.
    #[default]
    Here,
}

/// How a decoder is started.
#[derive(Clone, Debug)]
pub struct Cage {
    /// The program.
    pub program: PathBuf,
    /// Its arguments before the job.
    pub before: Vec<String>,
    /// How long it may give nothing while it is waited for.
    pub silence_max: Duration,
}

/// The word that makes this program a decoder.
const WORD: &str = "decode-in-a-cage";

/// How long a decoder may give nothing: as long as it may take for a file of 100 MB as a whole.
const SILENCE_MAX: Duration = Duration::from_secs(60);

impl Cage {
    /// This program again, whose `main` asks [`decoder_asked`] before anything else.
    ///
    /// # Errors
    /// When the program does not know where it lies.
    pub fn of_this_program() -> std::io::Result<Self> {
        // On Linux the running program itself, even if another lies in its place by now.
        let running = PathBuf::from("/proc/self/exe");
        let program = match running.exists() {
            true => running,
            false => std::env::current_exe()?,
        };
        Ok(Self {
            program,
            before: vec![WORD.to_owned()],
            silence_max: SILENCE_MAX,
        })
    }
}
