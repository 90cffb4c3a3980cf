//! A server of a story's program, asked over its socket.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::story::Story;

/// The operator's own token.
const TOKEN: &str = "secret";

/// A server that runs.
pub struct Server {
    pub child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Serves a story's program on a free port.
    pub fn start(story: &Story) -> Self {
        Self::start_with(story, &[], &[])
    }

    /// The same with more arguments and settings.
    pub fn start_with(story: &Story, args: &[&str], settings: &[(&str, &str)]) -> Self {
        let all = ["serve", "--program", "program", "--listen", "127.0.0.1:0"];
        let mut command = story.command(&[&all, args].concat());
        command
            .envs(settings.iter().copied())
            .env("TRUEUP_TOKEN", TOKEN)
            .env("TRUEUP_WEBHOOKS_TO_THIS_MACHINE", "1")
            .env("TRUEUP_PASSWORD_COST", "64:1");
        let mut child = command.stdout(Stdio::piped()).spawn().expect("started");
        let out = child.stdout.take().expect("piped");
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).expect("a line");
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split(';').next())
            .unwrap_or_else(|| panic!("no address in {line:?}"));
        Self {
            address: address.to_owned(),
            child,
        }
    }

    /// A request's status and body, as the operator.
    pub fn ask(&self, line: &str, headers: &str, body: &[u8]) -> (u16, String) {
        let bearing = format!("authorization: Bearer {TOKEN}\r\n{headers}");
        self.ask_with(line, &bearing, body)
    }

    /// A request's status and body.
    pub fn ask_with(&self, line: &str, headers: &str, body: &[u8]) -> (u16, String) {
        let (head, body) = self.told(line, headers, body);
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        (status.unwrap_or(0), body)
    }

    /// A request's head and body.
    pub fn told(&self, line: &str, headers: &str, body: &[u8]) -> (String, String) {
        let answer = self.answered(line, headers, body);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        (head.to_owned(), body.to_owned())
    }

    /// The head and the bytes of a file that is asked for.
    pub fn bytes(&self, line: &str, headers: &str) -> (String, Vec<u8>) {
        let answer = self.answered(line, headers, b"");
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = answer.split_at(end.expect("a head") + 4);
        (String::from_utf8_lossy(head).into_owned(), body.to_vec())
    }

    fn answered(&self, line: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).expect("connected");
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("set");
        let length = body.len();
        let head = format!(
            "{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).expect("written");
        // A server that has answered already need not read the rest.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }
}
