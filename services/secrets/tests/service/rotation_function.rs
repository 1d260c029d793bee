//! A rotation function, written as AWS's are, behind an HTTP server as Lambda's runtimes have it. What it rotates is a
//! password that it keeps in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use keywright_service::host::{Hosted, bind};
use keywright_service::testing::TestClient;
use serde_json::{Value, json};
use tokio::sync::Notify;

pub(crate) struct RotationFunction {
    pub(crate) url: String,
    state: web::Data<State>,
    _hosted: Hosted,
}

#[derive(Default)]
struct State {
    client: OnceLock<TestClient>,
    events: Mutex<Vec<Value>>,
    authorizations: Mutex<Vec<String>>,
    signed: Mutex<Vec<Signed>>,
    /// What the target lets in.
    target: Mutex<String>,
    made: Mutex<u32>,
    scripted: Mutex<VecDeque<(String, Scripted)>>,
}

/// What was signed of a call, and how.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) body: Vec<u8>,
}

/// What a step does for once.
#[derive(Clone)]
pub(crate) enum Scripted {
    /// Fails, as a Lambda function does.
    Raise,
    /// Fails, as a runtime tells by its header.
    RaiseByHeader,
    /// Nobody knows the function.
    NotFound,
    /// Does it, and is not heard.
    DoAndFail,
    /// Says that it was done.
    Lie,
    /// Waits until it may go on, and then does it.
    Wait(Arc<Gate>),
}

/// Holds a step.
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

impl RotationFunction {
    pub(crate) fn start() -> Self {
        let state = web::Data::new(State::default());
        let shared = state.clone();
        let (listener, address) = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let server =
            HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(answer)));
        let server = server.workers(1).shutdown_timeout(0).disable_signals().listen(listener).unwrap();
        let _hosted = Hosted::spawn(server.run(), address);
        Self { url: format!("http://{address}"), state, _hosted }
    }

    /// Tells it as whom it asks Secrets Manager.
    pub(crate) fn use_client(&self, client: TestClient) {
        assert!(self.state.client.set(client).is_ok());
    }

    pub(crate) fn let_in(&self, password: &str) {
        password.clone_into(&mut self.state.target.lock().unwrap());
    }

    /// What the target lets in.
    pub(crate) fn target(&self) -> String {
        self.state.target.lock().unwrap().clone()
    }

    /// The next call of a step does this.
    pub(crate) fn script(&self, step: &str, scripted: Scripted) {
        self.state.scripted.lock().unwrap().push_back((step.to_owned(), scripted));
    }

    /// The next call of a step waits.
    pub(crate) fn hold(&self, step: &str) -> Arc<Gate> {
        let gate = Arc::new(Gate::default());
        self.script(step, Scripted::Wait(Arc::clone(&gate)));
        gate
    }

    /// All events so far.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.state.events.lock().unwrap().clone()
    }

    /// The steps of all events so far.
    pub(crate) fn steps(&self) -> Vec<String> {
        self.events().iter().map(|event| event["Step"].as_str().unwrap().to_owned()).collect()
    }

    /// The signed calls so far.
    pub(crate) fn signed(&self) -> Vec<Signed> {
        self.state.signed.lock().unwrap().clone()
    }

    pub(crate) fn authorizations(&self) -> Vec<String> {
        self.state.authorizations.lock().unwrap().clone()
    }
}

async fn answer(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    if request.path() != "/2015-03-31/functions/rotate/invocations" {
        return HttpResponse::NotFound().finish();
    }
    let header =
        |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    state.authorizations.lock().unwrap().push(header("authorization"));
    if request.headers().contains_key("webhook-signature") {
        state.signed.lock().unwrap().push(Signed {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
            body: body.to_vec(),
        });
    }
    let event: Value = serde_json::from_slice(&body).unwrap();
    state.events.lock().unwrap().push(event.clone());
    let step = event["Step"].as_str().unwrap().to_owned();
    let scripted = {
        let mut scripted = state.scripted.lock().unwrap();
        let place = scripted.iter().position(|(of, _)| *of == step);
        place.and_then(|place| scripted.remove(place)).map(|(_, scripted)| scripted)
    };
    let raised = |kind: &str| json!({ "errorType": kind, "errorMessage": "the password is hunter2" });
    match scripted {
        None => {}
        Some(Scripted::Raise) => return HttpResponse::Ok().json(raised("ValueError")),
        Some(Scripted::RaiseByHeader) => {
            return HttpResponse::Ok().insert_header(("x-amz-function-error", "Unhandled")).finish();
        }
        Some(Scripted::NotFound) => return HttpResponse::NotFound().finish(),
        Some(Scripted::DoAndFail) => {
            handle(&state, &event).await.unwrap();
            return HttpResponse::InternalServerError().finish();
        }
        Some(Scripted::Lie) => return HttpResponse::Ok().body("null"),
        Some(Scripted::Wait(gate)) => {
            gate.arrived.notify_one();
            gate.opened.notified().await;
        }
    }
    match handle(&state, &event).await {
        Ok(()) => HttpResponse::Ok().body("null"),
        Err(reason) => HttpResponse::Ok().json(json!({ "errorType": "Exception", "errorMessage": reason })),
    }
}

/// The four steps, as AWS's templates have them.
async fn handle(state: &State, event: &Value) -> Result<(), String> {
    let client = state.client.get().unwrap();
    let call = async |operation: &str, input: Value| {
        let answer = client.call(operation, input).await;
        if answer.status == 200 { Ok(answer.body) } else { Err(answer.error().to_owned()) }
    };
    let (secret, token) = (&event["SecretId"], event["ClientRequestToken"].as_str().unwrap());
    let described = call("DescribeSecret", json!({ "SecretId": secret })).await?;
    if described["RotationEnabled"] != true {
        return Err("rotation is off".to_owned());
    }
    let versions = described["VersionIdsToStages"].as_object().unwrap();
    let has = |id: &str, label: &str| {
        versions.get(id).and_then(Value::as_array).is_some_and(|labels| labels.contains(&json!(label)))
    };
    if has(token, "AWSCURRENT") {
        return Ok(());
    }
    if !has(token, "AWSPENDING") {
        return Err("the version is not staged for rotation".to_owned());
    }
    let pending = json!({ "SecretId": secret, "VersionId": token, "VersionStage": "AWSPENDING" });
    let value = async || {
        let read = call("GetSecretValue", pending.clone()).await?;
        Ok::<_, String>(read["SecretString"].as_str().unwrap().to_owned())
    };
    match event["Step"].as_str().unwrap() {
        "createSecret" => {
            call("GetSecretValue", json!({ "SecretId": secret, "VersionStage": "AWSCURRENT" })).await?;
            match value().await {
                Err(code) if code == "ResourceNotFoundException" => {}
                other => return other.map(|_| ()),
            }
            let number = {
                let mut made = state.made.lock().unwrap();
                *made += 1;
                *made
            };
            let put = json!({
                "SecretId": secret, "ClientRequestToken": token, "SecretString": format!("made-{number}"),
                "VersionStages": ["AWSPENDING"], "RotationToken": event["RotationToken"],
            });
            call("PutSecretValue", put).await.map(|_| ())
        }
        "setSecret" => {
            let value = value().await?;
            *state.target.lock().unwrap() = value;
            Ok(())
        }
        "testSecret" if value().await? == *state.target.lock().unwrap() => Ok(()),
        "testSecret" => Err("cannot log in".to_owned()),
        "finishSecret" => {
            let current = versions.keys().find(|id| has(id, "AWSCURRENT"));
            let input = json!({
                "SecretId": secret, "VersionStage": "AWSCURRENT", "MoveToVersionId": token,
                "RemoveFromVersionId": current,
            });
            call("UpdateSecretVersionStage", input).await.map(|_| ())
        }
        other => Err(format!("no step: {other}")),
    }
}
