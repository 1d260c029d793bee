//! A stand-in for KMS: it encrypts nothing, but hides and binds texts well enough to see what params does with them,
//! and it refuses as it is told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use keywright_service::host::{Hosted, bind};
use serde_json::{Value, json};
use tokio::sync::Barrier;

/// The running stand-in.
pub(crate) struct FakeKms {
    hosted: Hosted,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    seen: Mutex<Vec<Seen>>,
    refusal: Mutex<Option<(u16, &'static str, &'static str)>>,
    barrier: Mutex<Option<Arc<Barrier>>>,
    calls: AtomicUsize,
    refused_arn: Mutex<Option<String>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

/// One call that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) operation: String,
    pub(crate) input: Value,
    pub(crate) forward_token: String,
}

impl FakeKms {
    pub(crate) fn start() -> Self {
        let state = Arc::new(State::default());
        let data = web::Data::from(Arc::clone(&state));
        let (listener, address) = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let server =
            HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(answer)))
                .workers(1)
                .disable_signals()
                .listen(listener)
                .unwrap();
        Self { hosted: Hosted::spawn(server.run(), address), state }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.hosted.address)
    }

    /// From now on every call is refused.
    pub(crate) fn refuse(&self, status: u16, code: &'static str, message: &'static str) {
        *self.state.refusal.lock().unwrap() = Some((status, code, message));
    }

    /// From now on a Decrypt is answered only when as many have arrived.
    pub(crate) fn decrypt_together(&self, count: usize) {
        *self.state.barrier.lock().unwrap() = Some(Arc::new(Barrier::new(count)));
    }

    /// From now on nothing of the parameter with this ARN is decrypted.
    pub(crate) fn refuse_decrypting(&self, arn: &str) {
        *self.state.refused_arn.lock().unwrap() = Some(arn.to_owned());
    }

    /// How many Decrypts there were at once, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.state.most_at_once.load(Ordering::SeqCst)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    pub(crate) async fn stop(&self) {
        self.hosted.stop().await;
    }
}

async fn answer(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header = |name: &str| {
        request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let operation = header("x-amz-target").replace("TrentService.", "");
    let input: Value = serde_json::from_slice(&body).unwrap();
    let forward_token = header("x-amz-keywright-forward-token");
    state.seen.lock().unwrap().push(Seen {
        operation: operation.clone(),
        input: input.clone(),
        forward_token,
    });
    let number = state.calls.fetch_add(1, Ordering::SeqCst);
    let refusal = *state.refusal.lock().unwrap();
    if let Some((status, code, message)) = refusal {
        return error(status, code, message);
    }
    match operation.as_str() {
        "Encrypt" => HttpResponse::Ok().json(json!({
            "CiphertextBlob": hide(&decode(&input["Plaintext"]), &input["EncryptionContext"]),
            "KeyId": "the-key",
        })),
        "GenerateDataKey" => {
            let key = vec![u8::try_from(number % 251).unwrap(); 32];
            HttpResponse::Ok().json(json!({
                "Plaintext": encode(&key),
                "CiphertextBlob": hide(&key, &input["EncryptionContext"]),
                "KeyId": "the-key",
            }))
        }
        "Decrypt" => {
            let _counted = Counted::new(state.clone());
            if state.refused_arn.lock().unwrap().as_deref()
                == input["EncryptionContext"]["PARAMETER_ARN"].as_str()
            {
                return error(400, "AccessDeniedException", "not this one");
            }
            let barrier = state.barrier.lock().unwrap().clone();
            if let Some(barrier) = barrier
                && tokio::time::timeout(Duration::from_secs(4), barrier.wait()).await.is_err()
            {
                return error(500, "KMSInternalException", "the others did not come");
            }
            match show(&decode(&input["CiphertextBlob"]), &input["EncryptionContext"]) {
                Some(plaintext) => HttpResponse::Ok().json(json!({ "Plaintext": encode(&plaintext) })),
                None => error(400, "InvalidCiphertextException", ""),
            }
        }
        other => error(400, "UnknownOperationException", other),
    }
}

/// A Decrypt that is being answered.
struct Counted(web::Data<State>);

impl Counted {
    fn new(state: web::Data<State>) -> Self {
        let now = state.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        state.most_at_once.fetch_max(now, Ordering::SeqCst);
        Self(state)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.at_once.fetch_sub(1, Ordering::SeqCst);
    }
}

fn error(status: u16, code: &str, message: &str) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap();
    HttpResponse::build(status).json(json!({ "__type": code, "message": message }))
}

fn hide(plaintext: &[u8], context: &Value) -> String {
    let hidden = plaintext.iter().map(|byte| byte ^ MASK).collect::<Vec<_>>();
    encode(json!({ "context": context, "hidden": hidden }).to_string().as_bytes())
}

fn show(blob: &[u8], context: &Value) -> Option<Vec<u8>> {
    let blob: Value = serde_json::from_slice(blob).ok()?;
    let hidden: Vec<u8> = serde_json::from_value(blob["hidden"].clone()).ok()?;
    (blob["context"] == *context).then(|| hidden.iter().map(|byte| byte ^ MASK).collect())
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn decode(text: &Value) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap()
}

const MASK: u8 = 0x5a;
