//! `cargo xtask bench`: runs every bench of benches/benches.toml, one after the other, and says what it ran on.
//!
//! A bench is a program that prints its own figures and ends with exit code 0 when it could measure. Figures are
//! compared inside one run on one machine and judged by nobody here; what was printed goes into docs/benchmarks, with the
//! machine, the commit and how the data was made. A bench that draws leaves `docs/benchmarks/<name>.svg` there.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use toml::{Table, Value};

const LIST: &str = "benches/benches.toml";
const PAGE: &str = "docs/benchmarks/README.md";

/// One bench as the list states it.
#[derive(Debug, PartialEq)]
struct Bench {
    name: String,
    is: String,
    budget: String,
    data: String,
    run: Vec<String>,
}

/// What a bench came to.
struct Ran {
    took: Duration,
    ended_well: bool,
    printed: String,
}

/// Runs the named benches, or all; true when every one ended well.
pub fn run(root: &Path, names: &[&str]) -> Result<bool, String> {
    let text = std::fs::read_to_string(root.join(LIST))
        .map_err(|fault| format!("cannot read {LIST}: {fault}"))?;
    let benches = listed(&text)?;
    let all: Vec<String> = benches.iter().map(|bench| bench.name.clone()).collect();
    let benches = chosen(benches, names)?;
    let machine = machine();
    println!("{machine}");
    let page = root.join(PAGE);
    let mut rows = Vec::new();
    for bench in &benches {
        println!(
            "\n== {}: {} (budget: {})",
            bench.name, bench.is, bench.budget
        );
        let Ran {
            took,
            ended_well,
            printed,
        } = ran(root, bench)?;
        if ended_well {
            // One after the other: what a long run measured is kept if a later bench is interrupted.
            let before = std::fs::read_to_string(&page).unwrap_or_default();
            let section = section(bench, &machine, &printed, has_drawing(root, bench));
            std::fs::write(&page, with_section(&before, &all, &bench.name, &section))
                .map_err(|fault| format!("cannot write {PAGE}: {fault}"))?;
        }
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

/// Runs a bench; what it prints is shown as it comes, and kept.
fn ran(root: &Path, bench: &Bench) -> Result<Ran, String> {
    let [program, arguments @ ..] = bench.run.as_slice() else {
        return Err(format!("{LIST}: {} has an empty `run`", bench.name));
    };
    let cannot =
        |fault: std::io::Error| format!("cannot run {program} for {}: {fault}", bench.name);
    let begun = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    let mut printed = String::new();
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).lines() {
            let line = line.map_err(cannot)?;
            println!("{line}");
            printed.push_str(&line);
            printed.push('\n');
        }
    }
    let status = child.wait().map_err(cannot)?;
    Ok(Ran {
        took: begun.elapsed(),
        ended_well: status.success(),
        printed,
    })
}

fn has_drawing(root: &Path, bench: &Bench) -> bool {
    root.join(PAGE)
        .with_file_name(format!("{}.svg", bench.name))
        .is_file()
}

/// What the page says of a bench.
fn section(bench: &Bench, machine: &str, printed: &str, has_drawing: bool) -> String {
    let Bench {
        name,
        is,
        budget,
        data,
        run,
    } = bench;
    let mut text = format!(
        "## {name}\n\n{is}. Budget: {budget}.\n\nData: {data}.\n\nMeasured by `{}` on {machine}:\n\n```text\n{}\n```\n",
        run.join(" "),
        printed.trim_end()
    );
    if has_drawing {
        let _ = write!(text, "\n![{is}]({name}.svg)\n");
    }
    text
}

fn begins(name: &str) -> String {
    format!("<!-- begin bench: {name} -->\n")
}

fn ends(name: &str) -> String {
    format!("<!-- end bench: {name} -->\n")
}

/// The page with one bench's section written anew; sections stand in the order of the list.
fn with_section(page: &str, all: &[String], of: &str, section: &str) -> String {
    let known = |name: &str| {
        let from = page.find(&begins(name))? + begins(name).len();
        let until = page.get(from..)?.find(&ends(name))? + from;
        page.get(from..until)
    };
    let first = all.iter().filter_map(|name| page.find(&begins(name))).min();
    let mut text = page
        .get(..first.unwrap_or(page.len()))
        .unwrap_or_default()
        .trim_end()
        .to_owned();
    for name in all {
        let told = match name == of {
            true => Some(section),
            false => known(name),
        };
        if let Some(told) = told {
            let _ = write!(text, "\n\n{}{told}{}", begins(name), ends(name));
            text.truncate(text.trim_end().len());
        }
    }
    text.push('\n');
    text
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
        data: text("data")?,
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

    const TWO: &str = "[[bench]]\nname = \"a\"\nis = \"one\"\nbudget = \"2 s\"\ndata = \"dice\"\nrun = [\"true\"]\n\
                       [[bench]]\nname = \"b\"\nis = \"two\"\nbudget = \"3 s\"\ndata = \"dice\"\nrun = [\"sh\", \"-c\", \"exit 1\"]\n";

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
        assert!(ran(Path::new("."), &benches[0]).unwrap().ended_well);
        assert!(!ran(Path::new("."), &benches[1]).unwrap().ended_well);
    }

    #[test]
    fn what_a_bench_prints_is_kept() {
        let bench = Bench {
            run: ["sh", "-c", "echo one; echo two"].map(str::to_owned).into(),
            ..listed(TWO).unwrap().remove(0)
        };
        assert_eq!(ran(Path::new("."), &bench).unwrap().printed, "one\ntwo\n");
    }

    #[test]
    fn a_section_takes_the_place_of_its_older_self_and_leaves_the_others() {
        let all = ["a", "b"].map(str::to_owned);
        let first = with_section("# Page\n\nIntroduction.\n", &all, "b", "second\n");
        let both = with_section(&first, &all, "a", "first\n");
        assert_eq!(
            both,
            "# Page\n\nIntroduction.\n\n\
             <!-- begin bench: a -->\nfirst\n<!-- end bench: a -->\n\n\
             <!-- begin bench: b -->\nsecond\n<!-- end bench: b -->\n"
        );
        let again = with_section(&both, &all, "b", "third\n");
        assert_eq!(again, both.replace("second", "third"));
    }
}
