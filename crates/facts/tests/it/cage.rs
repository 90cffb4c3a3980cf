//! Decoders that go wrong in every way a process can: the file is refused with a reason, and the parent goes on.

use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use trueup_facts::cage::{Cage, Decoding};

use crate::bench::{Bench, said};
use crate::zips::{part, workbook, zip};

/// What ingesting says when the decoder is a shell script in its place.
fn with_decoder(script: &str) -> String {
    let mut bench = Bench::declaring("    format: xlsx");
    bench.decoding = Decoding::Caged(Cage {
        program: "/bin/sh".into(),
        before: vec!["-c".to_owned(), script.to_owned()],
        silence_max: Duration::from_millis(700),
    });
    bench.write("data/x.csv", workbook(""));
    let since = Instant::now();
    let said = said(&bench.ingest()).concat();
    assert!(since.elapsed() < Duration::from_secs(20), "{script}");
    assert!(bench.state("sale").is_empty());
    said.trim_start_matches("data/x.csv: cannot be decoded (its decoder ")
        .trim_end_matches("); it is damaged or forged, send it again")
        .to_owned()
}

/// A frame's head: its kind, where it is, and how long it says it is; for `printf`.
fn head(kind: u8, length: u32) -> String {
    let [a, b, c, d] = length.to_le_bytes();
    format!("\\{kind:03o}\\0\\0\\0\\0\\0\\0\\0\\0\\{a:03o}\\{b:03o}\\{c:03o}\\{d:03o}")
}

/// The frame of a file with the columns of the shared program, of which rows carry the first.
fn names() -> String {
    let names = [
        "number", "partner", "day", "amount", "units", "rush", "note",
    ];
    let texts: String = names
        .iter()
        .map(|name| format!("\\{:o}\\0\\0\\0{name}", name.len()))
        .collect();
    let length: usize = names.iter().map(|name| 4 + name.len()).sum();
    let length = u32::try_from(8 + 4 + length + 4 + 4).expect("small");
    let rows = "\\377".repeat(8);
    format!(
        "{}{rows}\\7\\0\\0\\0{texts}\\1\\0\\0\\0\\0\\0\\0\\0",
        head(1, length)
    )
}

#[test]
fn a_decoder_that_ends_is_told_by_how_it_ended() {
    assert_eq!(
        with_decoder("kill -ABRT $$"),
        "aborted, as one does that runs out of memory"
    );
    assert_eq!(with_decoder("kill -SEGV $$"), "was ended by signal 11");
    assert_eq!(with_decoder("kill -KILL $$"), "was ended by signal 9");
    assert_eq!(
        with_decoder("kill -XCPU $$"),
        "took more time of the processor than it may"
    );
    assert_eq!(
        with_decoder("exit 7"),
        "ended with 7 before the end of the file"
    );
    assert_eq!(
        with_decoder("exit 0"),
        "ended with 0 before the end of the file"
    );
    assert_eq!(
        with_decoder("printf '\\1\\0\\0'"),
        "ended with 0 before the end of the file"
    );
}

#[test]
fn a_decoder_that_is_silent_is_ended() {
    assert_eq!(
        with_decoder("while :; do :; done"),
        "gave nothing for 1 s and was ended"
    );
    assert_eq!(
        with_decoder(&format!("printf '{}'; exec sleep 600", head(3, 1_000))),
        "gave nothing for 1 s and was ended"
    );
}

#[test]
fn what_is_no_frame_is_refused() {
    let garbled = |what: &str| format!("gave back what no decoder gives ({what})");
    assert_eq!(with_decoder("yes"), garbled("a frame of more than 4 MiB"));
    assert_eq!(with_decoder("cat /dev/zero"), garbled("a frame of no kind"));
    assert_eq!(
        with_decoder(&format!("printf '{}'", head(9, 0))),
        garbled("a frame of no kind")
    );
    assert_eq!(
        with_decoder(&format!("printf '{}'", head(2, u32::MAX))),
        garbled("a frame of more than 4 MiB")
    );
    assert_eq!(
        with_decoder(&format!("printf '{}'", head(1, 0))),
        garbled("a frame that is cut short")
    );
    assert_eq!(
        with_decoder(&format!("printf '{}x'", head(2, 1))),
        "gave no columns"
    );
    let refused = with_decoder(&format!("printf '{}x'", head(4, 1)));
    assert!(
        refused.starts_with("gave back what no decoder gives (expected value"),
        "{refused}"
    );
}

#[test]
fn rows_that_do_not_fit_their_columns_are_refused() {
    let garbled = |what: &str| format!("gave back what no decoder gives ({what})");
    let rows = |body: &str, length: u32| {
        let names = names();
        with_decoder(&format!("printf '{names}{}{body}'", head(3, length)))
    };
    // A row is where it stands, whether it is ragged, and a cell for the column.
    let at = "\\1\\0\\0\\0\\0\\0\\0\\0\\0";
    assert_eq!(
        rows(&format!("{at}\\0"), 10),
        "ended with 0 before the end of the file",
        "a row that fits, and then nothing"
    );
    assert_eq!(rows(at, 9), garbled("a frame that is cut short"));
    assert_eq!(rows(&format!("{at}\\77"), 10), garbled("a cell of no kind"));
    assert_eq!(
        rows(&format!("{at}\\1\\1\\0\\0\\0\\377"), 15),
        garbled("text that is no UTF-8")
    );
    assert_eq!(
        with_decoder(&format!("printf '{}{}x'", names(), head(2, 1))),
        garbled("a frame out of its place")
    );
}

const TRIES: &str = "TRUEUP_TEST_TRIES";

/// What the locked child does: locks itself in, and then what no decoder may.
#[test]
fn a_locked_child_tries_what_it_is_told() {
    let Some(what) = std::env::var_os(TRIES) else {
        return;
    };
    trueup_facts::cage::lock(0).expect("this system can lock a decoder in");
    match what.to_str().unwrap_or_default() {
        "nothing" => {}
        "file" => drop(std::fs::read("/etc/passwd")),
        "writing" => drop(std::fs::write("/tmp/trueup-escaped", b"")),
        "network" => drop(std::net::TcpStream::connect("127.0.0.1:1")),
        "process" => drop(std::process::Command::new("/bin/true").status()),
        "thread" => drop(std::thread::spawn(|| {}).join()),
        "memory" => {
            let vast: Vec<u8> = vec![1; 2 << 30];
            assert!(vast.len() > 1, "it is never had");
        }
        other => panic!("{other}"),
    }
    std::process::exit(0);
}

#[test]
fn a_locked_process_can_open_connect_and_start_nothing() {
    const SYSTEM_CALL: i32 = 31;
    const ABORTED: i32 = 6;
    let ended = |what: &str| {
        let myself = std::env::current_exe().expect("this test");
        let status = std::process::Command::new(myself)
            .args(["--exact", "cage::a_locked_child_tries_what_it_is_told"])
            .env_clear()
            .env(TRIES, what)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .expect("started");
        (status.code(), status.signal())
    };
    assert_eq!(ended("nothing"), (Some(0), None));
    for what in ["file", "writing", "network", "process", "thread"] {
        assert_eq!(ended(what), (None, Some(SYSTEM_CALL)), "{what}");
    }
    assert_eq!(ended("memory"), (None, Some(ABORTED)));
    assert!(!std::path::Path::new("/tmp/trueup-escaped").exists());
}

#[test]
fn more_than_a_file_can_hold_is_refused() {
    // Bytes without end where text is expected: the measure of the file ends them.
    let mut bench = Bench::new();
    let megabyte = head(2, 1 << 20);
    bench.decoding = Decoding::Caged(Cage {
        program: "/bin/sh".into(),
        before: vec![
            "-c".to_owned(),
            format!(
                "while :; do printf '{megabyte}'; head -c 1048576 /dev/zero | tr '\\0' '\\n'; done"
            ),
        ],
        silence_max: Duration::from_secs(20),
    });
    bench.write("data/x.csv", zip(&[part("x.csv", b"a\n")]));
    assert_eq!(
        said(&bench.ingest()),
        ["data/x.csv: unpacks to more than 200 times its size; send it unpacked"]
    );
}

#[test]
fn a_decoder_that_cannot_be_started_is_a_fault_of_this_machine() {
    let mut bench = Bench::declaring("    format: xlsx");
    bench.decoding = Decoding::Caged(Cage {
        program: "/nowhere/at/all".into(),
        before: Vec::new(),
        silence_max: Duration::from_secs(1),
    });
    bench.write("data/x.csv", workbook(""));
    let fault = bench
        .try_ingest(&trueup_facts::ingest::Files::Declared)
        .expect_err("a fault");
    assert!(
        fault.to_string().starts_with("cannot run a decoder"),
        "{fault}"
    );
}

#[test]
fn one_text_in_a_zip_archive_is_read_as_the_text_alone() {
    let text = b"number,partner,day,amount,units,rush,note\n1,P1,2026-03-01,10.50,2,Y,first\n";
    let bench = Bench::new();
    bench.write(
        "data/x.csv",
        zip(&[part("__MACOSX/x", b""), part("sales.csv", text)]),
    );
    assert_eq!(said(&bench.ingest()), ["data/x.csv: 1 read = 1 accepted"]);
    assert_eq!(
        bench.state("sale"),
        ["1@1 P1 2026-03-01 10.50 2 true first"]
    );
    let refused = |bytes: Vec<u8>| {
        let bench = Bench::new();
        bench.write("data/x.csv", bytes);
        said(&bench.ingest()).concat()
    };
    assert_eq!(
        refused(zip(&[part("a.csv", text), part("b.csv", text)])),
        "data/x.csv: cannot be unpacked as a zip archive (it holds 2 files where one is expected); send it again, or unpacked"
    );
    assert_eq!(
        refused(workbook("")),
        "data/x.csv: is a workbook or another office document, and the source declares CSV; change `format:` or send the other"
    );
    let bomb = refused(zip(&[part("a.csv", &vec![b'a'; 64 << 20])]));
    assert!(
        bomb.contains("one of its entries unpacks to more than 200 times its size"),
        "{bomb}"
    );
}
