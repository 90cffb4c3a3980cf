//! CSV in, strictly: RFC 4180 with its record structure beyond doubt, or the whole file is refused.
//!
//! A lenient reader turns an opening quote that is never closed into one long cell and goes on. Here a quoted cell ends
//! at a delimiter or a line end or the file is refused; so do an oversized record, a record over too many lines, a NUL,
//! a byte that is not UTF-8 and a last line without an end. What is wrong with one row only (too many cells, a stray
//! quote) is the caller's to quarantine. The module knows nothing of columns' meaning.

use std::io::{self, Read};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvStyle {
    /// Between cells.
    pub delimiter: u8,
    /// Whether the last line may lack its end.
    pub last_line: LastLine,
}

/// Whether the last line may lack its end: a file cut short looks the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastLine {
    /// It must end like the others.
    #[default]
    Complete,
    /// It may be left open.
    Open,
}

impl Default for CsvStyle {
    fn default() -> Self {
        Self {
            delimiter: b',',
            last_line: LastLine::Complete,
        }
    }
}

/// The most bytes of one record.
pub const RECORD_BYTES_MAX: usize = 1 << 20;
/// The most lines of one record.
pub const RECORD_LINES_MAX: u64 = 100;
/// The most cells of one record.
pub const RECORD_CELLS_MAX: usize = 4_096;

/// Why a file cannot be read as CSV at all.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// Reading failed, or what unpacks it did.
    #[error("cannot be read at byte {at}")]
    Unreadable {
        /// Bytes read before.
        at: u64,
        /// What failed.
        #[source]
        source: io::Error,
    },
    /// Another encoding.
    #[error("is not UTF-8 at byte {at}{guess}; save it as UTF-8")]
    NotUtf8 {
        /// The byte's place, counted from 0, after unpacking.
        at: u64,
        /// What it looks like.
        guess: &'static str,
    },
    /// A NUL byte.
    #[error("has a NUL byte at byte {at} (line {line}); it is damaged, or no text file")]
    Nul {
        /// The byte's place, counted from 0, after unpacking.
        at: u64,
        /// Its line.
        line: u64,
    },
    /// A quote that is never closed.
    #[error(
        "opens a quote on line {line} and never closes it; double the quote (\"\") if it is part of the text"
    )]
    UnclosedQuote {
        /// The line of the opening quote.
        line: u64,
    },
    /// Something between a closing quote and the next delimiter.
    #[error(
        "has text after a closing quote on line {line}, in the cell whose quote opens on line {opened}; \
         a quote inside a quoted cell is written twice"
    )]
    AfterQuote {
        /// The line.
        line: u64,
        /// The line of the opening quote.
        opened: u64,
    },
    /// A record of too many bytes.
    #[error(
        "has a record of more than 1 MiB from line {line} on; look for a quote that is never closed or a missing line end"
    )]
    RecordBytes {
        /// The line where it begins.
        line: u64,
    },
    /// A record over too many lines.
    #[error(
        "has a record over more than {RECORD_LINES_MAX} lines from line {line} on; look for a quote that is never closed"
    )]
    RecordLines {
        /// The line where it begins.
        line: u64,
    },
    /// A record of too many cells.
    #[error("has a record of more than {RECORD_CELLS_MAX} cells on line {line}")]
    RecordCells {
        /// The line where it begins.
        line: u64,
    },
    /// The last line has no end.
    #[error(
        "ends in the middle of line {line}, as a file that was cut short does; send it whole, or declare \
         `csv: {{ last_line: open }}` if the source writes its files so"
    )]
    CutShort {
        /// The last line.
        line: u64,
    },
}

/// One record: its cells, without quotes.
#[derive(Debug, Default)]
pub struct Record {
    text: String,
    ends: Vec<usize>,
    line: u64,
    stray_quote: Option<usize>,
}

impl Record {
    /// How many cells it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has no cell; never so for a record that was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cell at a position, if there is one.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let start = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(start..end)
    }

    /// All cells.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// The line it begins on, from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The position of a cell with a quote in the middle of unquoted text.
    #[must_use]
    pub fn stray_quote(&self) -> Option<usize> {
        self.stray_quote
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.stray_quote = None;
    }
}

/// Where the reader is inside a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    CellStart,
    Unquoted,
    Quoted,
    /// After a quote inside a quoted cell: the end of it, or the first of two.
    QuoteInQuoted,
    /// After a carriage return that may belong to a line end.
    Return {
        quoted: bool,
    },
}

/// A reader of records.
#[derive(Debug)]
pub struct CsvIn<R> {
    source: R,
    style: CsvStyle,
    /// Validated text; `at` is the place of the next character to read.
    buffer: String,
    at: usize,
    /// The first bytes of a character that the last read cut in two.
    cut: Vec<u8>,
    /// The place in the file of the buffer's first byte.
    offset: u64,
    line: u64,
    ended: bool,
    /// How much is read at a time.
    read_bytes: u64,
}

const READ_BYTES: u64 = 256 * 1024;

impl<R: Read> CsvIn<R> {
    /// Reads records from unpacked bytes; a byte order mark is taken and skipped.
    ///
    /// # Errors
    /// When the first bytes cannot be read as UTF-8.
    pub fn new(source: R, style: CsvStyle) -> Result<Self, CsvError> {
        Self::reading(source, style, READ_BYTES)
    }

    fn reading(source: R, style: CsvStyle, read_bytes: u64) -> Result<Self, CsvError> {
        let mut reader = Self {
            source,
            style,
            buffer: String::new(),
            at: 0,
            cut: Vec::new(),
            offset: 0,
            line: 1,
            ended: false,
            read_bytes,
        };
        reader.refill()?;
        if reader.buffer.starts_with('\u{feff}') {
            reader.at = '\u{feff}'.len_utf8();
        }
        Ok(reader)
    }

    /// The bytes read so far, after unpacking.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.offset + self.buffer.len() as u64
    }

    /// What the bytes come from.
    pub fn source(&mut self) -> &mut R {
        &mut self.source
    }

    /// Reads the next record that is not an empty line; `false` at the end.
    ///
    /// # Errors
    /// When the file's structure is in doubt.
    pub fn read(&mut self, record: &mut Record) -> Result<bool, CsvError> {
        record.clear();
        record.line = self.line;
        let mut state = State::CellStart;
        let mut opened = self.line;
        loop {
            if self.at == self.buffer.len() && !self.refill()? {
                return self.finish(record, state, opened);
            }
            let bytes = self.buffer.as_bytes();
            let start = self.at;
            let Some(&byte) = bytes.get(start) else {
                continue;
            };
            match state {
                State::CellStart if byte == b'"' => {
                    opened = self.line;
                    self.at += 1;
                    state = State::Quoted;
                }
                State::CellStart | State::Unquoted => {
                    let run = bytes.get(start..).unwrap_or_default();
                    let length = plain_length(run, self.style.delimiter);
                    record
                        .text
                        .push_str(self.buffer.get(start..start + length).unwrap_or_default());
                    self.at += length;
                    let Some(&byte) = run.get(length) else {
                        state = if length > 0 { State::Unquoted } else { state };
                        Self::fits(record, self.line)?;
                        continue;
                    };
                    self.at += 1;
                    state = match byte {
                        b'\n' => {
                            self.line += 1;
                            if Self::end_record(record)? {
                                return Ok(true);
                            }
                            record.line = self.line;
                            State::CellStart
                        }
                        b'\r' => State::Return { quoted: false },
                        b'"' => {
                            record.stray_quote.get_or_insert(record.ends.len());
                            record.text.push('"');
                            State::Unquoted
                        }
                        0 => return Err(self.nul(self.at - 1)),
                        _ => {
                            record.ends.push(record.text.len());
                            State::CellStart
                        }
                    };
                }
                State::Quoted => {
                    let run = bytes.get(start..).unwrap_or_default();
                    let length = run
                        .iter()
                        .position(|byte| matches!(byte, b'"' | b'\n' | 0))
                        .unwrap_or(run.len());
                    record
                        .text
                        .push_str(self.buffer.get(start..start + length).unwrap_or_default());
                    self.at += length;
                    if let Some(&byte) = run.get(length) {
                        self.at += 1;
                        match byte {
                            b'"' => state = State::QuoteInQuoted,
                            b'\n' => {
                                record.text.push('\n');
                                self.line += 1;
                                if self.line - record.line >= RECORD_LINES_MAX {
                                    return Err(CsvError::RecordLines { line: record.line });
                                }
                            }
                            _ => return Err(self.nul(self.at - 1)),
                        }
                    }
                }
                State::QuoteInQuoted => {
                    self.at += 1;
                    state = match byte {
                        b'"' => {
                            record.text.push('"');
                            State::Quoted
                        }
                        b'\r' => State::Return { quoted: true },
                        b'\n' => {
                            self.line += 1;
                            record.ends.push(record.text.len());
                            return Ok(true);
                        }
                        byte if byte == self.style.delimiter => {
                            record.ends.push(record.text.len());
                            State::CellStart
                        }
                        _ => {
                            return Err(CsvError::AfterQuote {
                                line: self.line,
                                opened,
                            });
                        }
                    };
                }
                State::Return { quoted } => {
                    if byte == b'\n' {
                        self.at += 1;
                        self.line += 1;
                        if quoted {
                            record.ends.push(record.text.len());
                            return Ok(true);
                        }
                        if Self::end_record(record)? {
                            return Ok(true);
                        }
                        record.line = self.line;
                        state = State::CellStart;
                    } else if quoted {
                        return Err(CsvError::AfterQuote {
                            line: self.line,
                            opened,
                        });
                    } else {
                        // A carriage return of its own is text like any other.
                        record.text.push('\r');
                        state = State::Unquoted;
                    }
                }
            }
            Self::fits(record, self.line)?;
        }
    }

    /// Ends a record of unquoted cells; `false` for an empty line, which is no record.
    fn end_record(record: &mut Record) -> Result<bool, CsvError> {
        if record.ends.is_empty() && record.text.is_empty() {
            return Ok(false);
        }
        record.ends.push(record.text.len());
        Ok(true)
    }

    fn finish(&mut self, record: &mut Record, state: State, opened: u64) -> Result<bool, CsvError> {
        let nothing = record.ends.is_empty() && record.text.is_empty() && state == State::CellStart;
        match state {
            State::Quoted => return Err(CsvError::UnclosedQuote { line: opened }),
            _ if nothing => return Ok(false),
            State::CellStart | State::Unquoted | State::QuoteInQuoted | State::Return { .. } => {}
        }
        match self.style.last_line {
            LastLine::Complete => Err(CsvError::CutShort { line: self.line }),
            LastLine::Open => {
                record.ends.push(record.text.len());
                Ok(true)
            }
        }
    }

    fn fits(record: &Record, line: u64) -> Result<(), CsvError> {
        if record.text.len() > RECORD_BYTES_MAX {
            return Err(CsvError::RecordBytes { line: record.line });
        }
        if record.ends.len() >= RECORD_CELLS_MAX {
            return Err(CsvError::RecordCells { line });
        }
        Ok(())
    }

    fn nul(&self, at: usize) -> CsvError {
        CsvError::Nul {
            at: self.offset + at as u64,
            line: self.line,
        }
    }

    /// Reads and validates the next stretch; `false` at the end of the file.
    fn refill(&mut self) -> Result<bool, CsvError> {
        if self.ended {
            return Ok(false);
        }
        self.offset += self.buffer.len() as u64;
        let mut bytes = std::mem::take(&mut self.buffer).into_bytes();
        bytes.clear();
        bytes.append(&mut self.cut);
        self.at = 0;
        loop {
            let unread = |source| CsvError::Unreadable {
                at: self.offset,
                source,
            };
            let read = (&mut self.source)
                .take(self.read_bytes)
                .read_to_end(&mut bytes)
                .map_err(unread)?;
            self.ended = read == 0;
            let first = self.offset == 0;
            if first && (bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])) {
                return Err(CsvError::NotUtf8 {
                    at: 0,
                    guess: " (it is UTF-16)",
                });
            }
            match String::from_utf8(bytes) {
                Ok(text) => self.buffer = text,
                Err(broken) => {
                    let utf8 = broken.utf8_error();
                    let valid = utf8.valid_up_to();
                    bytes = broken.into_bytes();
                    if utf8.error_len().is_some() || self.ended {
                        let nul = bytes
                            .iter()
                            .take(valid.max(64))
                            .filter(|byte| **byte == 0)
                            .count();
                        let guess = if nul > 4 {
                            " (it looks like UTF-16)"
                        } else {
                            " (it may be Latin-1 or Windows-1252)"
                        };
                        return Err(CsvError::NotUtf8 {
                            at: self.offset + valid as u64,
                            guess,
                        });
                    }
                    self.cut = bytes.split_off(valid);
                    match String::from_utf8(bytes) {
                        Ok(text) => self.buffer = text,
                        // What is valid up to here stays valid.
                        Err(_) => {
                            return Err(CsvError::NotUtf8 {
                                at: self.offset,
                                guess: "",
                            });
                        }
                    }
                }
            }
            if !self.buffer.is_empty() || self.ended {
                return Ok(!self.buffer.is_empty());
            }
            bytes = std::mem::take(&mut self.cut);
        }
    }
}

/// How many bytes of unquoted text come before the next one that means something.
fn plain_length(run: &[u8], delimiter: u8) -> usize {
    run.iter()
        .position(|byte| *byte == delimiter || matches!(byte, b'\n' | b'\r' | b'"' | 0))
        .unwrap_or(run.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Rows = Result<Vec<(u64, Vec<String>)>, CsvError>;

    fn read_from(text: &[u8], style: CsvStyle) -> Rows {
        read_by(text, style, READ_BYTES)
    }

    fn read_by(text: &[u8], style: CsvStyle, read_bytes: u64) -> Rows {
        let mut reader = CsvIn::reading(text, style, read_bytes)?;
        let mut record = Record::default();
        let mut rows = Vec::new();
        while reader.read(&mut record)? {
            rows.push((record.line(), record.cells().map(str::to_owned).collect()));
        }
        Ok(rows)
    }

    fn check(text: &str, says: &[&str]) {
        let show = |rows: Rows| -> Vec<String> {
            match rows {
                Ok(rows) => rows
                    .into_iter()
                    .map(|(line, cells)| format!("{line}:{}", cells.join("|")))
                    .collect(),
                Err(refused) => vec![refused.to_string()],
            }
        };
        let style = CsvStyle::default();
        assert_eq!(show(read_from(text.as_bytes(), style)), says, "{text:?}");
        for read_bytes in [4, 5, 7] {
            assert_eq!(
                show(read_by(text.as_bytes(), style, read_bytes)),
                says,
                "{text:?} by {read_bytes}"
            );
        }
    }

    #[test]
    fn records_keep_their_lines_and_their_text() {
        check("a,b\n1,2\n", &["1:a|b", "2:1|2"]);
        check("a,b\r\n1,2\r\n", &["1:a|b", "2:1|2"]);
        check("\u{feff}a,b\n", &["1:a|b"]);
        check("a,,\n\n\n,\n", &["1:a||", "4:|"]);
        check(
            "\"a,1\",\"say \"\"hi\"\"\",\"two\nlines\"\nx,\"\",y\n",
            &["1:a,1|say \"hi\"|two\nlines", "3:x||y"],
        );
        check("=1,+2,-3,@4,\t5,＝6\n", &["1:=1|+2|-3|@4|\t5|＝6"]);
        check("a\rb,c\n", &["1:a\rb|c"]);
        check("é,ß\n", &["1:é|ß"]);
        check("5\" pipe,x\n", &["1:5\" pipe|x"]);
        check("", &[]);
        check("\n\n", &[]);
        check("\"\"\n", &["1:"]);
    }

    #[test]
    fn a_structure_in_doubt_refuses_the_file() {
        let after = |line, opened| {
            format!(
                "has text after a closing quote on line {line}, in the cell whose quote opens on line {opened}; \
                 a quote inside a quoted cell is written twice"
            )
        };
        check(
            "a,\"b\nc,d\n",
            &[
                "opens a quote on line 1 and never closes it; double the quote (\"\") if it is part of the text",
            ],
        );
        check("a,\"b\nc,\"d\"\n", &[&after(2, 1)]);
        check("a,\"b\"c\n", &[&after(1, 1)]);
        check("a,\"b\"\rc\n", &[&after(1, 1)]);
        check(
            "a\0b\n",
            &["has a NUL byte at byte 1 (line 1); it is damaged, or no text file"],
        );
        check(
            "x\n\"a\0b\"\n",
            &["has a NUL byte at byte 4 (line 2); it is damaged, or no text file"],
        );
        for cut in ["a,b\n1,2", "a,b\n1,", "a,b\n\"1\",\"2\"", "a,b\n1,2\r"] {
            check(
                cut,
                &[
                    "ends in the middle of line 2, as a file that was cut short does; send it whole, or declare \
                   `csv: { last_line: open }` if the source writes its files so",
                ],
            );
        }
    }

    #[test]
    fn an_open_last_line_is_taken_where_the_source_says_so() {
        let style = CsvStyle {
            last_line: LastLine::Open,
            ..CsvStyle::default()
        };
        for (text, last) in [
            ("a,b\n1,2", "2"),
            ("a,b\n1,", ""),
            ("a,b\n1,\"2\"", "2"),
            ("a,b\n1,2\r", "2"),
        ] {
            let rows = read_from(text.as_bytes(), style).expect("readable");
            assert_eq!(
                rows.last()
                    .map(|(line, cells)| (*line, cells.len(), cells[1].as_str())),
                Some((2, 2, last))
            );
        }
        assert!(read_from("a,\"b".as_bytes(), style).is_err());
    }

    #[test]
    fn another_encoding_is_refused_at_its_byte() {
        let says = |bytes: &[u8]| {
            let whole = read_from(bytes, CsvStyle::default())
                .expect_err("refused")
                .to_string();
            assert_eq!(
                whole,
                read_by(bytes, CsvStyle::default(), 4)
                    .expect_err("refused")
                    .to_string()
            );
            whole
        };
        assert_eq!(
            says(b"\xff\xfea\0,\0"),
            "is not UTF-8 at byte 0 (it is UTF-16); save it as UTF-8"
        );
        assert_eq!(
            says(b"\xfe\xff\0a\0,"),
            "is not UTF-8 at byte 0 (it is UTF-16); save it as UTF-8"
        );
        assert_eq!(
            says(b"a,b\n1,\xe9\n"),
            "is not UTF-8 at byte 6 (it may be Latin-1 or Windows-1252); save it as UTF-8"
        );
        assert_eq!(
            says(b"a\xc0\xaf\n"),
            "is not UTF-8 at byte 1 (it may be Latin-1 or Windows-1252); save it as UTF-8"
        );
        assert_eq!(
            says(b"a\n\xc3"),
            "is not UTF-8 at byte 2 (it may be Latin-1 or Windows-1252); save it as UTF-8"
        );
        assert_eq!(
            says(b"a\0,\0b\0"),
            "has a NUL byte at byte 1 (line 1); it is damaged, or no text file"
        );
    }

    #[test]
    fn a_record_has_bounds() {
        let long = format!("a\n{}", "x".repeat(100 << 20));
        assert!(matches!(
            read_from(long.as_bytes(), CsvStyle::default()),
            Err(CsvError::RecordBytes { line: 2 })
        ));
        let quoted = format!("a\n\"{}", "x,".repeat(1 << 20));
        assert!(matches!(
            read_from(quoted.as_bytes(), CsvStyle::default()),
            Err(CsvError::RecordBytes { line: 2 })
        ));
        let lines = format!("a\n\"{}\"\n", "x\n".repeat(100));
        assert!(matches!(
            read_from(lines.as_bytes(), CsvStyle::default()),
            Err(CsvError::RecordLines { line: 2 })
        ));
        let lines = format!("a\n\"{}\"\n", "x\n".repeat(99));
        assert_eq!(
            read_from(lines.as_bytes(), CsvStyle::default())
                .expect("readable")
                .len(),
            2
        );
        let cells = format!("{}\n", ",".repeat(5_000));
        assert!(matches!(
            read_from(cells.as_bytes(), CsvStyle::default()),
            Err(CsvError::RecordCells { line: 1 })
        ));
    }

    proptest! {
        #[test]
        fn well_formed_text_reads_as_another_reader_reads_it(
            rows in prop::collection::vec(prop::collection::vec("[a,\"\n é€;x\r]{0,6}", 3), 1..8),
            read_bytes in 4..40_u64,
        ) {
            let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).expect("written");
            }
            let text = writer.into_inner().expect("written");
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_slice());
            let theirs: Vec<Vec<String>> =
                reader.records().map(|row| row.expect("read").iter().map(str::to_owned).collect()).collect();
            let ours: Vec<Vec<String>> =
                read_by(&text, CsvStyle::default(), read_bytes).expect("read").into_iter().map(|(_, cells)| cells).collect();
            prop_assert_eq!(&ours, &theirs);
            prop_assert_eq!(&ours, &rows);
        }

        #[test]
        fn any_bytes_are_read_or_refused_and_the_reads_do_not_matter(
            bytes in prop::collection::vec(prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..60),
            read_bytes in 4..40_u64,
        ) {
            // Which of two mistakes is met first may depend on the reads; that there is one may not.
            let whole = read_from(&bytes, CsvStyle::default()).ok();
            prop_assert_eq!(whole, read_by(&bytes, CsvStyle::default(), read_bytes).ok());
        }
    }
}
