//! Tables: how they are read, their bands, grids and bounds.

use super::fields::{Fields, Reader};
use super::{BandText, BandsText, BoundText, BoundWord, CellsText, ReadingText, TableText};
use crate::elsewhere;
use crate::formula;
use crate::keys::{BOUNDS, Place, READINGS};
use crate::span::Span;
use crate::yaml::{Entry, Node, NodeKind, Scalar};

impl Reader<'_> {
    pub fn tables(&mut self, plan: &Fields<'_>) -> Vec<TableText> {
        let mut tables = Vec::new();
        for entry in self.named(plan, "tables") {
            let Some(fields) = self.fields(&entry.value, Place::Table, entry.key.span) else {
                continue;
            };
            let of = self.list(&fields, "of");
            tables.push(TableText {
                name: entry.key.clone(),
                is: self.text(&fields, "is"),
                reading: self.reading(&fields),
                bands: self.bands(&fields, &of),
                of,
                cliff: self.agreed(&fields, "cliff"),
                span: fields.span,
            });
        }
        tables
    }

    fn reading(&mut self, table: &Fields<'_>) -> Option<ReadingText> {
        let help =
            "say how its bands are read: one_band: rate, each_band: rate * slice, or line: pay";
        match self.one_of(table, READINGS, Some(help))? {
            "each_band" => Some(ReadingText::EachBand(self.formula(table, "each_band"))),
            "one_band" => Some(ReadingText::OneBand(self.formula(table, "one_band"))),
            _ => self.text(table, "line").map(ReadingText::Line),
        }
    }

    fn bands(&mut self, table: &Fields<'_>, of: &[Scalar]) -> BandsText {
        let help = "write its bands: bands: [ { from: 0, rate: 1% }, … ]";
        let read = match self.one_of(table, &["bands", "rows"], Some(help)) {
            Some("rows") => self
                .text(table, "rows")
                .map_or(BandsText::None, BandsText::Rows),
            Some(_) => match table.get("bands") {
                Some(node) => match &node.is {
                    NodeKind::List(items) => BandsText::Bands(self.band_list(items, of, node.span)),
                    NodeKind::Map(axes) => self.grid(table, axes, of, node.span),
                    NodeKind::Scalar(_) | NodeKind::Empty => {
                        self.not_of_form(
                            node,
                            "`bands`",
                            "a list of bands",
                            "write [ { from: 0, rate: 1% }, … ]",
                        );
                        BandsText::None
                    }
                },
                None => BandsText::None,
            },
            None => BandsText::None,
        };
        if let Some(cells) = table.written("cells")
            && matches!(read, BandsText::Bands(_) | BandsText::Rows(_))
        {
            let message = "`cells` belongs to a grid, and these bands hold their cells themselves";
            self.error(
                "K4",
                cells.span,
                message,
                "give the bounds of each argument under `bands`: product: [equals A, equals B]",
            );
        }
        read
    }

    pub fn band_list(&mut self, items: &[Node], of: &[Scalar], span: Span) -> Vec<BandText> {
        if of.len() > 1 {
            let message = format!(
                "a table of {} arguments has bounds for each of them",
                of.len()
            );
            let first = of.first().map_or("product", |name| &name.text);
            self.error(
                "K3",
                span,
                message,
                format!("write them by argument, and the cells apart: {first}: [from 0, from 10]"),
            );
        }
        if items.is_empty() {
            self.error(
                "K3",
                span,
                "`bands` is an empty list",
                "write at least one band: { from: lowest, rate: 0% }",
            );
        }
        let mut bands = Vec::new();
        for item in items {
            let NodeKind::Map(entries) = &item.is else {
                self.not_of_form(
                    item,
                    "a band",
                    "a map of keys",
                    "write { from: 0, rate: 1% }",
                );
                continue;
            };
            bands.push(self.band(entries, item.span));
        }
        bands
    }

    fn band(&mut self, entries: &[Entry], span: Span) -> BandText {
        let head = Span {
            end: span.start,
            ..span
        };
        let fields = Fields {
            place: Place::Band,
            entries,
            head,
            span,
        };
        let help = "begin the band with `from: 0`, `above: 0`, `equals: gold`, `otherwise: yes`, or `at: 0` on a line";
        let is_unbound = BOUNDS.iter().all(|bound| fields.written(bound).is_none());
        let misnamed = entries
            .iter()
            .filter(|_| is_unbound)
            .find_map(|entry| Some((entry, elsewhere::key(Place::Band, &entry.key.text)?)));
        if let Some((entry, help)) = misnamed {
            let message = format!("a band has no key `{}`", entry.key.text);
            self.error("K1", entry.key.span, message, help);
        }
        let word = match misnamed {
            Some(_) => None,
            None => self.one_of(&fields, BOUNDS, Some(help)),
        };
        let bound = word.and_then(|word| {
            let node = fields.get(word)?;
            let scalar = self.scalar(node, &format!("`{word}`"))?;
            self.bound(word, scalar, node.span)
        });
        let mut cells = Vec::new();
        for entry in entries
            .iter()
            .filter(|entry| !BOUNDS.contains(&&*entry.key.text))
            .filter(|entry| {
                misnamed.is_none_or(|(misnamed, _)| misnamed.key.span != entry.key.span)
            })
        {
            if elsewhere::is_upper_bound(&entry.key.text) {
                self.error(
                    "K1",
                    entry.key.span,
                    format!("a band has no upper bound `{}`", entry.key.text),
                    "it ends where the next one begins; a stretch that pays nothing is a band of its own",
                );
                continue;
            }
            cells.push((
                entry.key.clone(),
                self.formula_of(&entry.value, &format!("`{}`", entry.key.text)),
            ));
        }
        BandText { bound, cells, span }
    }

    /// A bound from its word and what is written after it.
    fn bound(&mut self, word: &str, written: Scalar, span: Span) -> Option<BoundText> {
        let nothing = || written.part(written.text.len(), written.text.len());
        let (is, written, formula) = match word {
            "otherwise" => {
                if written.text.is_empty() || self.is_yes(&written, "otherwise")? {
                    (BoundWord::Otherwise, nothing(), None)
                } else {
                    self.error(
                        "K5",
                        written.span,
                        "`otherwise: no` says nothing",
                        "write `otherwise: yes`, or take the band out",
                    );
                    return None;
                }
            }
            "from" if &*written.text == "lowest" => (BoundWord::Lowest, nothing(), None),
            "equals" => {
                // A bare word after `equals` is a text: it need not be a formula.
                let formula = formula::parse(&written, &mut Vec::new());
                (BoundWord::Equals, written, formula)
            }
            _ => {
                let is = match word {
                    "from" => BoundWord::From,
                    "above" => BoundWord::Above,
                    _ => BoundWord::At,
                };
                let formula = formula::parse(&written, self.diagnostics)?;
                (is, written, Some(formula))
            }
        };
        Some(BoundText {
            is,
            written,
            formula,
            span,
        })
    }

    fn grid(&mut self, table: &Fields<'_>, axes: &[Entry], of: &[Scalar], span: Span) -> BandsText {
        for axis in axes {
            if !of.iter().any(|argument| argument.text == axis.key.text) {
                let names: Vec<&str> = of.iter().map(|argument| &*argument.text).collect();
                let message = format!("`{}` is no argument of this table", axis.key.text);
                self.error(
                    "K1",
                    axis.key.span,
                    message,
                    format!("its arguments are {}", names.join(", ")),
                );
            }
        }
        let mut read = Vec::new();
        for argument in of {
            let Some(axis) = axes.iter().find(|axis| axis.key.text == argument.text) else {
                let message = format!("`bands` says no bounds of `{}`", argument.text);
                self.error(
                    "K2",
                    Span {
                        end: span.start,
                        ..span
                    },
                    message,
                    format!("write {}: [from 0, from 10]", argument.text),
                );
                continue;
            };
            read.push((axis.key.clone(), self.axis(&axis.value, &argument.text)));
        }
        let Some(node) = table.get("cells") else {
            self.error(
                "K2",
                table.head,
                "a table says no `cells`",
                "cells: nested lists of formulas, the last argument innermost",
            );
            return BandsText::None;
        };
        BandsText::Grid {
            axes: read,
            cells: self.cells(node),
        }
    }

    /// The bounds of one argument: `[from 0, above 10]`.
    fn axis(&mut self, node: &Node, argument: &str) -> Vec<BoundText> {
        let NodeKind::List(items) = &node.is else {
            self.not_of_form(
                node,
                &format!("`{argument}`"),
                "a list of bounds",
                "write [from 0, above 10], or [equals A, otherwise]",
            );
            return Vec::new();
        };
        let mut bounds = Vec::new();
        for item in items {
            let Some(scalar) = self.scalar(item, "a bound") else {
                continue;
            };
            if let Some(bound) = self.bound_text(&scalar) {
                bounds.push(bound);
            }
        }
        bounds
    }

    /// A bound as one text: `from 10%`, `above 249`, `equals gold`, `lowest`, `otherwise`.
    pub fn bound_text(&mut self, scalar: &Scalar) -> Option<BoundText> {
        let text = &*scalar.text;
        let word_end = text.find(' ').unwrap_or(text.len());
        let word = text.get(..word_end).unwrap_or("");
        let rest = text.len() - text.get(word_end..).unwrap_or("").trim_start().len();
        match word {
            "lowest" | "otherwise" if rest == text.len() => {
                let is = if word == "lowest" {
                    BoundWord::Lowest
                } else {
                    BoundWord::Otherwise
                };
                Some(BoundText {
                    is,
                    written: scalar.part(text.len(), text.len()),
                    formula: None,
                    span: scalar.span,
                })
            }
            "from" | "above" | "at" | "equals" if rest < text.len() => {
                self.bound(word, scalar.part(rest, text.len()), scalar.span)
            }
            _ => {
                let message = format!("`{}` is no bound", super::fields::shown(text));
                self.error(
                    "K5",
                    scalar.span,
                    message,
                    "write `from 10%`, `above 10%`, `equals gold`, `lowest` or `otherwise`",
                );
                None
            }
        }
    }

    fn cells(&mut self, node: &Node) -> CellsText {
        match &node.is {
            NodeKind::List(items) => CellsText::List(
                items.iter().map(|item| self.cells(item)).collect(),
                node.span,
            ),
            NodeKind::Scalar(_) | NodeKind::Map(_) | NodeKind::Empty => {
                CellsText::Cell(self.formula_of(node, "a cell"), node.span)
            }
        }
    }
}
