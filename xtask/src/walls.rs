//! The walls of the house: who may use whom, and which outside crates each may touch.
//!
//! `tidy` holds every `Cargo.toml` to these tables and `codegen` writes them into ARCHITECTURE.md and
//! docs/dependencies.md. A new line here needs a record in docs/decisions/.

/// One crate of the workspace.
pub struct Wall {
    /// Its package.
    pub package: &'static str,
    /// Its folder.
    pub folder: &'static str,
    /// The crates of the workspace it may use.
    pub inner: &'static [&'static str],
    /// The outside crates it may use.
    pub outside: &'static [&'static str],
    /// The outside crates its tests may use besides.
    pub tests: &'static [&'static str],
    /// What it may touch of the world.
    pub touches: &'static str,
    /// A pure crate reads no clock, file, environment or random source, and holds no float and no unordered map.
    pub is_pure: bool,
}

/// Every crate of the workspace, innermost first. Each may use only crates above it.
pub const WALLS: &[Wall] = &[
    Wall {
        package: "trueup-base",
        folder: "crates/base",
        inner: &[],
        outside: &[
            "dashu-int",
            "dashu-ratio",
            "iso_currency",
            "jiff",
            "thiserror",
        ],
        tests: &["proptest"],
        touches: "nothing",
        is_pure: true,
    },
    Wall {
        package: "trueup-plan",
        folder: "crates/plan",
        inner: &["trueup-base"],
        outside: &[
            "saphyr-parser",
            "serde",
            "serde_json",
            "sha2",
            "unicode-width",
        ],
        tests: &["proptest"],
        touches: "nothing",
        is_pure: true,
    },
    Wall {
        package: "trueup-engine",
        folder: "crates/engine",
        inner: &["trueup-base", "trueup-plan"],
        outside: &["serde_json"],
        tests: &["dashu-int", "dashu-ratio", "proptest"],
        touches: "nothing",
        is_pure: true,
    },
    Wall {
        package: "trueup-prove",
        folder: "crates/prove",
        inner: &["trueup-base", "trueup-plan", "trueup-engine"],
        outside: &[],
        tests: &["proptest"],
        touches: "nothing",
        is_pure: true,
    },
    Wall {
        package: "trueup-journal",
        folder: "crates/journal",
        inner: &["trueup-base"],
        outside: &[
            "base64",
            "jiff",
            "rand_core",
            "serde",
            "serde_json",
            "signed_note",
            "thiserror",
            "tlog_tiles",
        ],
        tests: &["proptest"],
        touches: "nothing",
        is_pure: true,
    },
    Wall {
        package: "trueup-books",
        folder: "crates/books",
        inner: &["trueup-base"],
        outside: &["thiserror"],
        tests: &["proptest"],
        touches: "nothing",
        is_pure: true,
    },
    Wall {
        package: "trueup-program",
        folder: "crates/program",
        inner: &["trueup-base", "trueup-journal"],
        outside: &["serde", "serde_json", "thiserror"],
        tests: &["proptest"],
        touches: "nothing",
        is_pure: true,
    },
    Wall {
        package: "trueup-exports",
        folder: "crates/exports",
        inner: &["trueup-base"],
        outside: &[
            "csv",
            "dejavu",
            "iban_validate",
            "jiff",
            "krilla",
            "notosans",
            "quick-xml",
            "rust_xlsxwriter",
            "rustybuzz",
            "thiserror",
        ],
        tests: &["proptest", "serde_json", "tempfile"],
        touches: "nothing: bytes out",
        is_pure: true,
    },
    Wall {
        package: "trueup-bundle",
        folder: "crates/bundle",
        inner: &[
            "trueup-base",
            "trueup-plan",
            "trueup-engine",
            "trueup-journal",
            "trueup-program",
        ],
        outside: &["serde", "serde_json", "sha2", "thiserror"],
        tests: &["jiff", "proptest", "tempfile"],
        touches: "nothing",
        is_pure: true,
    },
    Wall {
        package: "trueup-store",
        folder: "crates/store",
        inner: &["trueup-base", "trueup-journal", "trueup-books"],
        outside: &["sqlx", "thiserror"],
        tests: &["jiff", "tempfile", "tokio"],
        touches: "SQLite and PostgreSQL: the only SQL",
        is_pure: false,
    },
    Wall {
        package: "trueup-facts",
        folder: "crates/facts",
        inner: &["trueup-base", "trueup-plan", "trueup-engine"],
        outside: &[
            "arrow",
            "arrow-ipc",
            "async-trait",
            "bytes",
            "datafusion",
            "deltalake",
            "flate2",
            "futures",
            "jiff",
            "landlock",
            "libc",
            "object_store",
            "parquet",
            "quick-xml",
            "rlimit",
            "rustix",
            "seccompiler",
            "serde",
            "serde_json",
            "sha2",
            "smallvec",
            "thiserror",
            "tokio",
            "zip",
        ],
        tests: &["csv", "proptest", "tempfile"],
        touches: "files, object stores, Delta tables, DataFusion",
        is_pure: false,
    },
    Wall {
        package: "trueup-server",
        folder: "crates/server",
        inner: &["trueup-store", "trueup-facts"],
        outside: &[
            "argon2",
            "axum",
            "base64",
            "flate2",
            "futures",
            "jiff",
            "rand_core",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "totp-rs",
            "utoipa",
            "utoipa-axum",
        ],
        tests: &["tempfile", "tower"],
        touches: "HTTP, randomness",
        is_pure: false,
    },
    Wall {
        package: "trueup",
        folder: "crates/cli",
        inner: &[
            "trueup-base",
            "trueup-plan",
            "trueup-engine",
            "trueup-prove",
            "trueup-journal",
            "trueup-books",
            "trueup-program",
            "trueup-exports",
            "trueup-bundle",
            "trueup-store",
            "trueup-facts",
            "trueup-server",
        ],
        outside: &[
            "clap",
            "clap_complete",
            "comfy-table",
            "csv",
            "indicatif",
            "jiff",
            "rand_core",
            "serde",
            "serde_json",
            "tokio",
            "zip",
        ],
        tests: &["flate2", "parquet", "rust_xlsxwriter", "sqlx", "tempfile"],
        touches: "arguments, the terminal, the clock, the environment, exit codes",
        is_pure: false,
    },
    Wall {
        package: "xtask",
        folder: "xtask",
        inner: &[],
        outside: &["toml"],
        tests: &[],
        touches: "the files of this repository",
        is_pure: false,
    },
];

/// One outside crate.
pub struct Outside {
    /// Its package.
    pub package: &'static str,
    /// What it is here for.
    pub what_for: &'static str,
    /// The record that let it in.
    pub record: &'static str,
}

const fn outside(package: &'static str, record: &'static str, what_for: &'static str) -> Outside {
    Outside {
        package,
        what_for,
        record,
    }
}

/// Every outside crate a manifest may name, in order of name.
pub const OUTSIDE: &[Outside] = &[
    outside("argon2", "0040", "passwords as Argon2id, in PHC form"),
    outside(
        "arrow",
        "0001",
        "columns of facts in memory, as DataFusion and Parquet exchange them",
    ),
    outside(
        "arrow-ipc",
        "0017",
        "the columns of kept layers on disk, in the form Arrow reads without decoding",
    ),
    outside(
        "async-trait",
        "0004",
        "the form in which an object store's interface is written",
    ),
    outside("axum", "0019", "HTTP: routes, bodies, answers"),
    outside(
        "base64",
        "0024",
        "acts inside proofs; what cookies and tokens hold",
    ),
    outside(
        "bytes",
        "0004",
        "stretches of a file, as object stores and Parquet exchange them",
    ),
    outside("clap", "0001", "arguments and `--help` of the command"),
    outside("clap_complete", "0001", "shell completions of the command"),
    outside("comfy-table", "0001", "tables on the terminal"),
    outside(
        "csv",
        "0004",
        "CSV out and read back, and in tests a second opinion on CSV in",
    ),
    outside(
        "dashu-int",
        "0001",
        "big integers behind the fast path of an exact number",
    ),
    outside(
        "dashu-ratio",
        "0001",
        "big rationals behind the fast path of an exact number",
    ),
    outside(
        "datafusion",
        "0001",
        "measures over columns: sums, comparisons and joins",
    ),
    outside(
        "dejavu",
        "0027",
        "the font behind the font of statements: scripts and signs that Noto Sans lacks",
    ),
    outside(
        "deltalake",
        "0001",
        "tables of facts that other readers open",
    ),
    outside("flate2", "0001", "gzip"),
    outside("futures", "0001", "streams of record batches"),
    outside(
        "iban_validate",
        "0027",
        "the form of each country's IBAN and its check digits",
    ),
    outside("indicatif", "0001", "progress of long work on a terminal"),
    outside(
        "iso_currency",
        "0001",
        "currency codes and their minor units",
    ),
    outside(
        "jiff",
        "0001",
        "calendar dates and time zones, from its bundled table",
    ),
    outside(
        "krilla",
        "0027",
        "PDF out: tagged, of the kind that archives keep",
    ),
    outside(
        "landlock",
        "0020",
        "takes files and the network from a decoder",
    ),
    outside(
        "libc",
        "0020",
        "the numbers of system calls, by their names",
    ),
    outside("notosans", "0027", "the font of statements"),
    outside(
        "object_store",
        "0001",
        "files on a disk or in a bucket, behind one interface",
    ),
    outside("parquet", "0001", "Parquet in and out"),
    outside("proptest", "0001", "generated tests"),
    outside(
        "quick-xml",
        "0020",
        "the XML in workbooks and payment files, as events",
    ),
    outside(
        "rand_core",
        "0024",
        "the form in which keys are given their randomness",
    ),
    outside("rlimit", "0020", "limits a decoder's memory and time"),
    outside("rust_xlsxwriter", "0027", "workbooks out"),
    outside(
        "rustix",
        "0020",
        "ends a decoder with whatever it may have started",
    ),
    outside(
        "rustybuzz",
        "0027",
        "which glyphs a text is, and how wide they stand",
    ),
    outside(
        "saphyr-parser",
        "0001",
        "YAML as events, each with its place",
    ),
    outside(
        "seccompiler",
        "0020",
        "takes all system calls but a few from a decoder",
    ),
    outside("serde", "0001", "derives the JSON forms"),
    outside(
        "serde_json",
        "0001",
        "JSON Schema, typed trees and output as JSON",
    ),
    outside("sha2", "0001", "content hashes"),
    outside(
        "signed_note",
        "0024",
        "C2SP signed notes: the form of acts and checkpoints, Ed25519 below them",
    ),
    outside(
        "smallvec",
        "0017",
        "short lists without a place of their own in memory",
    ),
    outside("sqlx", "0024", "SQLite and PostgreSQL by one path of SQL"),
    outside("tempfile", "0004", "folders that tests work in"),
    outside("thiserror", "0001", "error enums"),
    outside(
        "tlog_tiles",
        "0024",
        "the Merkle tree of RFC 6962: hashes, places, proofs and their checks",
    ),
    outside(
        "tokio",
        "0001",
        "the runtime DataFusion and Delta Lake run on",
    ),
    outside("toml", "0001", "lets xtask read manifests"),
    outside("totp-rs", "0040", "the codes of authenticators"),
    outside("tower", "0040", "asks routes without a network, in tests"),
    outside(
        "unicode-width",
        "0001",
        "puts the mark of a diagnostic under wide characters",
    ),
    outside(
        "utoipa",
        "0040",
        "the description of the API, made from the types that are written",
    ),
    outside(
        "utoipa-axum",
        "0040",
        "routes and their description in one place",
    ),
    outside(
        "zip",
        "0020",
        "zip archives in, and whether they agree with themselves",
    ),
];

/// Packages that no pure crate may reach, however far down, and what they would bring.
pub const BARRED_BELOW_PURE: &[(&str, &str)] = &[
    ("arrow", "columnar data"),
    ("axum", "a server"),
    ("datafusion", "a query engine"),
    ("deltalake", "storage"),
    ("hyper", "a network"),
    ("object_store", "storage"),
    ("parquet", "storage"),
    ("reqwest", "a network"),
    ("rusqlite", "a database"),
    ("sqlx", "a database"),
    ("tokio", "an asynchronous runtime"),
];
