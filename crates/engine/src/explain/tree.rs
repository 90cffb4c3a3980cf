//! An explanation as a tree of lines.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Explanation, Subject};
use trueup_base::exact::Exact;

/// The names that were told already.
type Told<'a> = BTreeSet<(Subject, &'a str)>;

impl Explanation {
    /// The tree as text, one line for each step.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.to_text_within(usize::MAX, usize::MAX)
    }

    /// The tree as text, at most so deep, and at most so many lines under one.
    #[must_use]
    pub fn to_text_within(&self, depth: usize, width: usize) -> String {
        let mut told = Told::new();
        let mut text = self.line(None, &mut told);
        text.push('\n');
        self.lines_below(&mut text, "", depth, width, &mut told);
        text
    }

    fn lines_below<'a>(
        &'a self,
        text: &mut String,
        indent: &str,
        depth: usize,
        width: usize,
        told: &mut Told<'a>,
    ) {
        if depth == 0 {
            return;
        }
        let count = self.inputs.len();
        for (at, input) in self.inputs.iter().take(width).enumerate() {
            let is_last = at + 1 == count;
            let (branch, below) = match is_last {
                true => ("└─ ", "   "),
                false => ("├─ ", "│  "),
            };
            // Writing into a text cannot fail.
            let _ = writeln!(text, "{indent}{branch}{}", input.line(Some(self), told));
            input.lines_below(text, &format!("{indent}{below}"), depth - 1, width, told);
        }
        if count > width {
            let _ = writeln!(text, "{indent}└─ and {} more", count - width);
        }
    }

    /// One line: its part, name, figure, formula and words; partner and period where they differ from the line above.
    fn line<'a>(&'a self, above: Option<&Explanation>, told: &mut Told<'a>) -> String {
        // What a name is and how it is worked out is said once.
        let is_new = told.insert((self.subject, &self.name));
        let mut line = String::new();
        if !self.part.is_empty() {
            let _ = write!(line, "{}: ", self.part);
        }
        let _ = write!(line, "{} = {}", self.name, self.figure);
        if let Some(formula) = self.formula.as_ref().filter(|_| is_new) {
            let _ = write!(line, " = {formula}");
        }
        let mut notes: Vec<String> = Vec::new();
        if let Some(band) = &self.band {
            notes.extend(
                band.arguments
                    .iter()
                    .chain(&band.bounds)
                    .chain(&band.cells)
                    .map(|named| format!("{} {}", named.name, named.figure)),
            );
        }
        if let Some(row) = &self.row {
            notes.extend(row.on.map(|on| format!("on {on}")));
            if row.share != Exact::ONE {
                let percent = &row.share * &Exact::from_int(100);
                notes.push(format!("share {percent}%"));
            }
            if row.level > 0 {
                notes.push(format!("level {}", row.level));
            }
        }
        if let Some(rows) = self.rows {
            notes.push(match rows {
                1 => "1 row".to_owned(),
                rows => format!("{rows} rows"),
            });
        }
        if above.is_none_or(|above| above.partner != self.partner) {
            notes.push(self.partner.clone());
        }
        if above.is_none_or(|above| above.period != self.period) {
            notes.push(self.period.clone());
        }
        if self.is_repeated {
            notes.push("as above".to_owned());
        }
        if self.is_cut {
            notes.push("and so on".to_owned());
        }
        if !notes.is_empty() {
            let _ = write!(line, " ({})", notes.join(", "));
        }
        if is_new && !self.is.is_empty() && self.subject != Subject::Band {
            let _ = write!(line, ": {}", self.is);
        }
        line
    }
}
