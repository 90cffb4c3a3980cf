//! Rows of a CSV text with the place of each cell.
//!
//! A comma separates, a double quote encloses and is doubled inside; the first record is the header. Records end with
//! LF or CRLF. Anything else (an unclosed quote, text after a closing quote, a record that is longer or shorter than
//! the header, an empty or repeated column name) is reported with its place.

use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::span::{FileId, Span};

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CsvCell {
    pub text: String,
    pub span: Span,
    pub is_quoted: bool,
}

/// A header and its records.
#[derive(Clone, Debug, Default)]
pub(super) struct CsvTable {
    pub header: Vec<CsvCell>,
    pub records: Vec<Vec<CsvCell>>,
}

/// Reads a CSV text; mistakes go to the diagnostics, and records that are whole come back.
pub(super) fn read(text: &str, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> CsvTable {
    let mut reader = Reader {
        text,
        file,
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
    };
    let mut table = CsvTable::default();
    let mut is_first = true;
    while reader.at < text.len() {
        let starts = reader.at;
        let record = match reader.record() {
            Ok(record) => record,
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                return table;
            }
        };
        if is_first {
            check_header(&record, diagnostics);
            table.header = record;
            is_first = false;
        } else if is_blank(&record) {
            continue;
        } else if record.len() == table.header.len() {
            table.records.push(record);
        } else {
            let (found, asked) = (record.len(), table.header.len());
            diagnostics.push(
                Diagnostic::error(
                    "E4",
                    reader.span(starts, reader.at),
                    format!("this record has {found} cells and the header {asked}"),
                )
                .help("give each column a cell; an empty one is nothing between two commas"),
            );
        }
    }
    table
}

fn is_blank(record: &[CsvCell]) -> bool {
    matches!(record, [only] if only.text.is_empty() && !only.is_quoted)
}

fn check_header(header: &[CsvCell], diagnostics: &mut Vec<Diagnostic>) {
    for (at, cell) in header.iter().enumerate() {
        if cell.text.is_empty() {
            diagnostics.push(Diagnostic::error("E4", cell.span, "a column has no name"));
        }
        if let Some(first) = header.iter().take(at).find(|first| first.text == cell.text) {
            diagnostics.push(
                Diagnostic::error(
                    "E4",
                    cell.span,
                    format!("two columns are called `{}`", cell.text),
                )
                .also(first.span, "the first one"),
            );
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    file: FileId,
    at: usize,
}

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span {
            file: self.file,
            start: narrow(start),
            end: narrow(end),
        }
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn record(&mut self) -> Result<Vec<CsvCell>, Diagnostic> {
        let mut cells = Vec::new();
        loop {
            cells.push(self.cell()?);
            if self.rest().starts_with(',') {
                self.at += 1;
                continue;
            }
            self.at += if self.rest().starts_with("\r\n") {
                2
            } else {
                1
            };
            return Ok(cells);
        }
    }

    fn cell(&mut self) -> Result<CsvCell, Diagnostic> {
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        let starts = self.at;
        let rest = self.rest();
        let length = rest.find([',', '\n', '"']).unwrap_or(rest.len());
        if rest.get(length..).is_some_and(|next| next.starts_with('"')) {
            let at = starts + length;
            return Err(Diagnostic::error(
                "E4",
                self.span(at, at + 1),
                "a quote stands inside a cell that does not begin with one",
            )
            .help("enclose the whole cell in quotes and double each one inside"));
        }
        let text = rest.get(..length).unwrap_or("");
        let text = match text.strip_suffix('\r') {
            Some(line)
                if rest
                    .get(length..)
                    .is_some_and(|next| next.starts_with('\n')) =>
            {
                line
            }
            Some(_) | None => text,
        };
        let ends = starts + text.len();
        let cell = CsvCell {
            text: text.to_owned(),
            span: self.span(starts, ends),
            is_quoted: false,
        };
        self.at = ends;
        Ok(cell)
    }

    fn quoted(&mut self) -> Result<CsvCell, Diagnostic> {
        let starts = self.at;
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(length) = rest.find('"') else {
                return Err(Diagnostic::error(
                    "E4",
                    self.span(starts, starts + 1),
                    "this quote is never closed",
                )
                .help("close it; a quote inside a cell is written twice"));
            };
            text.push_str(rest.get(..length).unwrap_or(""));
            self.at += length + 1;
            if !self.rest().starts_with('"') {
                break;
            }
            text.push('"');
            self.at += 1;
        }
        let is_over = self.rest().is_empty()
            || [",", "\n", "\r\n"]
                .iter()
                .any(|end| self.rest().starts_with(end));
        if !is_over {
            return Err(Diagnostic::error(
                "E4",
                self.span(self.at, self.at + 1),
                "text follows a closing quote",
            )
            .help("a comma or the line's end comes next; a quote inside a cell is written twice"));
        }
        Ok(CsvCell {
            text,
            span: self.span(starts, self.at),
            is_quoted: true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> (CsvTable, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let table = read(text, FileId(0), &mut diagnostics);
        (table, diagnostics)
    }

    fn texts(record: &[CsvCell]) -> Vec<&str> {
        record.iter().map(|cell| &*cell.text).collect()
    }

    #[test]
    fn quotes_commas_and_line_ends_inside_a_cell_belong_to_it() {
        let (table, diagnostics) = read_text("id,what\r\n1,\"a, \"\"b\"\"\nc\"\r\n2,\n\n3,é\n");
        assert_eq!(diagnostics, []);
        assert_eq!(texts(&table.header), ["id", "what"]);
        let records: Vec<_> = table.records.iter().map(|record| texts(record)).collect();
        assert_eq!(records, [["1", "a, \"b\"\nc"], ["2", ""], ["3", "é"]]);
        assert_eq!(
            table.records[2][1].span.end - table.records[2][1].span.start,
            2
        );
    }

    #[test]
    fn an_unclosed_quote_is_marked_where_it_opens() {
        let (_, diagnostics) = read_text("id,what\n1,\"a\n2,b\n");
        assert_eq!(diagnostics.len(), 1);
        assert_eq!(diagnostics[0].span().start, 10);
    }

    #[test]
    fn a_record_of_another_length_is_refused() {
        for text in ["a,b\n1\n", "a,b\n1,2,3\n"] {
            let (table, diagnostics) = read_text(text);
            assert_eq!((table.records.len(), diagnostics.len()), (0, 1), "{text}");
        }
    }

    #[test]
    fn a_quote_in_the_wrong_place_and_a_repeated_column_are_refused() {
        for text in [
            "a,b\n1,x\"y\"\n",
            "a,b\n1,\"y\"z\n",
            "a,a\n1,2\n",
            "a,\n1,2\n",
        ] {
            assert_eq!(read_text(text).1.len(), 1, "{text}");
        }
    }
}
