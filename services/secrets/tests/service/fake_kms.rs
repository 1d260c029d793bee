//! A stand-in for KMS: it hands out data keys, remembers in the ciphertext what they were bound to, and can be told to
//! refuse or to wait. It encrypts nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_service::host::{Hosted, bind};
use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

pub(crate) struct FakeKms {
    pub(crate) endpoint: String,
    state: web::Data<State>,
    _hosted: Hosted,
}

#[derive(Default)]
struct State {
    calls: Mutex<Vec<KmsCall>>,
    refusals: Mutex<HashMap<(String, String), &'static str>>,
    gate: Mutex<Option<(String, Arc<Gate>)>>,
}

/// A call that came.
#[derive(Clone, Debug)]
pub(crate) struct KmsCall {
    pub(crate) operation: String,
    pub(crate) input: Value,
    pub(crate) forward_token: String,
    pub(crate) authorization: String,
}

/// Holds one call until it is opened.
#[derive(Default)]
pub(crate) struct Gate {
    arrived: Notify,
    opened: Notify,
}

impl Gate {
    pub(crate) async fn arrival(&self) {
        self.arrived.notified().await;
    }

    pub(crate) fn open(&self) {
        self.opened.notify_one();
    }
}

impl FakeKms {
    pub(crate) fn start() -> Self {
        let state = web::Data::new(State::default());
        let shared = state.clone();
        let (listener, address) = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let server =
            HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(answer)))
                .workers(1)
                .shutdown_timeout(0)
                .disable_signals()
                .listen(listener)
                .unwrap();
        let _hosted = Hosted::spawn(server.run(), address);
        Self { endpoint: format!("http://{address}"), state, _hosted }
    }

    /// From now on this operation is refused for this key.
    pub(crate) fn refuse(&self, operation: &str, key_id: &str, code: &'static str) {
        self.state.refusals.lock().unwrap().insert((operation.to_owned(), arn(key_id)), code);
    }

    /// From now on it isn't refused any more.
    pub(crate) fn allow(&self, operation: &str, key_id: &str) {
        self.state.refusals.lock().unwrap().remove(&(operation.to_owned(), arn(key_id)));
    }

    /// The next call of this operation waits.
    pub(crate) fn hold_next(&self, operation: &str) -> Arc<Gate> {
        let gate = Arc::new(Gate::default());
        *self.state.gate.lock().unwrap() = Some((operation.to_owned(), Arc::clone(&gate)));
        gate
    }

    /// All calls so far, and forgets them.
    pub(crate) fn take_calls(&self) -> Vec<KmsCall> {
        std::mem::take(&mut *self.state.calls.lock().unwrap())
    }
}

/// The ARN of a key by which the fake tells of it.
pub(crate) fn arn(key_id: &str) -> String {
    if key_id.starts_with("arn:") {
        key_id.to_owned()
    } else {
        format!("arn:aws:kms:us-east-1:111122223333:{key_id}")
    }
}

async fn answer(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header = |name| request.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let operation = header("x-amz-target").strip_prefix("TrentService.").unwrap_or_default().to_owned();
    let input: Value = serde_json::from_slice(&body).unwrap();
    state.calls.lock().unwrap().push(KmsCall {
        operation: operation.clone(),
        input: input.clone(),
        forward_token: header("x-amz-keywright-forward-token"),
        authorization: header("authorization"),
    });
    let gate = state.gate.lock().unwrap().take_if(|(held, _)| *held == operation);
    if let Some((_, gate)) = gate {
        gate.arrived.notify_one();
        gate.opened.notified().await;
    }
    let key = arn(input["KeyId"].as_str().unwrap());
    let refusal = state.refusals.lock().unwrap().get(&(operation.clone(), key.clone())).copied();
    if let Some(code) = refusal {
        return refused(code);
    }
    let context = &input["EncryptionContext"];
    let output = match operation.as_str() {
        "GenerateDataKey" => {
            let plaintext = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
            let plaintext = STANDARD.encode(plaintext);
            json!({ "KeyId": key, "CiphertextBlob": blob(&key, context, &plaintext), "Plaintext": plaintext })
        }
        "Encrypt" => {
            let plaintext = input["Plaintext"].as_str().unwrap();
            json!({ "KeyId": key, "CiphertextBlob": blob(&key, context, plaintext) })
        }
        "Decrypt" => {
            let blob = STANDARD.decode(input["CiphertextBlob"].as_str().unwrap()).unwrap();
            let blob: Value = serde_json::from_slice(&blob).unwrap();
            if blob["context"] != *context || blob["key"] != key.as_str() {
                return refused("InvalidCiphertextException");
            }
            json!({ "KeyId": key, "Plaintext": blob["plaintext"] })
        }
        _ => return refused("UnknownOperationException"),
    };
    HttpResponse::Ok().json(output)
}

fn blob(key: &str, context: &Value, plaintext: &str) -> String {
    STANDARD.encode(json!({ "key": key, "context": context, "plaintext": plaintext }).to_string())
}

fn refused(code: &str) -> HttpResponse {
    HttpResponse::BadRequest().json(json!({ "__type": code, "message": "said the fake KMS" }))
}
