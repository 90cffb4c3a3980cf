//! What happens to the program behind a server.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};

use trueup_server::Refused;

/// What happens to the program behind the server.
#[derive(Default)]
pub struct World {
    /// How many calculations it took.
    pub calculated: AtomicU64,
    /// The partners that each act touches; none where it is about all.
    pub touched: Mutex<Option<Vec<String>>>,
    /// The sources that are late, each with the day that it missed.
    pub late: Mutex<Vec<(String, String)>>,
    /// Whether it fails.
    pub is_broken: AtomicBool,
    /// Whether calculations wait, and those who wait for that to end.
    held: Mutex<bool>,
    released: Condvar,
    /// Told when a calculation begins.
    pub begun: tokio::sync::Notify,
}

impl World {
    /// Lets calculations wait, or go on.
    pub fn hold(&self, is_held: bool) {
        *self.held.lock().expect("held") = is_held;
        self.released.notify_all();
    }

    /// Calculates, once it may.
    pub fn calculate(&self) -> Result<u64, Refused> {
        self.begun.notify_one();
        let held = self.held.lock().expect("held");
        drop(
            self.released
                .wait_while(held, |held| *held)
                .expect("released"),
        );
        match self.is_broken.load(Ordering::SeqCst) {
            true => Err(Refused::fault("the disk is full")),
            false => Ok(self.calculated.fetch_add(1, Ordering::SeqCst) + 1),
        }
    }
}
