//! HTML: one page that stands alone, for a screen of any width, by day and by night, and on paper.
//!
//! It asks for nothing outside itself and runs no script, and its policy forbids both, so a plan's text can do no harm
//! even if an escape were forgotten. None is: every text passes through `escaped`, whatever it is.

use std::collections::BTreeMap;

use super::document::{Anchors, Block, Column, Document, Heading, Line, Piece, belongs_together};

const STYLE: &str = include_str!("style.css");

/// Documents as one page.
///
/// ```
/// use trueup_plan::words::document::{Block, Document, Line};
/// use trueup_plan::words::html;
///
/// let hostile = Block::said(Line::from("<script>alert('1')</script> & more"));
/// let page = html::render(&[Document { title: "A \"plan\"".to_owned(), blocks: vec![hostile] }]);
/// assert!(page.contains("<p>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; more</p>"));
/// assert!(page.contains("<title>A &quot;plan&quot;</title>"));
/// ```
#[must_use]
pub fn render(documents: &[Document]) -> String {
    let mut anchors = Anchors::new();
    let mut contents = String::new();
    let mut articles = String::new();
    for document in documents {
        let ids: Vec<String> = document
            .headings()
            .map(|heading| anchors.of(&heading.shown()))
            .collect();
        let links = document
            .headings()
            .zip(&ids)
            .filter(|(heading, _)| !heading.defines.is_empty())
            .map(|(heading, id)| (heading.defines.clone(), id.clone()))
            .collect();
        contents.push_str(&listed(document, &ids));
        let mut page = Page {
            links,
            ids: ids.into_iter(),
            under: document.title.clone(),
        };
        articles.push_str("<article>\n");
        articles.push_str(&page.blocks(&document.blocks));
        articles.push_str("</article>\n");
    }
    let title = match documents {
        [only] => only.title.clone(),
        several => format!("{} plans in words", several.len()),
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#text\">To the text</a>\n<nav aria-label=\"Contents\">\n{contents}</nav>\n\
         <main id=\"text\">\n{articles}</main>\n</body>\n</html>\n",
        escaped(&title)
    )
}

/// A document's sections, as links.
fn listed(document: &Document, ids: &[String]) -> String {
    let mut said = String::new();
    let mut is_open = false;
    for (heading, id) in document.headings().zip(ids) {
        let link = format!(
            "<a href=\"#{}\">{}</a>",
            escaped(id),
            escaped(&heading.shown())
        );
        match heading.level {
            1 => {
                if is_open {
                    said.push_str("</ul>\n");
                }
                said.push_str(&format!("<p>{link}</p>\n<ul>\n"));
                is_open = true;
            }
            2 => {
                if !is_open {
                    said.push_str("<ul>\n");
                    is_open = true;
                }
                said.push_str(&format!("<li>{link}</li>\n"));
            }
            _ => {}
        }
    }
    if is_open {
        said.push_str("</ul>\n");
    }
    said
}

struct Page<I> {
    links: BTreeMap<String, String>,
    ids: I,
    /// The heading that a block without a caption stands under.
    under: String,
}

impl<I: Iterator<Item = String>> Page<I> {
    fn blocks(&mut self, blocks: &[Block]) -> String {
        blocks.iter().map(|block| self.block(block)).collect()
    }

    fn block(&mut self, block: &Block) -> String {
        match block {
            Block::Heading(heading) => self.heading(heading),
            Block::Paragraph(line) => format!("<p>{}</p>\n", self.line(line)),
            Block::Remark(line) => format!("<p class=\"remark\">{}</p>\n", self.line(line)),
            Block::List {
                is_numbered,
                entries,
            } => {
                let tag = if *is_numbered { "ol" } else { "ul" };
                let entries: String = entries
                    .iter()
                    .map(|entry| format!("<li>{}</li>\n", self.blocks(entry)))
                    .collect();
                format!("<{tag}>\n{entries}</{tag}>\n")
            }
            Block::Points(points) => {
                let points: String = points
                    .iter()
                    .map(|(label, blocks)| {
                        let label = self.line(label);
                        format!(
                            "<div><dt>{label}</dt><dd>{}</dd></div>\n",
                            self.blocks(blocks)
                        )
                    })
                    .collect();
                format!("<dl>\n{points}</dl>\n")
            }
            Block::Table {
                caption,
                columns,
                rows,
            } => self.table(caption, columns, rows),
            Block::Signatures(sides) => {
                let sides: String = sides
                    .iter()
                    .map(|side| {
                        format!(
                            "<div><p>{}</p><p class=\"line\">Name</p><p class=\"line\">Date</p><p class=\"line\">Signature</p></div>\n",
                            self.line(side)
                        )
                    })
                    .collect();
                format!("<div class=\"signatures\">\n{sides}</div>\n")
            }
        }
    }

    fn heading(&mut self, heading: &Heading) -> String {
        let level = heading.level.clamp(1, 6);
        let id = self.ids.next().unwrap_or_default();
        self.under = heading.text.text();
        let number = if heading.number.is_empty() {
            String::new()
        } else {
            format!(
                "<span class=\"number\">{}</span> ",
                escaped(&heading.number)
            )
        };
        format!(
            "<h{level} id=\"{}\">{number}{}</h{level}>\n",
            escaped(&id),
            self.line(&heading.text)
        )
    }

    fn table(&mut self, caption: &Line, columns: &[Column], rows: &[Vec<Line>]) -> String {
        let class = |column: &Column| {
            if column.is_figure {
                " class=\"figure\""
            } else {
                ""
            }
        };
        let label = if caption.is_empty() {
            self.under.clone()
        } else {
            caption.text()
        };
        let mut said = format!(
            "<div class=\"table\" role=\"region\" aria-label=\"{}\" tabindex=\"0\">\n<table>\n",
            escaped(&label)
        );
        if !caption.is_empty() {
            said.push_str(&format!("<caption>{}</caption>\n", self.line(caption)));
        }
        said.push_str("<thead>\n<tr>");
        for column in columns {
            let head = self.line(&column.head);
            said.push_str(&format!("<th scope=\"col\"{}>{head}</th>", class(column)));
        }
        said.push_str("</tr>\n</thead>\n<tbody>\n");
        for row in rows {
            said.push_str("<tr>");
            for (at, (cell, column)) in row.iter().zip(columns).enumerate() {
                let cell = self.line(cell);
                said.push_str(&if at == 0 {
                    format!("<th scope=\"row\">{cell}</th>")
                } else {
                    format!("<td{}>{cell}</td>", class(column))
                });
            }
            said.push_str("</tr>\n");
        }
        said.push_str("</tbody>\n</table>\n</div>\n");
        said
    }

    fn line(&self, line: &Line) -> String {
        line.0.iter().map(|piece| self.piece(piece)).collect()
    }

    fn piece(&self, piece: &Piece) -> String {
        match piece {
            Piece::Plain(text) => prose(text),
            Piece::Strong(text) => format!("<strong>{}</strong>", prose(text)),
            Piece::Local(text) => format!("<i>{}</i>", prose(text)),
            Piece::Code(text) => format!("<code>{}</code>", escaped(text)),
            Piece::Name { of, text } => match self.links.get(of) {
                Some(id) => format!(
                    "<a class=\"name\" href=\"#{}\">{}</a>",
                    escaped(id),
                    escaped(text)
                ),
                None => format!("<b>{}</b>", escaped(text)),
            },
        }
    }
}

/// Prose whose figures keep their currency beside them.
fn prose(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut before = "";
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            said.push_str(if belongs_together(before, word) {
                "&nbsp;"
            } else {
                " "
            });
        }
        said.push_str(&escaped(word));
        before = word;
    }
    said
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => said.push_str("&amp;"),
            '<' => said.push_str("&lt;"),
            '>' => said.push_str("&gt;"),
            '"' => said.push_str("&quot;"),
            '\'' => said.push_str("&#39;"),
            // What no page may hold, and what would turn the direction of the text around it.
            c if c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                said.push('\u{fffd}');
            }
            c => said.push(c),
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(blocks: Vec<Block>) -> String {
        render(&[Document {
            title: "Plan".to_owned(),
            blocks,
        }])
    }

    #[test]
    fn no_text_of_any_place_is_markup() {
        let hostile = "\"><img src=x onerror='y'>&";
        let line = || {
            Line::from(hostile)
                .strong(hostile)
                .code(hostile)
                .piece(Piece::Local(hostile.to_owned()))
                .piece(Piece::Name {
                    of: hostile.to_owned(),
                    text: hostile.to_owned(),
                })
        };
        let heading = Block::Heading(Heading {
            level: 2,
            number: hostile.to_owned(),
            text: line(),
            defines: hostile.to_owned(),
        });
        let table = Block::Table {
            caption: line(),
            columns: vec![Column {
                head: line(),
                is_figure: true,
            }],
            rows: vec![vec![line()]],
        };
        let points = Block::Points(vec![(line(), vec![Block::Remark(line())])]);
        let page = page(vec![
            heading,
            Block::Paragraph(line()),
            Block::bullets(vec![vec![Block::Paragraph(line())]]),
            points,
            table,
            Block::Signatures(vec![line()]),
        ]);
        assert!(!page.contains("<img"), "{page}");
        assert!(!page.contains("='y'"), "{page}");
        assert!(!page.contains("\"\">"), "{page}");
    }

    #[test]
    fn names_lead_to_their_heading() {
        let heading = Block::Heading(Heading {
            level: 3,
            number: "4.1".to_owned(),
            text: Line::from("net sales"),
            defines: "measure 0".to_owned(),
        });
        let name = Line::new().piece(Piece::Name {
            of: "measure 0".to_owned(),
            text: "net sales".to_owned(),
        });
        let page = page(vec![heading, Block::Paragraph(name)]);
        assert!(page.contains("<h3 id=\"41-net-sales\">"));
        assert!(page.contains("<a class=\"name\" href=\"#41-net-sales\">net sales</a>"));
    }

    #[test]
    fn an_amount_is_not_parted_from_its_currency() {
        assert_eq!(
            prose("at most 60,000.00 USD in all"),
            "at most 60,000.00&nbsp;USD in all"
        );
    }
}
