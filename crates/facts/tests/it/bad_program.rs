//! Mistakes in a program's declarations: each is named at its place, all at once.

use trueup_facts::program::Program;

use crate::bench::Bench;

/// What is said about a program, one line for each mistake: `line:column code message / help`.
fn says(program: &str, files: &[(&str, &str)]) -> Vec<String> {
    let bench = Bench::empty();
    bench.write("program.yaml", program);
    for (name, content) in files {
        bench.write(name, content);
    }
    let read = Program::read(bench.path()).expect("readable");
    assert!(read.program.is_none(), "it is refused");
    let line = |diagnostic: &trueup_plan::diagnostic::Diagnostic| {
        let (line, column) = read.sources.line_column(diagnostic.span());
        let help = diagnostic.help.as_deref().unwrap_or_default();
        format!(
            "{line}:{column} {} {} / {help}",
            diagnostic.code, diagnostic.message
        )
    };
    read.diagnostics.iter().map(line).collect()
}

fn check(program: &str, expected: &[&str]) {
    assert_eq!(says(program, &[]), expected, "{program}");
}

const HEAD: &str = "program: shop\ncurrency: EUR\n";
const KINDS: &str = "kinds:\n  sale:\n    dated: on\n    columns: { on: date, amount: { type: money, scale: 2 }, who: partner, text: text }\n";

fn source(lines: &str) -> String {
    format!("{HEAD}{KINDS}sources:\n  till:\n    kind: sale\n    files: a.csv\n    id: n\n{lines}")
}

#[test]
fn all_mistakes_are_reported_at_once_each_at_its_place() {
    check(
        "program: Shop\ncurrency: EURO\nzone: Europe/Berln\ncalender: {}\ncalendar: { year_starts: 02-30, weeks: 4-4-4 }\n",
        &[
            "1:10 F005 `Shop` is no name for a program / a name begins with a small letter and has small letters, digits and _, 63 at most",
            "2:11 F007 `EURO` is no currency of ISO 4217; write its three capitals, such as EUR / currencies are those of ISO 4217",
            "3:7 F008 there is no time zone `Europe/Berln` / name one of the IANA table, such as Europe/Berlin or UTC",
            "4:1 F001 a program has no key `calender` / did you mean `calendar`?",
            "5:26 F009 `02-30` is no day of the year; write month and day, such as 12-01 / see the calendar's words: year_starts: 12-01, weeks: 4-4-5, periods: [2021-09-29, …]",
            "5:40 F009 `4-4-4` does not divide a quarter of 13 weeks into three months; write 4-4-5, 4-5-4 or 5-4-4 / see the calendar's words: year_starts: 12-01, weeks: 4-4-5, periods: [2021-09-29, …]",
        ],
    );
    check(
        "title: x\n",
        &[
            "1:1 F004 a program lacks `program` / add `program:`",
            "1:1 F004 a program lacks `currency` / add `currency:`",
        ],
    );
    check(
        "- a\n",
        &["1:1 F002 a program is not a map / write keys with values: `key: value`"],
    );
}

#[test]
fn kinds_have_typed_columns_and_a_date() {
    check(
        &format!(
            "{HEAD}kinds:\n  sale:\n    dated: onn\n    columns: {{ on: date, a: money, b: {{ type: mony }}, c: {{ type: ratio, scale: 30 }}, d: {{ type: text, scale: 2 }}, fact_id: text, E: text }}\n"
        ),
        &[
            "5:12 F011 the kind `sale` has no column `onn` / did you mean `on`?",
            "6:29 F014 a money column states its `scale` / write `{ type: money, scale: 2 }`, with the decimals the source sends",
            "6:47 F013 there is no type `mony` / did you mean `money`?",
            "6:80 F014 `scale` is no whole number up to 28 / 28 digits leave a sum of ten thousand million rows its room",
            "6:110 F014 a text has no `scale` / only numbers do",
            "6:115 F012 a column cannot begin with `fact_` / those are the columns that every kind has besides: fact_id, fact_weight, …",
            "6:130 F005 `E` is no name for a column / a name begins with a small letter and has small letters, digits and _, 63 at most",
        ],
    );
    check(
        &format!(
            "{HEAD}kinds:\n  sale:\n    dated: a\n    columns: {{ a: text, c: {{ type: count, scale: 5, digits: 4 }} }}\n"
        ),
        &[
            "5:12 F011 the column `a` is no date / `dated` names the column of type date that places a row in a window",
            "6:50 F014 more decimals than digits / `digits` counts all, `scale` those after the mark",
        ],
    );
}

#[test]
fn sources_say_where_everything_comes_from() {
    check(
        &source("    format: ods\n    map: { on: day }\n"),
        &[
            "12:13 F031 there is no format `ods` / formats are: csv, json, parquet, xlsx; csv and json plain or packed with gzip or zip",
        ],
    );
    check(
        &source(
            "    csv: { delimiter: ':', decimal: ';', encoding: latin-1, last_line: any, quote: x }\n    map: { on: day }\n",
        ),
        &[
            "12:23 F031 `delimiter` cannot be `:` / it is one of: \",\", \";\", \"\\t\", \"|\"",
            "12:77 F001 `csv` has no key `quote` / `csv` takes: delimiter, decimal, encoding, last_line",
        ],
    );
    check(
        &source(
            "    map: { amount: a, amuont: b }\n    fresh: soon\n    complete: { from: 2026-01-01, until: 2026-01-01 }\n    control: { rows: many, sums: { on: 5 } }\n",
        ),
        &[
            "12:10 F036 the source `till` does not say where `on` comes from / without its date a row has no place in any window",
            "12:23 F001 the kind `sale` has no key `amuont` / did you mean `amount`?",
            "13:12 F033 `soon` is no duration; write a whole number and days, weeks, months, quarters or years, such as 6 months / write for example `2 days`",
            "14:15 F034 no day lies from 2026-01-01 until 2026-01-01 / `until` is the day after the last",
            "15:22 F035 `rows` is no whole number / write how many rows there are",
        ],
    );
    check(
        &source(
            "    map: { on: { column: d, format: \"%y\" }, amount: { value: 1.234 }, who: { column: w, identity: partner }, text: { column: t, look_up: products.line } }\n",
        ),
        &[
            "12:37 F032 `%y` is not read here; formats are made of %Y %m %b %d %H %M %S %f %z and plain characters / write for example \"%Y-%m-%d\"",
            "12:62 F039 `1.234` has 3 decimals where the column keeps 2 / the column `amount` holds a money",
            "12:99 F038 there is no directory `partner` / no directory is declared",
            "12:138 F038 there is no directory `products` / no directory is declared",
        ],
    );
    check(
        &format!("{HEAD}{KINDS}sources:\n  till:\n    kind: sales\n    files: ../a.csv\n"),
        &[
            "9:5 F004 the source `till` lacks `id` / name the columns that together name a row: `id: [order, line]`",
            "9:11 F030 there is no kind `sales` / did you mean `sale`?",
            "10:12 F021 `../a.csv` leads out of the program's folder / name files relative to the program's folder, with / between names and * inside one",
        ],
    );
}

#[test]
fn directories_are_read_whole_or_not_at_all() {
    let program = format!(
        "{HEAD}directories:\n  partners:\n    file: p.csv\n    id: key\n    parent: above\n    columns: {{ type: {{ column: kind, values: {{ A: a }} }} }}\n    aliases: al.csv\n"
    );
    let good = "key,above,kind\nP1,,A\nP2,P1,A\n";
    let aliases = "alias,partner,certified_by\n";
    let check = |list: &str, aliases: &str, expected: &[&str]| {
        let found: Vec<String> = says(&program, &[("p.csv", list), ("al.csv", aliases)]);
        let found: Vec<&str> = found
            .iter()
            .filter_map(|line| line.split(" / ").next())
            .collect();
        assert_eq!(found, expected, "{list}{aliases}");
    };
    check(
        "key,above,kind\nP1,,A\nP1,,B\n,,A\nP3\n",
        aliases,
        &[
            "5:11 F020 p.csv: line 3: `B` is not among the `values` of `type`",
            "5:11 F020 p.csv: `P1` stands on line 2 and on line 3",
            "5:11 F020 p.csv: line 4 has no `key`",
            "5:11 F020 p.csv: line 5 has 1 cells where the header has 3",
        ],
    );
    check(
        "key,above,kind\nP1,P2,A\nP2,P1,A\n",
        aliases,
        &["5:11 F023 p.csv: the hierarchy goes in a circle: P1 → P2 → P1"],
    );
    check(
        "key,above,kind\nP1,P7,A\n",
        aliases,
        &["5:11 F023 p.csv: line 2 names the parent `P7`, who is not listed"],
    );
    check(
        "key,kind\nP1,A\n",
        aliases,
        &["5:11 F020 p.csv: lacks the column `above`; it has: key, kind"],
    );
    check(
        "key,above,kind\nP1,,\"A\n",
        aliases,
        &[
            "5:11 F020 p.csv: opens a quote on line 2 and never closes it; double the quote (\"\") if it is part of the text",
        ],
    );
    check(
        good,
        "alias,partner,certified_by\nX,P9,Ada\nP2,P1,Ada\nY,P1,\nZ,P1,Ada\nZ,P2,Ada\n",
        &[
            "9:14 F022 al.csv: line 2: the directory has no `P9`",
            "9:14 F022 al.csv: line 3: `P2` is a key of its own",
            "9:14 F022 al.csv: line 4 lacks a value",
            "9:14 F022 al.csv: line 6: `Z` is listed twice",
        ],
    );
    let none = says(&program, &[("al.csv", aliases)]);
    assert!(
        none[0].starts_with("5:11 F020 p.csv: cannot be read (No such file or directory"),
        "{none:?}"
    );
}

#[test]
fn words_that_other_readers_mistake_are_text() {
    let bench = Bench::empty();
    bench.write("p.csv", "key,country\nNO,NO\n010,1.10\n");
    bench.write("program.yaml", format!("{HEAD}directories:\n  partners: {{ file: p.csv, id: key, columns: {{ country: {{ column: country, values: {{ NO: on, 1.10: 1_000 }} }} }} }}\n"));
    let program = bench.program();
    let partners = program.partners().expect("declared");
    let cells: Vec<_> = partners
        .rows
        .iter()
        .map(|(key, row)| (&**key, row.cells[0].as_deref()))
        .collect();
    assert_eq!(cells, [("010", Some("1_000")), ("NO", Some("on"))]);
}

#[test]
fn a_declaration_keeps_its_digest_while_it_says_the_same() {
    let digests = |program: &str| {
        let bench = Bench::empty();
        bench.write("p.csv", "key\nP1\n");
        bench.write("program.yaml", program);
        bench.program().declarations
    };
    let body = format!(
        "{KINDS}directories:\n  partners: {{ file: p.csv, id: key }}\nsources:\n  till: {{ kind: sale, files: a.csv, id: n, map: {{ on: day }} }}\n"
    );
    let first = digests(&format!("{HEAD}{body}"));
    assert_eq!(
        first.keys().map(|name| &**name).collect::<Vec<_>>(),
        ["directory partners", "kind sale", "program", "source till"]
    );
    assert_eq!(
        first,
        digests(&format!(
            "# a word\n{HEAD}\n{}",
            body.replace("on: day", "on:   'day'")
        ))
    );
    let changed = digests(&format!("{HEAD}{}", body.replace("on: day", "on: date")));
    let differ: Vec<&str> = first
        .iter()
        .filter(|(name, digest)| changed[*name] != **digest)
        .map(|(name, _)| &**name)
        .collect();
    assert_eq!(differ, ["source till"]);
}

#[test]
fn a_folder_without_a_program_is_said_to_be_one() {
    let bench = Bench::empty();
    let fault = Program::read(bench.path())
        .expect_err("nothing there")
        .to_string();
    assert!(
        fault.starts_with("cannot read ") && fault.ends_with("program.yaml"),
        "{fault}"
    );
    bench.write("program.yaml", b"program: \xff\n");
    let read = Program::read(bench.path()).expect("readable");
    assert_eq!(
        read.diagnostics[0].message,
        "the file is not UTF-8 at byte 9"
    );
}

#[test]
fn a_rate_that_is_none_or_that_stands_twice_is_named_by_its_line() {
    let program = format!("{HEAD}{KINDS}rates: {{ is: The bank's, file: fx.csv }}\n");
    let list = "from,into,on,rate\nEUR,USD,2026-01-05,1.10\nEUR,USD,2026-01-05,1.20\nEUR,USD,,0\nEUR,XYZ,,1\nEUR,USD,5.1.26,1\nEUR,USD\nUSD,EUR,,1,5\n";
    let found: Vec<String> = says(&program, &[("fx.csv", list)])
        .iter()
        .filter_map(|line| line.split(" / ").next().map(str::to_owned))
        .collect();
    let begins = [
        "7:32 F024 fx.csv: line 3 is a second rate of these two for one day",
        "7:32 F024 fx.csv: line 4: `0` is no rate: it is not above zero",
        "7:32 F024 fx.csv: line 5: `XYZ` is no currency",
        "7:32 F024 fx.csv: line 6: ",
        "7:32 F024 fx.csv: line 7 has 2 cells where the header has 4",
        "7:32 F024 fx.csv: line 8 has 5 cells where the header has 4",
    ];
    assert_eq!(found.len(), begins.len(), "{found:#?}");
    for (said, begins) in found.iter().zip(begins) {
        assert!(said.starts_with(begins), "{said}");
    }
}
