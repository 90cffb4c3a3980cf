//! A statement as a PDF: A4, its fonts within it, tagged for readers that speak, and of the kind that archives keep
//! (PDF/A-2a, PDF/UA-1).
//!
//! Texts are texts: nothing in them is a command, and nothing is fetched. A sign that none of the fonts has is shown as a
//! box, which the page says below; control characters are blanks. Lines break where words do, and longer words anywhere.

use trueup_base::Exact;

use self::fonts::Fonts;
use self::layout::{Flow, Ink, Pt, Style, WIDTH};
use self::table::{Cell, Column, Row, Weight};
use super::{About, Grants, Group, Line, PaperRefusal, Standing, StatementPaper, shown, signed};

mod canvas;
mod fonts;
mod layout;
mod table;

const TITLE: Style = Style::new(2_000, true, Ink::Dark);
const LABEL: Style = Style::new(720, true, Ink::Accent);
const QUIET_LABEL: Style = Style::new(700, true, Ink::Grey);
const HEADING: Style = Style::new(1_150, true, Ink::Accent);
const GOAL: Style = Style::new(900, true, Ink::Dark);
const BODY: Style = Style::new(900, false, Ink::Dark);
const STRONG: Style = Style::new(900, true, Ink::Dark);
const SMALL: Style = Style::new(780, false, Ink::Grey);
const VALUE: Style = Style::new(1_050, true, Ink::Dark);
/// The sizes of the total, the largest that fits.
const AMOUNTS: [Style; 4] = [
    Style::new(1_700, true, Ink::Dark),
    Style::new(1_350, true, Ink::Dark),
    Style::new(1_050, true, Ink::Dark),
    Style::new(800, true, Ink::Dark),
];
const BADGE: Style = Style::new(700, true, Ink::White);

/// How wide a column of figures is at least.
const FIGURES: Pt = 7_400;

/// The bytes of a PDF.
///
/// # Errors
/// When the format's writer refuses the document ([`PaperRefusal::Format`]).
///
/// See the [module above](super) for an example.
pub fn write(papers: &[StatementPaper]) -> Result<Vec<u8>, PaperRefusal> {
    let about = About::of(papers)?;
    let fonts = Fonts::new();
    let mut flow = Flow::new(&fonts);
    let mut feet = Vec::new();
    for paper in papers {
        let first = flow.begin();
        body(&mut flow, paper);
        feet.push((first, flow.count(), paper));
    }
    for (first, end, paper) in feet {
        let of = format!(
            "{} · {} ({}) · {}",
            paper.title, paper.partner.name, paper.partner.id, paper.period.name
        );
        let hashes: Vec<String> = paper
            .hashes
            .iter()
            .map(|(what, hash)| format!("{what} {}", hash.chars().take(16).collect::<String>()))
            .collect();
        flow.feet(first..end, &of, &hashes.join(" · "));
    }
    canvas::write(flow.finish(), &fonts, &about).map_err(|why| PaperRefusal::Format {
        partner: about.last.partner.id.clone(),
        why,
    })
}

/// One paper, from the top of a page.
fn body(flow: &mut Flow<'_>, paper: &StatementPaper) {
    masthead(flow, paper);
    if !paper.objectives.is_empty() {
        heading(flow, "Objectives");
        groups(flow, &paper.objectives);
    }
    earnings(flow, paper);
    corrections(flow, paper);
    if !paper.balances.is_empty() {
        heading(flow, "Balances");
        let columns = [
            Column::words("balance", WIDTH - 2 * FIGURES),
            Column::figures(in_currency("amount", paper), 2 * FIGURES),
        ];
        let rows = paper.balances.iter().map(|balance| {
            Row::body(vec![
                Cell::of(BODY, &balance.what),
                Cell::of(BODY, money(paper, &balance.amount)),
            ])
        });
        table::draw(flow, &columns, rows.collect());
    }
    if !paper.beside.is_empty() {
        heading(flow, "Beside the lines");
        groups(flow, &paper.beside);
    }
    closing(flow, paper);
    if flow.has_missing() {
        flow.gap(600);
        flow.paragraph(
            SMALL,
            "□ stands for a sign that the fonts of this document lack; the workbook has it.",
        );
    }
}

fn in_currency(what: &str, paper: &StatementPaper) -> String {
    format!("{what}, {}", paper.currency.code())
}

fn money(paper: &StatementPaper, amount: &Exact) -> String {
    shown(amount, paper.currency.places())
}

fn heading(flow: &mut Flow<'_>, text: &str) {
    flow.keep(7_000);
    flow.gap(1_600);
    flow.heading(HEADING, 2, text);
    flow.gap(300);
}

/// Whose, when and how much, above everything else.
fn masthead(flow: &mut Flow<'_>, paper: &StatementPaper) {
    let badge = match &paper.standing {
        Standing::Unsaid => None,
        Standing::Provisional(_) => Some(("PROVISIONAL", Ink::Amber)),
        Standing::Locked(_) => Some(("LOCKED", Ink::Green)),
    };
    if let Some((word, ink)) = badge {
        flow.badge(BADGE, word, ink);
    }
    flow.paragraph(LABEL, "PARTNER STATEMENT");
    flow.gap(250);
    flow.heading(TITLE, 1, &paper.title);
    flow.gap(900);
    let total = paper.total_with_corrections();
    let period = &paper.period;
    let total_label = match paper.corrections.is_empty() {
        true => format!("TOTAL OF {}", period.name),
        false => "TOTAL WITH CORRECTIONS".to_owned(),
    };
    let amount = format!("{} {}", money(paper, &total), paper.currency.code());
    let widths = [18_000, 12_600, WIDTH - 30_600 - 2_400];
    let fits = |style: &&Style| flow.fonts.width(**style, &amount) <= WIDTH - 30_600 - 2_400;
    let style = AMOUNTS.iter().find(fits).or(AMOUNTS.last());
    let style = style.copied().unwrap_or(VALUE);
    let band = [
        Cell::of(QUIET_LABEL, "PARTNER")
            .and(VALUE, &paper.partner.name)
            .and(SMALL, &paper.partner.id),
        Cell::of(QUIET_LABEL, "PERIOD")
            .and(VALUE, &period.name)
            .and(SMALL, format!("{} to {}", period.first, period.last)),
        Cell::of(QUIET_LABEL, &total_label).and(style, amount),
    ];
    table::band(flow, &widths, band.into());
    flow.gap(700);
    flow.paragraph(SMALL, &paper.under.join(" · "));
    match &paper.standing {
        Standing::Unsaid => {}
        Standing::Provisional(why) | Standing::Locked(why) => {
            flow.gap(250);
            flow.paragraph(BODY, why);
        }
    }
}

/// Rows of words and figures under headings of their own.
fn groups(flow: &mut Flow<'_>, groups: &[Group]) {
    let figures = 13_000;
    for (at, group) in groups.iter().enumerate() {
        if at > 0 {
            flow.gap(500);
        }
        flow.keep(3_600);
        flow.heading(GOAL, 3, &group.title);
        flow.gap(100);
        let has_figures = group.rows.iter().any(|row| row.figure.is_some());
        if !has_figures {
            for row in &group.rows {
                flow.paragraph(BODY, &row.is);
                if let Some(note) = &row.note {
                    flow.paragraph(SMALL, note);
                }
            }
            continue;
        }
        let columns = [
            Column::untitled(WIDTH - figures, false),
            Column::untitled(figures, true),
        ];
        let rows = group.rows.iter().map(|row| {
            let mut words = Cell::of(BODY, &row.is);
            if let Some(note) = &row.note {
                words = words.and(SMALL, note);
            }
            let figure = row.figure.as_deref().unwrap_or("–");
            Row::body(vec![words, Cell::of(BODY, figure)])
        });
        table::draw(flow, &columns, rows.collect());
    }
}

fn earnings(flow: &mut Flow<'_>, paper: &StatementPaper) {
    heading(flow, "Earnings");
    let columns = [
        Column::words("component", WIDTH - 3 * FIGURES),
        Column::figures("earned to date".to_owned(), FIGURES),
        Column::figures("posted before".to_owned(), FIGURES),
        Column::figures(in_currency("posted now", paper), FIGURES),
    ];
    let mut rows: Vec<Row> = paper.lines.iter().map(|line| earned(paper, line)).collect();
    let total = format!("Total of {}", paper.period.name);
    rows.push(Row::total(vec![
        Cell::of(STRONG, total).over(3),
        Cell::of(STRONG, money(paper, &paper.total())),
    ]));
    table::draw(flow, &columns, rows);
}

fn earned(paper: &StatementPaper, line: &Line) -> Row {
    let mut words = Cell::of(STRONG, &line.component);
    if !line.is.is_empty() {
        words = words.and(BODY, &line.is);
    }
    let beside_the_total = match line.grants {
        Grants::Money => None,
        Grants::Fund => Some("Credit of a fund, not part of the total"),
        Grants::Count => Some("Counted, not part of the total"),
    };
    for text in [line.why.as_deref(), beside_the_total]
        .into_iter()
        .flatten()
    {
        words = words.and(SMALL, text);
    }
    let figure = |amount: Option<&Exact>| match amount {
        Some(amount) => shown(amount, paper.places(line.grants)),
        None => "open".to_owned(),
    };
    Row::body(vec![
        words,
        Cell::of(BODY, figure(line.to_date.as_ref())),
        Cell::of(BODY, figure(Some(&line.before))),
        Cell::of(STRONG, figure(line.now.as_ref())),
    ])
}

fn corrections(flow: &mut Flow<'_>, paper: &StatementPaper) {
    if paper.corrections.is_empty() {
        return;
    }
    heading(
        flow,
        "Corrections of closed periods, for what came in since",
    );
    let columns = [
        Column::words("component", WIDTH - 2 * FIGURES - 2_000),
        Column::figures("settled on".to_owned(), FIGURES),
        Column::figures(in_currency("correction", paper), FIGURES + 2_000),
    ];
    let mut rows: Vec<Row> = Vec::new();
    for correction in &paper.corrections {
        rows.push(Row::body(vec![
            Cell::of(BODY, &correction.component),
            Cell::of(BODY, correction.settled_on.to_string()),
            Cell::of(BODY, signed(&correction.amount, paper.currency.places())),
        ]));
    }
    rows.push(Row::total(vec![
        Cell::of(STRONG, "Total with corrections").over(2),
        Cell::of(STRONG, money(paper, &paper.total_with_corrections())),
    ]));
    table::draw(flow, &columns, rows);
}

/// What is open, what is to be said, and how a reader checks all of it.
fn closing(flow: &mut Flow<'_>, paper: &StatementPaper) {
    if !paper.open.is_empty() {
        heading(flow, "Open, and therefore not posted");
        let columns = [
            Column::words("component", 15_000),
            Column::words("why", WIDTH - 15_000),
        ];
        let rows = paper.open.iter().map(|open| {
            Row::body(vec![
                Cell::of(STRONG, open.components.join(", ")),
                Cell::of(BODY, &open.why),
            ])
        });
        table::draw(flow, &columns, rows.collect());
    }
    for (title, texts) in [
        ("Notes", &paper.notes),
        ("How to check this", &paper.checks),
    ] {
        if !texts.is_empty() {
            heading(flow, title);
            for text in texts {
                flow.paragraph(BODY, text);
                flow.gap(200);
            }
        }
    }
    if !paper.hashes.is_empty() {
        flow.keep(4_000);
        flow.gap(600);
        let columns = [
            Column::untitled(12_000, false),
            Column::untitled(WIDTH - 12_000, false),
        ];
        let rows = paper.hashes.iter().map(|(what, hash)| {
            let row = Row::body(vec![Cell::of(SMALL, what), Cell::of(SMALL, hash)]);
            row.weighing(Weight::Light)
        });
        table::draw(flow, &columns, rows.collect());
    }
}
