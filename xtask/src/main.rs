//! The chores of this workspace: `cargo xtask tidy`, `codegen`, `bench`.
//!
//! It builds in seconds and depends on no crate of the product, so that it can judge all of them.

mod bench;
mod codegen;
mod rust;
mod tidy;
mod tree;
mod walls;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tree::Tree;

const USAGE: &str = "\
The chores of this workspace.

  cargo xtask tidy              check the rules of the house; exit code 1 when one is broken
  cargo xtask codegen           write every generated part again
  cargo xtask generated-tests   print which tests are generated, as a filter for cargo-nextest
  cargo xtask bench [NAME]...   run the benches of benches/benches.toml, all or the named ones
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let root = workspace_root();
    let done = match words.as_slice() {
        ["tidy"] => tidy(&root),
        ["codegen"] => codegen(&root),
        ["generated-tests"] => generated_tests(&root),
        ["bench", names @ ..] => bench::run(&root, names),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(true)
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("xtask: {fault}");
            ExitCode::from(3)
        }
    }
}

fn tidy(root: &Path) -> Result<bool, String> {
    let tree = Tree::load(root)?;
    let report = tidy::check(&tree);
    print!("{report}");
    Ok(report.is_clean())
}

fn codegen(root: &Path) -> Result<bool, String> {
    let tree = Tree::load(root)?;
    for (path, text) in codegen::stale(&tree)? {
        std::fs::write(root.join(&path), text)
            .map_err(|fault| format!("cannot write {path}: {fault}"))?;
        println!("wrote {path}");
    }
    Ok(true)
}

/// Prints what `make torture` repeats: every test in a file that uses proptest.
fn generated_tests(root: &Path) -> Result<bool, String> {
    let tree = Tree::load(root)?;
    let names = generated_test_names(&tree);
    println!("test(/(^|::)({})$/)", names.join("|"));
    Ok(!names.is_empty())
}

fn generated_test_names(tree: &Tree) -> Vec<String> {
    let sources = rust::sources(tree);
    let generating = sources.iter().filter(|source| source.is_generating());
    let mut names: Vec<String> = generating
        .flat_map(|source| source.tests())
        .map(|(_, name)| name.to_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The folder above this package's own, wherever the command was called from. `cargo run` names the package it runs;
/// what was known when it was built may be another checkout that shares the build folder.
fn workspace_root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map(Path::to_path_buf).unwrap_or(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_tests_are_those_beside_proptest() {
        let tree = Tree::from([
            (
                "a.rs",
                "use proptest::prelude::*;\nproptest! {\n #[test]\n fn parts_add_up(x in 0..9) {}\n}",
            ),
            ("b.rs", "// proptest\n#[test]\nfn one_is_one() {}"),
        ]);
        assert_eq!(generated_test_names(&tree), ["parts_add_up"]);
    }
}
