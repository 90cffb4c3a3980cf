//! A folder of its own for each test, and the binary run inside it within a time.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// No command of these tests takes this long; one that hangs fails its test.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long the main thread sleeps between two looks at a running command.
const GLANCE: Duration = Duration::from_millis(2);

/// The binary under test.
pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_trueup"))
}

/// The repository's own folder.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder that a test works in.
pub struct Story {
    dir: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// Its status.
    pub status: ExitStatus,
    /// What it printed on standard output.
    pub out: String,
    /// What it printed on standard error.
    pub err: String,
    /// How long it took.
    pub took: Duration,
}

impl Story {
    /// An empty folder.
    pub fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("trueup-story-")
            .tempdir()
            .expect("a folder to work in");
        Self { dir }
    }

    /// A folder with the starter program in `program`.
    pub fn with_starter() -> Self {
        let story = Self::new();
        story.trueup(&["init", "program"]).expect_code(0);
        story
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Writes a file, and the folders it needs.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders are made");
        fs::write(path, bytes).expect("the file is written");
    }

    /// Reads a text file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a readable file")
    }

    /// Replaces text that stands exactly once in a file.
    pub fn edit(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert_eq!(text.matches(old).count(), 1, "`{old}` in {name}");
        self.write(name, text.replacen(old, new, 1));
    }

    /// The command with arguments, in the folder, without anything of the tester's environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(args);
        self.at_home(&mut command);
        command
    }

    /// The command on a program, with more of an environment.
    pub fn command_on(&self, program: &str, with: &[(&str, &str)], args: &[&str]) -> Command {
        let mut command = self.command(args);
        command
            .args(["--program", program])
            .envs(with.iter().copied());
        command
    }

    /// Lets a command run in the folder, with an environment that is the same for every tester.
    pub fn at_home(&self, command: &mut Command) {
        let own = binary().parent().expect("a folder").to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(own).chain(std::env::split_paths(&path));
        command
            .current_dir(self.dir())
            .env_clear()
            .env("PATH", std::env::join_paths(paths).expect("a search path"))
            .env("HOME", self.dir());
    }

    /// Runs the command.
    pub fn trueup(&self, args: &[&str]) -> Ended {
        ended(self.command(args))
    }

    /// Runs lines of shell.
    pub fn sh(&self, script: &str) -> Ended {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        self.at_home(&mut command);
        ended(command)
    }
}

impl Ended {
    /// The exit code; none where a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Holds it to its exit code, and to never having panicked.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        self.expect_no_panic();
        assert_eq!(self.code(), Some(code), "{self:#?}");
        self
    }

    /// Holds what it said to a text that must stand in it.
    #[track_caller]
    pub fn expect_said(self, text: &str) -> Self {
        assert!(
            self.out.contains(text) || self.err.contains(text),
            "`{text}` is not said in {self:#?}"
        );
        self
    }

    /// Holds it to a time.
    #[track_caller]
    pub fn expect_within(self, bound: Duration) -> Self {
        assert!(self.took <= bound, "more than {bound:?}: {self:#?}");
        self
    }

    /// A panic is a mistake of the program, whatever was asked of it.
    #[track_caller]
    pub fn expect_no_panic(&self) {
        assert!(!self.err.contains("panicked at"), "{self:#?}");
        assert!(!self.out.contains("panicked at"), "{self:#?}");
    }
}

/// Starts a command with its output kept.
pub fn started(mut command: Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts")
}

/// Runs a command to its end.
pub fn ended(command: Command) -> Ended {
    finish(started(command), Instant::now())
}

/// Waits for a command that was started.
pub fn finish(mut child: Child, since: Instant) -> Ended {
    let out = kept(child.stdout.take());
    let err = kept(child.stderr.take());
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child to wait for") {
            break status;
        }
        if since.elapsed() > PATIENCE {
            child.kill().expect("a child to kill");
            break child.wait().expect("a child to wait for");
        }
        std::thread::sleep(GLANCE);
    };
    Ended {
        status,
        took: since.elapsed(),
        out: out.join().expect("output that can be read"),
        err: err.join().expect("output that can be read"),
    }
}

fn kept(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    let mut pipe = pipe.expect("a pipe");
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("output to read");
        String::from_utf8(bytes).expect("output in UTF-8")
    })
}
