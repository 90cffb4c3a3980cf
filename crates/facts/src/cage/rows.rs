//! Rows in frames: cells as a typed format holds them, and cells that hold no value one could take.

use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::child::Undecoded;
use super::frame::{Bytes, Frames, Garbled, put_text};
use crate::standardise::{Cell, Cells};

/// What is odd about a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// A number that had more digits than a workbook or a column keeps.
    Rounded,
    /// An error, as `#DIV/0!`.
    Error,
    /// A formula whose value was not stored.
    NoValue,
    /// A day of no calendar.
    NoDay,
    /// A time without its day.
    NoDate,
    /// A number too large or too small.
    TooLarge,
}

impl Oddity {
    const ALL: [Self; 6] = [
        Self::Rounded,
        Self::Error,
        Self::NoValue,
        Self::NoDay,
        Self::NoDate,
        Self::TooLarge,
    ];

    fn byte(self) -> u8 {
        match self {
            Self::Rounded => 16,
            Self::Error => 17,
            Self::NoValue => 18,
            Self::NoDay => 19,
            Self::NoDate => 20,
            Self::TooLarge => 21,
        }
    }
}

/// An odd cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// Its column's position in the file.
    pub at: usize,
    /// What is odd about it.
    pub how: Oddity,
    /// The cell as it is written.
    pub written: String,
}

/// A cell as it is kept while its row is read.
#[derive(Clone, Debug, PartialEq)]
enum Kept {
    Missing,
    Text(Range<usize>),
    Typed(Cell<'static>),
}

/// A decoded row. It is filled again for every row.
#[derive(Debug, Default)]
pub struct Row {
    /// Where it stands in the file, from 1.
    pub at: u64,
    /// Whether it has cells beyond the file's columns.
    pub is_ragged: bool,
    /// Its odd cells; each of them is missing, but for rounded ones.
    pub odd: Vec<Odd>,
    cells: Vec<Kept>,
    texts: String,
    places: Places,
}

/// For each column of a file, its place among the cells of a row.
pub type Places = Arc<[Option<usize>]>;

impl Cells for Row {
    fn cell(&self, at: usize) -> Cell<'_> {
        let place = self.places.get(at).copied().flatten();
        match place.and_then(|place| self.cells.get(place)) {
            None | Some(Kept::Missing) => Cell::Missing,
            Some(Kept::Text(range)) => {
                Cell::Text(self.texts.get(range.clone()).unwrap_or_default())
            }
            Some(Kept::Typed(cell)) => *cell,
        }
    }
}

impl Row {
    /// Fills it from the front of a frame; the columns it carries are `sent`.
    pub fn fill(
        &mut self,
        bytes: &mut Bytes<'_>,
        sent: &[usize],
        places: &Places,
    ) -> Result<(), Garbled> {
        self.cells.clear();
        self.texts.clear();
        self.odd.clear();
        if !Arc::ptr_eq(&self.places, places) {
            self.places = Arc::clone(places);
        }
        self.at = bytes.u64()?;
        let [ragged] = bytes.take()?;
        self.is_ragged = ragged != 0;
        for at in sent {
            let cell = self.read_cell(bytes, *at)?;
            self.cells.push(cell);
        }
        Ok(())
    }

    fn read_cell(&mut self, bytes: &mut Bytes<'_>, at: usize) -> Result<Kept, Garbled> {
        let [kind] = bytes.take()?;
        Ok(match kind {
            0 => Kept::Missing,
            1 => {
                let before = self.texts.len();
                self.texts.push_str(bytes.text()?);
                Kept::Text(before..self.texts.len())
            }
            2 => Kept::Typed(number(bytes)?),
            3 => Kept::Typed(Cell::Day(i32::from_le_bytes(bytes.take()?))),
            4 => Kept::Typed(Cell::Instant(i64::from_le_bytes(bytes.take()?))),
            5 => Kept::Typed(wall(i64::from_le_bytes(bytes.take()?))),
            6 => Kept::Typed(Cell::Flag(false)),
            7 => Kept::Typed(Cell::Flag(true)),
            other => {
                let how = Oddity::ALL.into_iter().find(|odd| odd.byte() == other);
                let how = how.ok_or(Garbled("a cell of no kind"))?;
                let written = bytes.text()?.to_owned();
                self.odd.push(Odd { at, how, written });
                match how {
                    Oddity::Rounded => Kept::Typed(number(bytes)?),
                    _ => Kept::Missing,
                }
            }
        })
    }
}

fn number(bytes: &mut Bytes<'_>) -> Result<Cell<'static>, Garbled> {
    let unscaled = i128::from_le_bytes(bytes.take()?);
    let [scale] = bytes.take()?;
    Ok(Cell::Number { unscaled, scale })
}

/// A wall time by its seconds; what is in no calendar is a day of none.
fn wall(seconds: i64) -> Cell<'static> {
    match Timestamp::from_second(seconds) {
        Ok(instant) => Cell::Wall(Offset::UTC.to_datetime(instant)),
        Err(_) => Cell::Day(i32::MAX),
    }
}

/// How many bytes of rows make a frame.
const ROWS_BYTES: usize = 128 << 10;

/// Rows on their way out.
pub struct RowsOut<'a, W> {
    frames: &'a mut Frames<W>,
    body: Vec<u8>,
}

impl<'a, W: Write> RowsOut<'a, W> {
    pub fn new(frames: &'a mut Frames<W>) -> Self {
        Self {
            frames,
            body: Vec::with_capacity(2 * ROWS_BYTES),
        }
    }

    /// Begins a row; its cells follow, one for each column that is sent.
    pub fn begin(&mut self, at: u64, is_ragged: bool) {
        self.body.extend(at.to_le_bytes());
        self.body.push(u8::from(is_ragged));
    }

    pub fn cell(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Missing => self.body.push(0),
            Cell::Text(text) => {
                self.body.push(1);
                put_text(&mut self.body, text);
            }
            Cell::Number { unscaled, scale } => {
                self.body.push(2);
                self.number(unscaled, scale);
            }
            Cell::Day(day) => {
                self.body.push(3);
                self.body.extend(day.to_le_bytes());
            }
            Cell::Instant(seconds) => {
                self.body.push(4);
                self.body.extend(seconds.to_le_bytes());
            }
            Cell::Wall(wall) => {
                self.body.push(5);
                self.body.extend(seconds_of(wall).to_le_bytes());
            }
            Cell::Flag(flag) => self.body.push(6 + u8::from(flag)),
        }
    }

    /// A cell that holds no value one could take.
    pub fn odd(&mut self, how: Oddity, written: &str) {
        self.body.push(how.byte());
        put_text(&mut self.body, written);
    }

    /// A number that had more digits than are kept.
    pub fn rounded(&mut self, unscaled: i128, scale: u8, written: &str) {
        self.odd(Oddity::Rounded, written);
        self.number(unscaled, scale);
    }

    fn number(&mut self, unscaled: i128, scale: u8) {
        self.body.extend(unscaled.to_le_bytes());
        self.body.push(scale);
    }

    /// Ends a row; `read` bytes of the file were read by now.
    pub fn end_row(&mut self, read: u64) -> Result<(), Undecoded> {
        if self.body.len() >= ROWS_BYTES {
            self.flush(read)?;
        }
        Ok(())
    }

    /// Sends what is left.
    pub fn flush(&mut self, read: u64) -> Result<(), Undecoded> {
        self.frames
            .rows(read, &self.body)
            .map_err(Undecoded::Gone)?;
        self.body.clear();
        Ok(())
    }
}

/// A wall time in seconds, as if it were one of Greenwich.
fn seconds_of(wall: DateTime) -> i64 {
    match Offset::UTC.to_timestamp(wall) {
        Ok(instant) => instant.as_second(),
        Err(_) => i64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cage::frame::read_frame;

    #[test]
    fn cells_come_out_as_they_went_in() {
        let cells = [
            Cell::Missing,
            Cell::Text("x"),
            Cell::Number {
                unscaled: i128::MIN,
                scale: 38,
            },
            Cell::Day(-1),
            Cell::Instant(i64::MAX),
            Cell::Wall("2026-02-03T04:05:06".parse().expect("a wall time")),
            Cell::Flag(true),
            Cell::Flag(false),
        ];
        let mut written = Vec::new();
        let mut frames = Frames::new(&mut written);
        let mut out = RowsOut::new(&mut frames);
        out.begin(3, true);
        for cell in cells {
            out.cell(cell);
        }
        out.rounded(5, 1, "0.49999999999999999");
        out.odd(Oddity::Error, "#N/A");
        out.flush(0).expect("memory");
        let frame = read_frame(&mut written.as_slice())
            .expect("whole")
            .expect("a frame");
        // The second column of the file is not sent.
        let sent: Vec<usize> = (0..11).filter(|at| *at != 1).collect();
        let mut places = vec![None; 11];
        for (place, at) in sent.iter().enumerate() {
            places[*at] = Some(place);
        }
        let places: Places = places.into();
        let mut row = Row::default();
        row.fill(&mut Bytes(&frame.body), &sent, &places)
            .expect("whole");
        assert_eq!((row.at, row.is_ragged), (3, true));
        for (cell, at) in cells.iter().zip(&sent) {
            assert_eq!(row.cell(*at), *cell);
        }
        assert_eq!(row.cell(1), Cell::Missing);
        assert_eq!(
            row.cell(9),
            Cell::Number {
                unscaled: 5,
                scale: 1
            }
        );
        assert_eq!(row.cell(10), Cell::Missing);
        let odd: Vec<(usize, Oddity, &str)> = row
            .odd
            .iter()
            .map(|odd| (odd.at, odd.how, odd.written.as_str()))
            .collect();
        assert_eq!(
            odd,
            [
                (9, Oddity::Rounded, "0.49999999999999999"),
                (10, Oddity::Error, "#N/A")
            ]
        );
        for cut in 0..frame.body.len() {
            let filled = row.fill(&mut Bytes(&frame.body[..cut]), &sent, &places);
            assert_eq!(filled, Err(Garbled("a frame that is cut short")), "{cut}");
        }
    }
}
