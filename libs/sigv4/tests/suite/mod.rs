//! The AWS test suite's cases, read from disk.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use keywright_crypto::SecretString;
use keywright_sigv4::{HttpRequest, PathStyle, Signer};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// One case: a request, what it is signed with, and the expected results.
pub(crate) struct Case {
    pub name: String,
    pub request: Request,
    pub access_key_id: String,
    pub secret: String,
    pub token: Option<String>,
    pub omit_session_token: bool,
    pub region: String,
    pub service: String,
    pub expires: Duration,
    pub normalize: bool,
    pub sign_body: bool,
    pub at: OffsetDateTime,
    directory: PathBuf,
}

impl Case {
    fn read(directory: PathBuf) -> Self {
        let text = std::fs::read_to_string(directory.join("context.json")).unwrap();
        let context: serde_json::Value = serde_json::from_str(&text).unwrap();
        let string = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        Self {
            name: directory.file_name().unwrap().to_str().unwrap().to_owned(),
            request: Request::parse(&std::fs::read_to_string(directory.join("request.txt")).unwrap()),
            access_key_id: string(&context["credentials"]["access_key_id"]),
            secret: string(&context["credentials"]["secret_access_key"]),
            token: context["credentials"].get("token").map(string),
            omit_session_token: context["omit_session_token"].as_bool().unwrap_or(false),
            region: string(&context["region"]),
            service: string(&context["service"]),
            expires: Duration::seconds(context["expiration_in_seconds"].as_i64().unwrap()),
            normalize: context["normalize"].as_bool().unwrap(),
            sign_body: context["sign_body"].as_bool().unwrap(),
            at: OffsetDateTime::parse(context["timestamp"].as_str().unwrap(), &Rfc3339).unwrap(),
            directory,
        }
    }

    pub(crate) fn expected(&self, file: &str) -> String {
        std::fs::read_to_string(self.directory.join(file)).unwrap()
    }

    pub(crate) fn path_style(&self) -> PathStyle {
        if self.normalize { PathStyle::Normalized } else { PathStyle::Verbatim }
    }

    pub(crate) fn secret(&self) -> SecretString {
        SecretString::new(self.secret.clone())
    }

    /// A signer with the case's settings; without the token where the case adds that after signing.
    pub(crate) fn signer(&self) -> Signer {
        let signer = Signer::new(&self.access_key_id, self.secret(), &self.region, &self.service)
            .path_style(self.path_style());
        match &self.token {
            Some(token) if !self.omit_session_token => signer.session_token(SecretString::new(token.clone())),
            _ => signer,
        }
    }
}

/// An HTTP request with its own memory.
#[derive(Clone)]
pub(crate) struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// Reads the text of a request; a folded line stays in its header's value.
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end_matches('\n'), ""));
        let mut lines = head.lines();
        let first = lines.next().unwrap().strip_suffix(" HTTP/1.1").unwrap();
        let (method, target) = first.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            if line.starts_with([' ', '\t']) {
                let value = &mut headers.last_mut().unwrap().1;
                value.push('\n');
                value.push_str(line);
            } else {
                let (name, value) = line.split_once(':').unwrap();
                headers.push((name.to_owned(), value.to_owned()));
            }
        }
        Self { method: method.into(), path: path.into(), query: query.into(), headers, body: body.into() }
    }

    /// Calls `f` with the view that the library takes.
    pub(crate) fn view<T>(&self, f: impl FnOnce(&HttpRequest<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        f(&HttpRequest { method: &self.method, path: &self.path, query: &self.query, headers: &headers })
    }
}

/// The 38 cases; none, with a loud line, where the vectors are not there (an error under `CI=true`).
pub(crate) fn cases() -> Vec<Case> {
    let root = std::env::var_os("KEYWRIGHT_VECTORS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"), PathBuf::from);
    let directory = root.join("sigv4");
    let Ok(entries) = std::fs::read_dir(&directory) else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no test vectors in {}", directory.display());
        // Written past the test harness's capture, which would hide it.
        let skipped = format!("SKIPPED: all 38 SigV4 vectors: {} is not there", directory.display());
        writeln!(std::io::stderr(), "{skipped} (set KEYWRIGHT_VECTORS)").unwrap();
        return Vec::new();
    };
    let cases: Vec<Case> = entries.map(|entry| Case::read(entry.unwrap().path())).collect();
    assert_eq!(cases.len(), 38, "the suite has 38 cases");
    cases
}
