//! The counter: one thread judges and keeps what is pushed, another folds it. Whoever pushes waits for both disk and verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::oneshot;
use trueup_plan::diagnostic::any_error;

use super::desk::{Desk, Outcome, Push};
use super::fold::{Fold, request_path};
use super::inbox::{Segment, segments};
use crate::digest::Digest;
use crate::disk::Disk;
use crate::error::Fault;
use crate::flags::{FactName, NotFlagged, flag_in};
use crate::program::Program;
use crate::replay::{self, Order, Settled, Signed, settle_in};
use crate::store::Tables;

/// How many pushes may wait.
const QUEUE: usize = 1_024;
/// How many bytes of events may be under way.
const BYTES_MAX: usize = 64 << 20;
/// How many events are kept together, at most.
const GROUP_MAX: usize = 2_000;
/// How many rows wait before they are folded.
const FOLD_ROWS: u64 = 100_000;
/// How long a row waits before it is folded, when nobody asks.
const FOLD_AFTER: Duration = Duration::from_secs(10);
/// How often somebody's wish is looked for.
const LOOK: Duration = Duration::from_millis(25);

/// Why nothing was taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Too much is under way.
    #[error("more comes in than can be kept; send it again in a second")]
    Busy,
    /// The disk refused.
    #[error("nothing of it was kept: {0}")]
    Fault(String),
    /// The counter is closing.
    #[error("the server is stopping; send it again")]
    Closing,
}

type Answer = Result<Vec<Outcome>, NotTaken>;

enum ToDesk {
    Push(Push, oneshot::Sender<Answer>),
    Seal(SyncSender<Sealed>),
    Stop,
}

/// What is folded next.
struct Sealed {
    segments: Vec<Segment>,
    /// How many rows were sealed just now.
    rows: u64,
}

enum ToFold {
    Fold(oneshot::Sender<Result<(), String>>),
    Flag(
        Flagging,
        oneshot::Sender<Result<Result<(), NotFlagged>, String>>,
    ),
    Settle(
        Settling,
        oneshot::Sender<Result<Result<Settled, replay::Refusal>, String>>,
    ),
    Stop,
}

/// Rows that were set aside, and what becomes of them.
struct Settling {
    order: Order,
    signed: Option<Signed>,
    now: Timestamp,
}

/// Rows that somebody doubts.
struct Flagging {
    rows: Vec<FactName>,
    signed: Signed,
    now: Timestamp,
}

/// How many rows wait, and how many were folded since the counter was opened.
#[derive(Default)]
struct Tally {
    waiting: AtomicU64,
    folded: AtomicU64,
}

/// Takes pushes for as long as it lives, and is the only one who may write facts meanwhile.
pub struct Counter {
    sources: Vec<Arc<str>>,
    desk: SyncSender<ToDesk>,
    fold: SyncSender<ToFold>,
    bytes: Arc<AtomicUsize>,
    tally: Arc<Tally>,
    threads: Vec<JoinHandle<()>>,
}

impl Counter {
    /// Opens the counter: what an earlier one left is folded first. The clock says when rows come.
    ///
    /// # Errors
    /// When another process may write, or the world fails.
    pub fn open(
        program: &Arc<Program>,
        disk: &Disk,
        clock: fn() -> Timestamp,
    ) -> Result<Self, Fault> {
        let tables = Tables::of(&program.folder, disk.clone())?;
        let lock = tables.lock()?;
        let left = segments(tables.state())?;
        Fold::new(program, &tables).all(&left)?;
        let desk = Desk::open(program.clone(), &tables, disk)?;
        let sources = desk.sources().cloned().collect();
        let (to_desk, at_desk) = sync_channel(QUEUE);
        let (to_fold, at_fold) = sync_channel(QUEUE);
        let tally: Arc<Tally> = Arc::default();
        let state = tables.state().to_owned();
        let desk_thread = {
            let tally = tally.clone();
            std::thread::spawn(move || run_desk(desk, &at_desk, &tally.waiting, &state, clock))
        };
        let fold_thread = {
            let (program, to_desk, tally) = (program.clone(), to_desk.clone(), tally.clone());
            std::thread::spawn(move || {
                let _lock = lock;
                run_fold(&program, &tables, &at_fold, &to_desk, &tally);
            })
        };
        Ok(Self {
            sources,
            desk: to_desk,
            fold: to_fold,
            bytes: Arc::default(),
            tally,
            threads: vec![fold_thread, desk_thread],
        })
    }

    /// The sources that may be pushed to.
    #[must_use]
    pub fn sources(&self) -> &[Arc<str>] {
        &self.sources
    }

    /// How many rows were acknowledged and wait to be folded.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.tally.waiting.load(Ordering::SeqCst)
    }

    /// How many rows were folded since the counter was opened.
    #[must_use]
    pub fn folded(&self) -> u64 {
        self.tally.folded.load(Ordering::SeqCst)
    }

    /// Takes events; when this returns, what was accepted lasts.
    ///
    /// # Errors
    /// Why nothing was taken.
    pub async fn push(&self, push: Push) -> Answer {
        let bytes: usize = push.events.iter().map(String::len).sum();
        let under_way = self.bytes.fetch_add(bytes, Ordering::SeqCst) + bytes;
        let answer = match under_way > BYTES_MAX {
            true => Err(NotTaken::Busy),
            false => {
                let (reply, answer) = oneshot::channel();
                match self.desk.try_send(ToDesk::Push(push, reply)) {
                    Ok(()) => answer.await.unwrap_or(Err(NotTaken::Closing)),
                    Err(TrySendError::Full(_)) => Err(NotTaken::Busy),
                    Err(TrySendError::Disconnected(_)) => Err(NotTaken::Closing),
                }
            }
        };
        self.bytes.fetch_sub(bytes, Ordering::SeqCst);
        answer
    }

    /// Folds what was acknowledged until now.
    ///
    /// # Errors
    /// What the world said.
    pub async fn fold(&self) -> Result<(), String> {
        let closing = || NotTaken::Closing.to_string();
        let (reply, answer) = oneshot::channel();
        self.fold
            .try_send(ToFold::Fold(reply))
            .map_err(|_| closing())?;
        answer.await.map_err(|_| closing())?
    }

    /// Says that rows are in doubt: whoever takes pushes is the only one who may write.
    ///
    /// # Errors
    /// What the world said; inside, why nothing was flagged.
    pub async fn flag(
        &self,
        rows: Vec<FactName>,
        signed: Signed,
        now: Timestamp,
    ) -> Result<Result<(), NotFlagged>, String> {
        let closing = || NotTaken::Closing.to_string();
        let (reply, answer) = oneshot::channel();
        let flagging = Flagging { rows, signed, now };
        self.fold
            .try_send(ToFold::Flag(flagging, reply))
            .map_err(|_| closing())?;
        answer.await.map_err(|_| closing())?
    }

    /// Settles rows that were set aside, by the declarations as they are now: whoever takes pushes is the only one who may write.
    ///
    /// # Errors
    /// What the world said; inside, why it was refused.
    pub async fn settle(
        &self,
        order: Order,
        signed: Option<Signed>,
        now: Timestamp,
    ) -> Result<Result<Settled, replay::Refusal>, String> {
        let closing = || NotTaken::Closing.to_string();
        let (reply, answer) = oneshot::channel();
        let settling = Settling { order, signed, now };
        self.fold
            .try_send(ToFold::Settle(settling, reply))
            .map_err(|_| closing())?;
        answer.await.map_err(|_| closing())?
    }

    /// Folds what waits and closes.
    pub fn close(self) {
        // Who is gone needs no word.
        let _ = self.fold.send(ToFold::Stop);
        let mut threads = self.threads.into_iter();
        if let Some(fold) = threads.next() {
            let _ = fold.join();
        }
        let _ = self.desk.send(ToDesk::Stop);
        if let Some(desk) = threads.next() {
            let _ = desk.join();
        }
    }
}

fn run_desk(
    mut desk: Desk,
    inbox: &Receiver<ToDesk>,
    waiting: &AtomicU64,
    state: &std::path::Path,
    clock: fn() -> Timestamp,
) {
    while let Ok(first) = inbox.recv() {
        let mut pushes = Vec::new();
        let mut replies = Vec::new();
        let mut then = None;
        let mut next = Some(first);
        let mut events = 0;
        // Whatever came while the last group was kept is kept together.
        while let Some(message) = next {
            match message {
                ToDesk::Push(push, reply) => {
                    events += push.events.len();
                    pushes.push(push);
                    replies.push(reply);
                }
                other => {
                    then = Some(other);
                    break;
                }
            }
            next = match events < GROUP_MAX {
                true => inbox.try_recv().ok(),
                false => None,
            };
        }
        let taken = desk.take(&pushes, clock());
        // Before anybody is told: what was acknowledged is known to wait.
        waiting.store(desk.waiting(), Ordering::SeqCst);
        match taken {
            Ok(outcomes) => {
                for (reply, outcomes) in replies.into_iter().zip(outcomes) {
                    // Who hung up asks again and is told the same.
                    let _ = reply.send(Ok(outcomes));
                }
            }
            Err(fault) => {
                let said = NotTaken::Fault(fault.to_string());
                for reply in replies {
                    let _ = reply.send(Err(said.clone()));
                }
            }
        }
        match then {
            Some(ToDesk::Seal(reply)) => {
                let rows = desk.waiting();
                desk.seal();
                waiting.store(0, Ordering::SeqCst);
                let segments = segments(state).unwrap_or_default();
                let _ = reply.send(Sealed { segments, rows });
            }
            Some(ToDesk::Stop) => return,
            Some(ToDesk::Push(..)) | None => {}
        }
    }
}

/// The program as it is declared now, with the aliases and lists of now; none where it cannot be read, or its kinds are others
/// than those that pushes are judged by.
fn as_declared(program: &Program) -> Result<Option<Program>, Fault> {
    let kinds = |program: &Program| -> Vec<(Arc<str>, Digest)> {
        let said = program.said.iter();
        let said = said.map(|(name, digest)| (name.clone(), *digest));
        said.filter(|(name, _)| name.starts_with("kind ")).collect()
    };
    let now = Program::read(&program.folder)?;
    let now = now.program.filter(|_| !any_error(&now.diagnostics));
    Ok(now.filter(|now| kinds(now) == kinds(program)))
}

fn run_fold(
    program: &Program,
    tables: &Tables,
    wishes: &Receiver<ToFold>,
    desk: &SyncSender<ToDesk>,
    tally: &Tally,
) {
    let mut fold = Fold::new(program, tables);
    let request = request_path(tables.state());
    let mut since: Option<Instant> = None;
    let mut unfolded = 0;
    loop {
        let wish = match wishes.recv_timeout(LOOK) {
            Ok(wish) => Some(wish),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let wish = match wish {
            Some(ToFold::Flag(flagging, reply)) => {
                let Flagging { rows, signed, now } = flagging;
                let done = flag_in((program, tables), &rows, false, &signed, now);
                // What the tables were before is known no longer.
                fold = Fold::new(program, tables);
                let done = done.map(|flagged| flagged.map(drop));
                // Whoever asked may have gone.
                let _ = reply.send(done.map_err(|fault| fault.to_string()));
                continue;
            }
            Some(ToFold::Settle(settling, reply)) => {
                let Settling { order, signed, now } = settling;
                let done = as_declared(program).and_then(|declared| {
                    let program = declared.as_ref().unwrap_or(program);
                    settle_in((program, tables), &order, signed.as_ref(), now)
                });
                fold = Fold::new(program, tables);
                let _ = reply.send(done.map_err(|fault| fault.to_string()));
                continue;
            }
            other => other,
        };
        let rows = tally.waiting.load(Ordering::SeqCst);
        since = match rows {
            0 => None,
            _ => since.or_else(|| Some(Instant::now())),
        };
        let is_asked = request.exists();
        let is_due = rows >= FOLD_ROWS || since.is_some_and(|since| since.elapsed() >= FOLD_AFTER);
        if wish.is_none() && !is_asked && !is_due {
            continue;
        }
        // Whoever asks after this is folded for the next time.
        if is_asked {
            let _ = std::fs::remove_file(&request);
        }
        let (reply, sealed) = sync_channel(1);
        let done = match desk.send(ToDesk::Seal(reply)).ok().and(sealed.recv().ok()) {
            Some(sealed) => {
                // What could not be folded is with the segments of the next time.
                unfolded += sealed.rows;
                let done = fold.all(&sealed.segments);
                if done.is_ok() {
                    tally.folded.fetch_add(unfolded, Ordering::SeqCst);
                    unfolded = 0;
                }
                done.map(drop).map_err(|fault| fault.to_string())
            }
            None => Ok(()),
        };
        since = None;
        match wish {
            Some(ToFold::Fold(reply)) => {
                let _ = reply.send(done);
            }
            Some(ToFold::Stop) => return,
            // Flags were answered before.
            Some(ToFold::Flag(..) | ToFold::Settle(..)) | None => {}
        }
    }
}
