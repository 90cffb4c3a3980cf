//! Statements to write: one with everything in it, a long one, and one by somebody who means harm.

use trueup_base::date::{add_days, parse_date};
use trueup_base::{Currency, Exact};
use trueup_exports::statement::{
    Balance, Correction, Grants, Group, GroupRow, Line, Open, Party, Period, Standing,
    StatementPaper,
};

pub fn exact(text: &str) -> Exact {
    Exact::parse(text).unwrap()
}

pub fn row(is: &str, figure: &str, note: Option<&str>) -> GroupRow {
    GroupRow {
        is: is.to_owned(),
        figure: Some(figure.to_owned()),
        note: note.map(str::to_owned),
    }
}

pub fn line(component: &str, is: &str, figures: [&str; 3]) -> Line {
    let [to_date, before, now] = figures;
    Line {
        component: component.to_owned(),
        is: is.to_owned(),
        why: None,
        grants: Grants::Money,
        to_date: Some(exact(to_date)),
        before: exact(before),
        now: Some(exact(now)),
    }
}

/// A heading and nothing else.
pub fn bare(name: &str) -> StatementPaper {
    StatementPaper::new(
        "Growth and Care Partner Program",
        Party {
            id: "P-100".into(),
            name: name.into(),
        },
        Period {
            name: "2026-Q2".into(),
            first: parse_date("2026-04-01").unwrap(),
            last: parse_date("2026-06-30").unwrap(),
        },
        Standing::Unsaid,
        Currency::parse("EUR").unwrap(),
    )
}

/// Every section, as a partner may see it.
pub fn full() -> StatementPaper {
    let mut paper = bare("Northwind Trading & Søn A/S");
    paper.standing = Standing::Locked(
        "Locked: as approved when everything until 2026-06-30 was closed; what came in since counts in later periods.".into(),
    );
    paper.under = vec![
        "Plan growth 2026.1".into(),
        "agreement northwind, version 3".into(),
        "snapshot 12 of the facts".into(),
        "amounts in EUR".into(),
    ];
    paper.objectives = vec![
        Group {
            title: "Grow sales together".into(),
            rows: vec![
                row("Invoiced sales less returns", "411,000.00 EUR", None),
                row("Net sales against the target", "137%", None),
            ],
        },
        Group {
            title: "Keep customers glad".into(),
            rows: vec![row(
                "Mean survey score",
                "undefined",
                Some("a division by zero: nobody was asked"),
            )],
        },
    ];
    let mut bonus = line(
        "volume_bonus",
        "Quarterly bonus on net sales, while customers are glad",
        ["10890.00", "4200.00", "6690.00"],
    );
    bonus.why = Some("volume_rates(net_sales): 1% of 300,000.00, 3% of the next 75,000.00, 4% of 36,000.00 above that".into());
    let mut training = line(
        "certification_credit",
        "Credit for each certified engineer, spent on training",
        ["1500", "0", "1500"],
    );
    training.grants = Grants::Fund;
    let mut seats = line("demo_seats", "Seats for demonstrations", ["12", "10", "2"]);
    seats.grants = Grants::Count;
    let mut open = line(
        "loyalty",
        "A yearly share of what returning customers buy",
        ["0", "0", "0"],
    );
    (open.to_date, open.now) = (None, None);
    paper.lines = vec![
        bonus,
        line(
            "growth_bonus",
            "Extra for growth over the same quarter of last year, held down by the yearly maximum",
            ["1234567.89", "1200000.00", "34567.89"],
        ),
        line(
            "returns",
            "Taken back for goods that came back",
            ["-120.50", "0", "-120.50"],
        ),
        training,
        seats,
        open,
    ];
    paper.corrections = vec![
        Correction {
            component: "volume_bonus".into(),
            settled_on: parse_date("2026-03-31").unwrap(),
            amount: exact("85.00"),
        },
        Correction {
            component: "growth_bonus".into(),
            settled_on: parse_date("2025-12-31").unwrap(),
            amount: exact("-12.30"),
        },
    ];
    paper.balances = vec![
        Balance {
            what: "Held until returns are final".into(),
            amount: exact("669.00"),
        },
        Balance {
            what: "Payable on 2026-07-31".into(),
            amount: exact("40553.09"),
        },
        Balance {
            what: "Paid so far".into(),
            amount: exact("1204200.00"),
        },
    ];
    paper.beside = vec![
        Group {
            title: "On in this period".into(),
            rows: vec![GroupRow {
                is: "release_slips (contingency): The launch slipped, so targets are three quarters of what they were".into(),
                figure: None,
                note: None,
            }],
        },
        Group {
            title: "Funds: marketing".into(),
            rows: vec![
                row("at the start", "5,000.00", None),
                row("spent", "1,250.00", None),
                row("at the end", "3,750.00", None),
            ],
        },
    ];
    paper.open = vec![Open {
        components: vec!["loyalty".into()],
        why: "missing: the feed of renewals was last complete on 2026-05-31".into(),
    }];
    paper.notes = vec![
        "The feed of surveys is 9 days late; it was due on 2026-07-05.".into(),
        "3 rows of invoices are set aside and count for nobody until they are put right.".into(),
    ];
    paper.checks = vec![
        "Every figure opens: trueup explain --program my-program --partner P-100 --period 2026-Q2 COMPONENT --rows".into(),
        "The bundle of this statement is verified without us: trueup verify northwind-2026-Q2.bundle --key contoso.pub".into(),
    ];
    paper.hashes = vec![
        ("run".into(), "1a2b3c4d".repeat(8)),
        ("plan and agreement".into(), "9f8e7d6c".repeat(8)),
    ];
    paper
}

/// Lines over several pages.
pub fn long(lines: usize) -> StatementPaper {
    let mut paper = full();
    paper.lines = (0..lines)
        .map(|at| {
            let cents = Exact::from_scaled(i128::try_from(at).unwrap() * 1_737 + 1, 2);
            let mut line = line(
                &format!("component_{at:03}"),
                "A component among many, whose words go over the end of a line so that its row is higher than others",
                ["0", "0", "0"],
            );
            line.to_date = Some(cents.clone());
            line.now = Some(cents);
            line
        })
        .collect();
    paper.corrections = (0..lines)
        .map(|at| Correction {
            component: format!("component_{at:03}"),
            settled_on: add_days(
                parse_date("2025-01-01").unwrap(),
                i64::try_from(at).unwrap(),
            )
            .unwrap(),
            amount: exact("-0.01"),
        })
        .collect();
    paper
}

/// HI-112: what a partner might call itself.
pub fn hostile() -> StatementPaper {
    let mut paper = full();
    paper.title =
        "=HYPERLINK(\"http://x\") {{7*7}} #let x = read(\"/etc/passwd\") \\input{x}".into();
    paper.partner.name = format!(
        "株式会社 شركة النور \u{202e}evil\u{0}\u{7}\n<script>alert(1)</script> {} 😀",
        "W".repeat(300)
    );
    paper.lines[0].component = "@SUM(A1)".into();
    paper.lines[0].is = "g".repeat(10_000);
    paper.lines[1].is = "+1-1 ' OR 1=1".into();
    paper.open[0].why = "word ".repeat(3_000);
    paper
}
