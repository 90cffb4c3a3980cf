//! Outside the cage: a decoder is started, watched, measured and ended, and what it gives is read with care.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::frame::{Bytes, Frame, FrameKind, Garbled, Names, read_frame};
use super::job::Job;
use super::refusal::Refusal;
use super::rows::{Places, Row};
use super::{Cage, Decoding, SILENCE_MAX, child};
use crate::error::{Fault, FileRefusal};
use crate::input::{GZIP_FREE_BYTES, GZIP_RATIO_MAX};
use crate::words::shown;

/// Bytes of rows for each of the file, from [`ROWS_FREE_BYTES`] on: what repeats is packed well.
const ROWS_RATIO_MAX: u64 = 1_000;
/// Bytes of rows that any file may give.
const ROWS_FREE_BYTES: u64 = 256 << 20;
/// How often a wish to stop is looked for.
const LOOK: Duration = Duration::from_millis(50);
/// Frames on their way: the decoder waits when nobody takes them.
const FRAMES_WAITING: usize = 4;

/// Why a file was not decoded.
#[derive(Debug, thiserror::Error)]
pub enum NotDecoded {
    /// The file is refused.
    #[error(transparent)]
    Refused(FileRefusal),
    /// The world failed.
    #[error(transparent)]
    Fault(Fault),
    /// Somebody asked to stop.
    #[error("stopped")]
    Stopped,
}

/// A file on its way out of a cage.
#[derive(Debug)]
pub struct Decoded<'a> {
    decoder: Decoder,
    frames: Receiver<Result<Frame, Garbled>>,
    silence_max: Duration,
    stop: &'a AtomicBool,
    /// The source's format, as it is called.
    declared: &'static str,
    /// The file's size.
    bytes: u64,
    /// How many of its bytes were read.
    read: u64,
    /// How many bytes it gave.
    given: u64,
    is_at_end: bool,
    names: Option<Names>,
    places: Places,
    /// The frame that rows are read from, and how far it was.
    rows: (Vec<u8>, usize),
    rows_given: u64,
}

/// Who decodes.
#[derive(Debug)]
enum Decoder {
    Process(Child),
    Thread,
}

impl<'a> Decoded<'a> {
    /// Starts decoding a file of so many bytes.
    ///
    /// # Errors
    /// When no decoder can be started.
    pub fn begin(
        decoding: &Decoding,
        job: &Job,
        (file, bytes): (File, u64),
        declared: &'static str,
        stop: &'a AtomicBool,
    ) -> Result<Self, NotDecoded> {
        let fault = |source| NotDecoded::Fault(Fault::Decoder { source });
        let (decoder, frames, silence_max) = match decoding {
            Decoding::Caged(cage) => {
                let mut child = start(cage, job, file).map_err(fault)?;
                let frames = child.stdout.take().map(receive);
                (Decoder::Process(child), frames, cage.silence_max)
            }
            Decoding::Here => {
                let (out_of, into) = io::pipe().map_err(fault)?;
                let job = job.clone();
                let work = move || {
                    // Whoever takes no more frames knows why.
                    let _ = child::decode(&job, file, into);
                };
                thread::Builder::new().spawn(work).map_err(fault)?;
                let frames = Some(receive(out_of));
                (Decoder::Thread, frames, SILENCE_MAX)
            }
        };
        let frames = frames.ok_or_else(|| fault(io::Error::other("it has no output")))?;
        Ok(Self {
            decoder,
            frames,
            silence_max,
            stop,
            declared,
            bytes,
            read: 0,
            given: 0,
            is_at_end: false,
            names: None,
            places: Places::default(),
            rows: (Vec::new(), 0),
            rows_given: 0,
        })
    }

    /// How many bytes of the file were read.
    #[must_use]
    pub fn progress(&self) -> u64 {
        self.read.min(self.bytes)
    }

    /// The next frame; none once the file was read to its end.
    fn frame(&mut self) -> Result<Option<(FrameKind, Vec<u8>)>, NotDecoded> {
        if self.is_at_end {
            return Ok(None);
        }
        let since = Instant::now();
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(NotDecoded::Stopped);
            }
            match self.frames.recv_timeout(LOOK) {
                Ok(Ok(frame)) => {
                    self.read = self.read.max(frame.at);
                    return match frame.kind {
                        FrameKind::End => {
                            self.is_at_end = true;
                            Ok(None)
                        }
                        FrameKind::Refusal => Err(self.refused(&frame.body)),
                        kind => Ok(Some((kind, frame.body))),
                    };
                }
                Ok(Err(garbled)) => return Err(self.garbled(garbled)),
                Err(RecvTimeoutError::Timeout) if since.elapsed() < self.silence_max => {}
                Err(RecvTimeoutError::Timeout) => return Err(self.silent()),
                Err(RecvTimeoutError::Disconnected) => return Err(self.ended()),
            }
        }
    }

    /// Its columns, before any row.
    ///
    /// # Errors
    /// Why it is not decoded.
    pub fn names(&mut self) -> Result<&[String], NotDecoded> {
        let Some((FrameKind::Columns, body)) = self.frame()? else {
            return Err(self.end("gave no columns"));
        };
        let names = Names::read(&body).map_err(|garbled| self.garbled(garbled))?;
        let mut places = vec![None; names.names.len()];
        for (place, at) in names.sent.iter().enumerate() {
            if let Some(slot) = places.get_mut(*at) {
                *slot = Some(place);
            }
        }
        self.places = places.into();
        Ok(&self.names.insert(names).names)
    }

    /// Reads the next row after [`Decoded::names`]; whether there is one.
    ///
    /// # Errors
    /// Why it is not decoded.
    pub fn row(&mut self, row: &mut Row) -> Result<bool, NotDecoded> {
        let promised = self.names.as_ref().and_then(|names| names.rows);
        while self.rows.0.len() <= self.rows.1 {
            let (kind, body) = match self.frame()? {
                Some(frame) => frame,
                None if promised.is_some_and(|promised| promised > self.rows_given) => {
                    return Err(self.garbled(Garbled("fewer rows than it promised")));
                }
                None => return Ok(false),
            };
            self.given += body.len() as u64;
            if kind != FrameKind::Rows {
                return Err(self.garbled(Garbled("a frame out of its place")));
            }
            let measure = self.bytes.saturating_mul(ROWS_RATIO_MAX);
            if self.given > ROWS_FREE_BYTES.max(measure) {
                return Err(self.end("gave back more than a file of its size can hold"));
            }
            self.rows = (body, 0);
        }
        let sent = self.names.as_ref().map_or(&[][..], |names| &names.sent);
        let left = self.rows.0.get(self.rows.1..).unwrap_or_default();
        let mut bytes = Bytes(left);
        let filled = row.fill(&mut bytes, sent, &self.places);
        self.rows.1 = self.rows.0.len() - bytes.0.len();
        filled.map_err(|garbled| self.garbled(garbled))?;
        self.rows_given += 1;
        if promised.is_some_and(|promised| promised < self.rows_given) {
            return Err(self.garbled(Garbled("more rows than it promised")));
        }
        Ok(true)
    }

    fn refused(&mut self, body: &[u8]) -> NotDecoded {
        match serde_json::from_slice::<Refusal>(body) {
            Ok(refusal) => refusal.into_not_decoded(self.declared, self.given),
            Err(error) => self.end(&format!("gave back what no decoder gives ({error})")),
        }
    }

    fn garbled(&mut self, garbled: Garbled) -> NotDecoded {
        self.end(&format!("gave back what no decoder gives ({})", garbled.0))
    }

    fn silent(&mut self) -> NotDecoded {
        let seconds = self.silence_max.as_secs_f64().ceil();
        self.end(&format!("gave nothing for {seconds} s and was ended"))
    }

    /// Ends the decoder and refuses the file.
    fn end(&mut self, how: &str) -> NotDecoded {
        self.decoder.end();
        NotDecoded::Refused(FileRefusal::Decoder { how: shown(how) })
    }

    /// It ended by itself, and too early.
    fn ended(&mut self) -> NotDecoded {
        let since = Instant::now();
        let how = loop {
            match self.decoder.status() {
                Some(Ok(how)) => break how,
                Some(Err(source)) => return NotDecoded::Fault(Fault::Decoder { source }),
                None if since.elapsed() < self.silence_max => thread::sleep(LOOK / 10),
                None => return self.silent(),
            }
        };
        self.end(&how)
    }
}

/// Starts a decoder with the file as its input, and nothing else of this process.
fn start(cage: &Cage, job: &Job, file: File) -> io::Result<Child> {
    let job = serde_json::to_string(job).map_err(io::Error::other)?;
    Command::new(&cage.program)
        .args(&cage.before)
        .arg(job)
        .env_clear()
        .current_dir("/")
        .stdin(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

/// Reads frames as they come, a few ahead.
fn receive(mut from: impl Read + Send + 'static) -> Receiver<Result<Frame, Garbled>> {
    let (give, take) = sync_channel(FRAMES_WAITING);
    thread::spawn(move || {
        while let Some(frame) = read_frame(&mut from).transpose() {
            let is_last = frame.is_err();
            if give.send(frame).is_err() || is_last {
                break;
            }
        }
    });
    take
}

impl Decoder {
    /// How it ended, if it did.
    fn status(&mut self) -> Option<io::Result<String>> {
        match self {
            Self::Process(child) => match child.try_wait() {
                Ok(status) => status.map(|status| Ok(how_ended(status))),
                Err(error) => Some(Err(error)),
            },
            Self::Thread => Some(Ok("gave up before the end of the file".to_owned())),
        }
    }

    /// Ends it, with all that it may have started.
    fn end(&mut self) {
        match self {
            Self::Process(child) => {
                // Once it was waited for, its number may be another's.
                if matches!(child.try_wait(), Ok(None)) {
                    // It may end by itself meanwhile, and then there is nothing to end.
                    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
                    let _ = child.wait();
                }
            }
            // It ends when nobody takes its frames.
            Self::Thread => {}
        }
    }
}

fn how_ended(status: ExitStatus) -> String {
    const ABORTED: i32 = 6;
    const TIME: i32 = 24;
    const SYSTEM_CALL: i32 = 31;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with {code} before the end of the file"),
        (None, Some(ABORTED)) => "aborted, as one does that runs out of memory".to_owned(),
        (None, Some(TIME)) => "took more time of the processor than it may".to_owned(),
        (None, Some(SYSTEM_CALL)) => "tried what no decoder may, and was ended".to_owned(),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended before the end of the file".to_owned(),
    }
}

impl Drop for Decoded<'_> {
    fn drop(&mut self) {
        self.decoder.end();
    }
}

/// Text on its way out of a cage. Its errors are [`NotDecoded`] inside an [`io::Error`].
#[derive(Debug)]
pub struct CagedText<'a> {
    decoded: Decoded<'a>,
    frame: Vec<u8>,
    used: usize,
}

impl<'a> CagedText<'a> {
    /// The text that a job unpacks.
    #[must_use]
    pub fn new(decoded: Decoded<'a>) -> Self {
        Self {
            decoded,
            frame: Vec::new(),
            used: 0,
        }
    }

    /// How many bytes of the file were read.
    #[must_use]
    pub fn progress(&self) -> u64 {
        self.decoded.progress()
    }

    fn fill(&mut self) -> Result<(), NotDecoded> {
        while self.frame.len() <= self.used {
            let Some((kind, text)) = self.decoded.frame()? else {
                return Ok(());
            };
            if kind != FrameKind::Text {
                return Err(self.decoded.garbled(Garbled("a frame out of its place")));
            }
            self.decoded.given += text.len() as u64;
            let given = self.decoded.given;
            if given > GZIP_FREE_BYTES && given / GZIP_RATIO_MAX > self.decoded.bytes {
                self.decoded.decoder.end();
                return Err(NotDecoded::Refused(FileRefusal::Bomb));
            }
            (self.frame, self.used) = (text, 0);
        }
        Ok(())
    }
}

impl Read for CagedText<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.fill().map_err(io::Error::other)?;
        let mut left = self.frame.get(self.used..).unwrap_or_default();
        let read = left.read(into)?;
        self.used += read;
        Ok(read)
    }
}
