//! Rows that were set aside, put right on a page while the server takes pushes.

use serde_json::{Value, json};

use crate::served::{Someone, signed};
use crate::serving::Server;
use crate::story::Story;

/// The starter with a file of which two rows cannot be read and one is cut.
fn with_rows_aside() -> Story {
    let story = Story::with_starter();
    let rows = "invoice,line,invoice_date,reseller,product,net_amount\n\
                I-2001,1,2026-03-28,P-1OO,suite,40000.00\n\
                I-2002,1,2026-02-30,P-200,suite,\"12,000.00\"\n\
                I-2003,1,2026-03-30,Hill & Sons,suite,500.00\n\
                I-2004,1,2026-03-30,P-100,suite,500.00,\n";
    std::fs::write(story.path("program/late.csv"), rows).expect("written");
    let told = story.sh("trueup ingest --program program > /dev/null
        trueup journal open --program program --by u-17 > /dev/null
        trueup ingest --program program --source invoices program/late.csv > /dev/null");
    told.expect_code(1);
    story
}

fn row<'v>(feeds: &'v Value, name: &str) -> &'v Value {
    let mut rows = feeds["quarantine"].as_array().expect("rows").iter();
    rows.find(|row| row["name"] == name)
        .unwrap_or_else(|| panic!("no {name} in {feeds}"))
}

fn cell(row: &Value, column: &str) -> String {
    let mut cells = row["cells"].as_array().expect("cells").iter();
    let found = cells.find(|cell| cell["column"] == column).expect("a cell");
    found["value"].as_str().expect("a text").to_owned()
}

#[test]
fn finance_puts_a_row_right_and_it_counts_with_who_did_it() {
    let story = with_rows_aside();
    let server = Server::start(&story);
    let finance = signed(&story, &server, "finance", &["--role", "finance"]);
    let auditor = signed(&story, &server, "auditor", &["--role", "auditor"]);
    let admin = signed(&story, &server, "admin", &["--role", "administrator"]);
    let feeds = finance.read("/v1/feeds");
    assert_eq!(feeds["set_aside"], 4, "{feeds}");
    assert_eq!(cell(row(&feeds, "3:2"), "reseller"), "P-1OO");
    assert_eq!(row(&feeds, "3:2")["may_mend"]["is_allowed"], true);
    assert_eq!(
        row(&feeds, "3:5")["may_mend"]["is_allowed"],
        false,
        "a cut row"
    );
    assert_eq!(auditor.read("/v1/feeds")["may_settle"]["is_allowed"], false);
    // Who sees no figures sees no cells, and may try rows again all the same.
    let seen = admin.read("/v1/feeds");
    assert_eq!(seen["quarantine"][0]["cells"], json!([]));
    assert_eq!(seen["may_replay"]["is_allowed"], true);
    assert_eq!(seen["may_settle"]["is_allowed"], false);

    let mend = |who: &Someone<'_>, name: &str, cells: Value| {
        let body = json!({ "cells": cells, "because": "as the invoice has it" });
        who.ask(&format!("POST /v1/feeds/quarantine/{name}/mend"), &body)
    };
    assert_eq!(mend(&auditor, "3:2", json!({ "reseller": "P-100" })).0, 403);
    assert_eq!(mend(&admin, "3:2", json!({ "reseller": "P-100" })).0, 403);
    let (status, said) = mend(&finance, "3:3", json!({ "net_amount": "12000.00" }));
    assert_eq!(status, 422, "{said}");
    assert_eq!(said["errors"][0]["pointer"], "#/cells/invoice_date");
    let detail = said["errors"][0]["detail"].as_str().expect("why");
    assert!(detail.contains("does not exist"), "{detail}");
    let (status, said) = mend(&finance, "3:2", json!({ "partner": "P-100" }));
    assert_eq!(status, 422, "{said}");
    assert_eq!(said["errors"][0]["pointer"], "#/cells/partner");
    assert_eq!(mend(&finance, "3:5", json!({ "net_amount": "1" })).0, 409);
    assert_eq!(mend(&finance, "3:99", json!({ "net_amount": "1" })).0, 409);
    assert_eq!(mend(&finance, "none", json!({ "net_amount": "1" })).0, 404);
    assert_eq!(finance.read("/v1/feeds")["set_aside"], 4, "nothing changed");

    let (status, said) = mend(&finance, "3:2", json!({ "reseller": "P-100" }));
    assert_eq!((status, &said["counted"]), (200, &json!(1)), "{said}");
    let (status, said) = mend(&finance, "3:2", json!({ "reseller": "P-200" }));
    assert_eq!(status, 409, "it is none that is set aside: {said}");
    let is_mended = |feeds: &Value| feeds["set_aside"] == 3;
    let feeds = finance.read_once("/v1/feeds", is_mended);
    let deliveries = feeds["feeds"].as_array().expect("feeds").iter();
    let settled: Vec<&str> = deliveries
        .flat_map(|feed| feed["deliveries"].as_array().expect("deliveries"))
        .filter_map(|one| one["settled_by"].as_str())
        .collect();
    assert_eq!(settled.len(), 1, "{feeds}");
    assert!(
        settled[0].ends_with(": as the invoice has it"),
        "{settled:?}"
    );
    let facts = finance.read("/v1/partners/P-100/facts?holds=I-2001");
    assert_eq!(facts["count"], 1, "it counts: {facts}");

    // An alias is certified beside the server, and the rows are tried again.
    let told = story.sh(
        "printf 'alias,partner,certified_by\\nHill & Sons,P-200,Ada\\n' > program/data/aliases.csv
        sed -i 's|^    file: data/partners.csv|&\\n    aliases: data/aliases.csv|' program/program.yaml",
    );
    told.expect_code(0);
    let (status, said) = admin.ask("POST /v1/feeds/replay", &json!({}));
    assert_eq!(status, 200, "{said}");
    assert_eq!(
        (&said["counted"], &said["left"]),
        (&json!(1), &json!(2)),
        "{said}"
    );
    let reject = json!({ "because": "it was cut on the way" });
    let (status, said) = finance.ask("POST /v1/feeds/quarantine/3:5/reject", &reject);
    assert_eq!((status, &said["rejected"]), (200, &json!(1)), "{said}");
    finance.read_once("/v1/feeds", |feeds| feeds["set_aside"] == 1);
    drop(server);
    let told = story.sh("trueup verify --program program
        trueup facts log --program program | grep -c 'reseller P-1OO → P-100, by u'");
    let out = &told.expect_code(0).out;
    assert!(out.ends_with("1\n"), "{out}");
}
