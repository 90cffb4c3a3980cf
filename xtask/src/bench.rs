//! `cargo xtask bench`: runs every bench of benches/benches.toml, one after the other, and says what it ran on.
//!
//! A bench is a program that prints its own figures and ends with exit code 0 when it could measure. Figures are
//! compared inside one run on one machine, so nothing here is kept or judged.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use toml::{Table, Value};

const LIST: &str = "benches/benches.toml";

/// One bench as the list states it.
#[derive(Debug, PartialEq)]
struct Bench {
    name: String,
    is: String,
    budget: String,
    run: Vec<String>,
}

/// Runs the named benches, or all; true when every one ended well.
pub fn run(root: &Path, names: &[&str]) -> Result<bool, String> {
    let text = std::fs::read_to_string(root.join(LIST))
        .map_err(|fault| format!("cannot read {LIST}: {fault}"))?;
    let benches = chosen(listed(&text)?, names)?;
    println!("{}", machine());
    let mut rows = Vec::new();
    for bench in &benches {
        println!(
            "\n== {}: {} (budget: {})",
            bench.name, bench.is, bench.budget
        );
        let (took, ended_well) = timed(root, bench)?;
        rows.push(format!(
            "{:<28} {:>9.2} s  {}",
            bench.name,
            took.as_secs_f64(),
            if ended_well { "ok" } else { "FAILED" }
        ));
    }
    println!("\n{}", rows.join("\n"));
    Ok(!rows.iter().any(|row| row.ends_with("FAILED")))
}

fn timed(root: &Path, bench: &Bench) -> Result<(Duration, bool), String> {
    let [program, arguments @ ..] = bench.run.as_slice() else {
        return Err(format!("{LIST}: {} has an empty `run`", bench.name));
    };
    let begun = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .status()
        .map_err(|fault| format!("cannot start {program} for {}: {fault}", bench.name))?;
    Ok((begun.elapsed(), status.success()))
}

fn listed(text: &str) -> Result<Vec<Bench>, String> {
    let table: Table = text.parse().map_err(|fault| format!("{LIST}: {fault}"))?;
    let entries = table
        .get("bench")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    if entries.is_empty() {
        return Err(format!("{LIST} lists no bench"));
    }
    entries.iter().map(bench).collect()
}

fn bench(entry: &Value) -> Result<Bench, String> {
    let text = |key: &str| {
        let value = entry.get(key).and_then(Value::as_str);
        value
            .map(str::to_owned)
            .ok_or_else(|| format!("{LIST}: a bench needs the text `{key}`: {entry:?}"))
    };
    let words = entry
        .get("run")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let run = words
        .map(|word| word.as_str().map(str::to_owned))
        .collect::<Option<Vec<_>>>()
        .unwrap_or_default();
    let bench = Bench {
        name: text("name")?,
        is: text("is")?,
        budget: text("budget")?,
        run,
    };
    match bench.run.is_empty() {
        true => Err(format!(
            "{LIST}: {} needs `run`, a list of words",
            bench.name
        )),
        false => Ok(bench),
    }
}

fn chosen(benches: Vec<Bench>, names: &[&str]) -> Result<Vec<Bench>, String> {
    let known: Vec<String> = benches.iter().map(|bench| bench.name.clone()).collect();
    if let Some(unknown) = names
        .iter()
        .find(|name| !known.iter().any(|known| known == *name))
    {
        return Err(format!(
            "there is no bench {unknown}; there are: {}",
            known.join(", ")
        ));
    }
    Ok(benches
        .into_iter()
        .filter(|bench| names.is_empty() || names.contains(&bench.name.as_str()))
        .collect())
}

/// What the figures were measured on, as far as the system tells.
fn machine() -> String {
    let cores = std::thread::available_parallelism()
        .map_or_else(|_| "?".to_owned(), |cores| cores.to_string());
    let field = |path: &str, key: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text
            .lines()
            .find(|line| line.starts_with(key))
            .and_then(|line| line.split_once(':'));
        line.map_or_else(
            || "unknown".to_owned(),
            |(_, value)| value.trim().to_owned(),
        )
    };
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok();
        output.map_or_else(String::new, |output| {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        })
    };
    format!(
        "{cores} cores of {}, {} of memory; {}; commit {}",
        field("/proc/cpuinfo", "model name"),
        field("/proc/meminfo", "MemTotal"),
        said("rustc", &["--version"]),
        said("git", &["describe", "--always", "--dirty"]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "[[bench]]\nname = \"a\"\nis = \"one\"\nbudget = \"2 s\"\nrun = [\"true\"]\n\
                       [[bench]]\nname = \"b\"\nis = \"two\"\nbudget = \"3 s\"\nrun = [\"sh\", \"-c\", \"exit 1\"]\n";

    #[test]
    fn the_list_is_read_in_order() {
        let benches = listed(TWO).unwrap();
        assert_eq!(benches.len(), 2);
        assert_eq!(benches[1].run, ["sh", "-c", "exit 1"]);
        assert_eq!(benches[0].budget, "2 s");
    }

    #[test]
    fn a_bench_that_says_too_little_is_refused() {
        assert!(listed("").unwrap_err().contains("lists no bench"));
        assert!(
            listed(&TWO.replace("is = \"one\"\n", ""))
                .unwrap_err()
                .contains("`is`")
        );
        assert!(
            listed(&TWO.replace("run = [\"true\"]\n", ""))
                .unwrap_err()
                .contains("`run`")
        );
        assert!(
            listed(&TWO.replace("[\"true\"]", "[1]"))
                .unwrap_err()
                .contains("`run`")
        );
    }

    #[test]
    fn a_name_chooses_and_an_unknown_name_is_refused() {
        let names = |wanted: &[&str]| chosen(listed(TWO).unwrap(), wanted).map(|found| found.len());
        assert_eq!(names(&[]), Ok(2));
        assert_eq!(names(&["b"]), Ok(1));
        assert!(names(&["c"]).unwrap_err().contains("a, b"));
    }

    #[test]
    fn a_bench_that_fails_is_told_from_one_that_ends_well() {
        let benches = listed(TWO).unwrap();
        assert!(timed(Path::new("."), &benches[0]).unwrap().1);
        assert!(!timed(Path::new("."), &benches[1]).unwrap().1);
    }
}
