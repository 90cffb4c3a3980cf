//! Any engine that reads Delta Lake reads the facts: PyPI's `deltalake` finds the same rows and the same exact sums.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::bench::Bench;

/// The Python that `make test` sets up, with the packages of tests/python/requirements.txt.
fn python() -> PathBuf {
    if let Some(named) = std::env::var_os("TRUEUP_PYTHON") {
        return named.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    cache.expect("a home").join("trueup/python/bin/python")
}

/// What another reader finds in a table.
pub fn read_elsewhere(table: &Path) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/read_delta.py");
    let read = Command::new(python())
        .arg(script)
        .arg(table)
        .output()
        .expect("the Python of the tests is there; `make setup` installs it");
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    serde_json::from_slice(&read.stdout).expect("JSON")
}

#[test]
fn another_reader_finds_the_net_facts_and_their_exact_sums() {
    let bench = Bench::declaring("    revision: units");
    bench.deliver(
        "a.csv",
        "1,P1,2026-03-01,10.00,1,Y,\n2,P1,2026-03-01,0.01,1,Y,\n3,P2,2026-03-01,,1,,\n",
    );
    bench.ingest();
    bench.deliver("b.csv", "1,P2,2026-03-05,99999999999999999999999999.99,2,Y,\n2,P1,2026-03-01,0.01,1,Y,\n4,P9,2026-03-01,1,1,Y,\n");
    bench.ingest();
    let found = read_elsewhere(&bench.path().join(".trueup/facts/sale"));
    assert_eq!(found["net"], 3);
    assert_eq!(found["facts"], 3);
    assert_eq!(found["odd"], 0);
    assert_eq!(found["rows"], 5);
    assert_eq!(found["sums"]["amount"], "100000000000000000000000000.00");
    assert_eq!(found["sums"]["units"], "4");
    let types = &found["types"];
    let of: Vec<&str> = [
        "partner",
        "sold_on",
        "amount",
        "units",
        "rush",
        "fact_weight",
        "fact_recorded_on",
    ]
    .map(|name| types[name].as_str().unwrap_or("none"))
    .to_vec();
    assert_eq!(
        of,
        [
            "string",
            "date32[day]",
            "decimal128(28, 2)",
            "decimal128(28, 0)",
            "bool",
            "int8",
            "date32[day]"
        ]
    );
}
