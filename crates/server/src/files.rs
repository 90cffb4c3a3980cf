//! The web app's files: read once when the server starts and found by their whole path, so that no path leads anywhere else.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use trueup_facts::digest::Digest;

use crate::answer::Refused;
use crate::{Shared, password};

/// The page that every screen begins from.
const PAGE: &str = "/index.html";
/// What stands in the page where each answer's own nonce goes.
const NONCE: &str = "__STYLE_NONCE__";

/// One file.
struct File {
    bytes: Vec<u8>,
    /// The same, smaller; none where that is not smaller.
    packed: Option<Vec<u8>>,
    media: &'static str,
    tag: String,
}

/// The files of the web app, by the path under which they are asked for.
#[derive(Default)]
pub struct Files {
    files: BTreeMap<String, File>,
}

impl Files {
    /// Reads a folder of built files.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(folder: &Path) -> std::io::Result<Self> {
        let mut files = Self::default();
        files.gather(folder, "")?;
        Ok(files)
    }

    /// Files that were built into the program, by their path from the app's root.
    #[must_use]
    pub fn of(built: &[(&str, &[u8])]) -> Self {
        let mut files = Self::default();
        for (path, bytes) in built {
            files.add(&format!("/{path}"), bytes.to_vec());
        }
        files
    }

    /// Whether there is an app to serve.
    #[must_use]
    pub fn has_page(&self) -> bool {
        self.files.contains_key(PAGE)
    }

    fn gather(&mut self, folder: &Path, below: &str) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else {
                continue;
            };
            let path = format!("{below}/{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.gather(&entry.path(), &path)?;
            } else if kind.is_file() {
                self.add(&path, std::fs::read(entry.path())?);
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &str, bytes: Vec<u8>) {
        let media = media(path);
        let packed = gzip(&bytes).filter(|packed| is_text(media) && packed.len() < bytes.len());
        let tag = format!("\"{}\"", Digest::of(&bytes));
        let file = File {
            bytes,
            packed,
            media,
            tag,
        };
        self.files.insert(path.to_owned(), file);
    }
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut packing = GzEncoder::new(Vec::new(), Compression::best());
    packing.write_all(bytes).ok()?;
    packing.finish().ok()
}

fn is_text(media: &str) -> bool {
    media.starts_with("text/") || media.contains("json") || media.contains("svg")
}

fn media(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Answers whatever no route does: a file of the app, the page for an address of the app's own, or nothing.
pub async fn file(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path();
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    if is_read && let Some(file) = shared.files.files.get(path).filter(|_| path != PAGE) {
        return told(file, path, request.headers());
    }
    // An address of the app is one that no file and no route has; what looks like a file is none of them.
    let is_apps = !path.starts_with("/v1/") && !path.rsplit('/').next().unwrap_or("").contains('.');
    let is_page = is_apps || path == PAGE;
    match shared.files.files.get(PAGE).filter(|_| is_read && is_page) {
        Some(page) => page_told(page),
        None => Refused::not_found(format!(
            "there is nothing at {}",
            path.chars().take(200).collect::<String>()
        ))
        .into_response(),
    }
}

fn told(file: &File, path: &str, headers: &HeaderMap) -> Response {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let takes_packed = text(header::ACCEPT_ENCODING).is_some_and(|takes| takes.contains("gzip"));
    let is_known = text(header::IF_NONE_MATCH).is_some_and(|known| known.contains(&file.tag));
    // What is built carries its digest in its name, and never changes under it.
    let lasts = match path.starts_with("/assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let builder = Response::builder()
        .header(header::CONTENT_TYPE, file.media)
        .header(header::ETAG, &file.tag)
        .header(header::CACHE_CONTROL, lasts)
        .header(header::VARY, "accept-encoding");
    let built = match (is_known, file.packed.as_ref().filter(|_| takes_packed)) {
        (true, _) => builder.status(StatusCode::NOT_MODIFIED).body(Body::empty()),
        (false, Some(packed)) => builder
            .header(header::CONTENT_ENCODING, "gzip")
            .body(Body::from(packed.clone())),
        (false, None) => builder.body(Body::from(file.bytes.clone())),
    };
    built.unwrap_or_else(|_| Refused::fault("a file cannot be answered").into_response())
}

/// The page, with a nonce of its own for the styles that its scripts add.
fn page_told(page: &File) -> Response {
    let Some(nonce) = password::random_text() else {
        return Refused::fault("the system gives no randomness").into_response();
    };
    let text = String::from_utf8_lossy(&page.bytes).replace(NONCE, &nonce);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; \
         img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let built = Response::builder()
        .header(header::CONTENT_TYPE, page.media)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_SECURITY_POLICY, policy)
        .body(Body::from(text));
    built.unwrap_or_else(|_| Refused::fault("the page cannot be answered").into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_their_whole_path_and_packed_where_that_helps() {
        let long = "let figure = 1;\n".repeat(100);
        let files = Files::of(&[
            ("index.html", b"<p>"),
            ("assets/app-1.js", long.as_bytes()),
            ("assets/a.png", long.as_bytes()),
        ]);
        assert!(files.has_page());
        assert!(!files.files.contains_key("/../index.html"));
        let script = files.files.get("/assets/app-1.js").expect("there");
        assert!(
            script
                .packed
                .as_ref()
                .is_some_and(|packed| packed.len() < 100)
        );
        let image = files.files.get("/assets/a.png").expect("there");
        assert!(image.packed.is_none());
        let mut asked = HeaderMap::new();
        asked.insert(header::IF_NONE_MATCH, script.tag.parse().expect("a value"));
        let known = told(script, "/assets/app-1.js", &asked);
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn every_page_has_a_nonce_of_its_own() {
        let files = Files::of(&[("index.html", b"<meta content=\"__STYLE_NONCE__\">")]);
        let page = files.files.get(PAGE).expect("there");
        let policy = |response: &Response| {
            let policy = response.headers().get(header::CONTENT_SECURITY_POLICY);
            policy
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let (one, other) = (policy(&page_told(page)), policy(&page_told(page)));
        assert!(one.is_some() && one != other);
        assert!(
            !one.unwrap_or_default()
                .contains("script-src 'self' 'unsafe")
        );
    }
}
