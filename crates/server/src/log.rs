//! The server's log: JSON, a line each, in which no name, no amount and no id of a partner stands.
//!
//! A line of a request names its route as it is registered, never its path; the id is the one that the answer carries, so that
//! whoever was refused can be helped.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

tokio::task_local! {
    /// The id of the request that is being answered.
    static REQUEST: Arc<str>;
}

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What happens every day.
    Info,
    /// What failed and needs somebody.
    Error,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Error => "error",
        }
    }
}

/// Where lines go.
#[derive(Clone)]
pub struct Log(Arc<dyn Fn(&str) + Send + Sync>);

impl Log {
    /// A log that hands over each line, without its line feed.
    pub fn to(sink: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// A log to the error stream.
    #[must_use]
    pub fn to_stderr() -> Self {
        Self::to(|line| {
            use std::io::Write as _;
            // Where nobody can read it, there is nobody to tell.
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        })
    }

    /// Writes a line: what happened, and what there is to say of it.
    pub fn line(&self, now: Timestamp, level: Level, event: &str, says: Vec<(&str, Value)>) {
        let mut line = Map::new();
        line.insert("at".to_owned(), now.to_string().into());
        line.insert("level".to_owned(), level.word().into());
        line.insert("event".to_owned(), event.into());
        if let Some(request) = request() {
            line.insert("request".to_owned(), (*request).into());
        }
        for (name, value) in says {
            line.insert(name.to_owned(), value);
        }
        (self.0)(&Value::Object(line).to_string());
    }
}

/// The id of the request that is being answered here; none where none is.
pub fn request() -> Option<Arc<str>> {
    REQUEST.try_with(Arc::clone).ok()
}

/// Does something as part of answering a request.
pub async fn within<T>(request: Arc<str>, answering: impl Future<Output = T>) -> T {
    REQUEST.scope(request, answering).await
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn a_line_is_one_line_whatever_it_says_and_names_its_request() {
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = lines.clone();
        let log = Log::to(move |line| kept.lock().expect("kept").push(line.to_owned()));
        let at = Timestamp::from_second(0).expect("an instant");
        log.line(at, Level::Info, "started", Vec::new());
        let says = vec![("says", "a\nb \"c\"".into())];
        within("r-1".into(), async {
            log.line(at, Level::Error, "fault", says)
        })
        .await;
        assert_eq!(
            *lines.lock().expect("kept"),
            [
                r#"{"at":"1970-01-01T00:00:00Z","level":"info","event":"started"}"#,
                r#"{"at":"1970-01-01T00:00:00Z","level":"error","event":"fault","request":"r-1","says":"a\nb \"c\""}"#,
            ]
        );
    }
}
