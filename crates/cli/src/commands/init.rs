//! `trueup init`: a commented starter program that passes its own check and runs.

use std::path::Path;

use crate::args::InitArgs;
use crate::failure::Failure;
use crate::output;

macro_rules! starter {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../starter/", $path)))),*]
    };
}

/// The starter's files, by their path inside the program.
const FILES: [(&str, &str); 9] = starter![
    "program.yaml",
    "plans/reseller.yaml",
    "agreements/standard.yaml",
    "agreements/northwind.yaml",
    "data/partners.csv",
    "data/sales.csv",
    "data/surveys.csv",
    "cases/first_quarter/facts.yaml",
    "cases/first_quarter/expected.yaml",
];

/// Writes the starter into an empty or new folder.
pub fn run(args: &InitArgs) -> Result<(), Failure> {
    refuse_unless_empty(&args.dir)?;
    for (path, text) in FILES {
        write(&args.dir.join(path), text)?;
    }
    write(&args.dir.join(".gitignore"), ".trueup/\n")?;
    let dir = output::quoted(&args.dir);
    output::print(&format!(
        "A starter program stands in {dir}. Read program.yaml first, then:\n\n  trueup check {dir}\n  trueup test {dir}\n  \
         trueup ingest --program {dir}\n  trueup run --program {dir}\n"
    ))
}

fn refuse_unless_empty(dir: &Path) -> Result<(), Failure> {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Failure::Use(format!(
                "{} is not empty; name a new or empty folder",
                dir.display()
            ))),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Err(Failure::Use(
            format!("{} is a file; name a new or empty folder", dir.display()),
        )),
        Err(error) => Err(Failure::fault(format!("reading {}", dir.display()), &error)),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let made = match path.parent() {
        Some(folder) => std::fs::create_dir_all(folder),
        None => Ok(()),
    };
    made.and_then(|()| std::fs::write(path, text))
        .map_err(|error| Failure::fault(format!("writing {}", path.display()), &error))
}
