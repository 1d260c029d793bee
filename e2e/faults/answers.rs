//! What clients were told, call by call.

use keywright_e2e::load::Answer;
use uuid::Uuid;

/// The answers of one load.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Request ids of answers that promise a record: successes, and AWS errors of the services.
    pub(crate) recorded: Vec<Recorded>,
    /// How many of those were errors.
    pub(crate) errors: usize,
    /// Answers of a service that could not record, or of the front for a service that it could not reach: 503, and no promise.
    pub(crate) unrecorded: usize,
    /// Calls without an answer.
    pub(crate) unanswered: usize,
    /// Answers that no client should get, with what they said.
    pub(crate) unexpected: Vec<String>,
}

/// An answer that promises a record.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) id: Uuid,
    /// The operation, and of errors what they said: for the one who has to find out why it is missing.
    #[expect(dead_code, reason = "it is shown by Debug")]
    pub(crate) what: Box<str>,
}

impl Answers {
    pub(crate) fn add(&mut self, other: Self) {
        self.recorded.extend(other.recorded);
        self.errors += other.errors;
        self.unrecorded += other.unrecorded;
        self.unanswered += other.unanswered;
        self.unexpected.extend(other.unexpected);
    }

    /// Takes down the answer to a request. It says whether it was a success.
    pub(crate) fn note(&mut self, request: &[u8], answer: &Answer<'_>) -> bool {
        let status = answer.status();
        let id = answer.header("x-amzn-requestid").and_then(|id| Uuid::parse_str(id).ok());
        if status == 408 && id.is_none() {
            // The HTTP server's own, when the head of a request did not arrive in time: no service has seen a call.
            self.unanswered += 1;
            return false;
        }
        let Some(id) = id else {
            self.unexpected.push(shown(answer));
            return false;
        };
        let operation = operation(request);
        if status == 200 {
            self.recorded.push(Recorded { id, what: operation.into() });
            return true;
        }
        let body = String::from_utf8_lossy(answer.body());
        if WITHOUT_RECORD.iter().any(|text| body.contains(text)) {
            // The name that SDKs know as one to be retried.
            let retryable = matches!(status, 503 | 504) && body.contains("ServiceUnavailable");
            if !retryable {
                self.unexpected.push(shown(answer));
            }
            self.unrecorded += 1;
            return false;
        }
        // A service that lacks another one says so in its own words; this is what a bug says.
        if body.contains("InternalFailure") {
            self.unexpected.push(shown(answer));
        }
        self.errors += 1;
        self.recorded.push(Recorded { id, what: format!("{operation}: {status} {body}").into() });
        false
    }
}

/// The operation as the request names it.
fn operation(request: &[u8]) -> &str {
    let lines = request.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    let target = lines.filter_map(|line| line.trim().strip_prefix("x-amz-target: ")).next();
    target.unwrap_or("a Query operation")
}

fn shown(answer: &Answer<'_>) -> String {
    String::from_utf8_lossy(answer.bytes).into_owned()
}

/// What the pipeline says when the journal refuses, and the front when a service doesn't answer; as JSON and XML have it.
const WITHOUT_RECORD: [&str; 3] =
    ["the audit journal cannot accept records", "be reached at the moment", "answer in time"];
