//! A stand-in for Secrets Manager: it has one secret in two versions, a binary one, and refuses some others.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use keywright_service::host::{Hosted, bind};
use serde_json::{Value, json};
use tokio::sync::Barrier;

/// The running stand-in.
pub(crate) struct FakeSecrets {
    hosted: Hosted,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    seen: Mutex<Vec<(Value, String)>>,
    barrier: Mutex<Option<Arc<Barrier>>>,
}

impl FakeSecrets {
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

    /// From now on it answers only when as many calls have arrived.
    pub(crate) fn answer_together(&self, count: usize) {
        *self.state.barrier.lock().unwrap() = Some(Arc::new(Barrier::new(count)));
    }

    /// The inputs that arrived, with their forward tokens.
    pub(crate) fn seen(&self) -> Vec<(Value, String)> {
        self.state.seen.lock().unwrap().clone()
    }

    pub(crate) async fn stop(&self) {
        self.hosted.stop().await;
    }
}

async fn answer(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("x-amz-target"), "secretsmanager.GetSecretValue");
    let input: Value = serde_json::from_slice(&body).unwrap();
    state.seen.lock().unwrap().push((input.clone(), header("x-amz-keywright-forward-token")));
    let barrier = state.barrier.lock().unwrap().clone();
    if let Some(barrier) = barrier
        && tokio::time::timeout(Duration::from_secs(4), barrier.wait()).await.is_err()
    {
        return error(500, "InternalServiceError");
    }
    let previous = input["VersionStage"] == "AWSPREVIOUS" || input["VersionId"] == PREVIOUS;
    match input["SecretId"].as_str().unwrap() {
        "prod/db" if previous => {
            HttpResponse::Ok().body(raw("prod/db", PREVIOUS, "\"SecretString\":\"old\""))
        }
        "prod/db" if input.as_object().unwrap().len() == 1 => {
            HttpResponse::Ok().body(raw("prod/db", CURRENT, "\"SecretString\":\"new \\u00e9\""))
        }
        "binary" => HttpResponse::Ok().body(raw("binary", CURRENT, "\"SecretBinary\":\"AAEC\"")),
        "empty" => HttpResponse::Ok().body("{}"),
        "denied" => error(400, "AccessDeniedException"),
        "deleted" => error(400, "InvalidRequestException"),
        "failing" => error(500, "InternalServiceError"),
        _ => error(400, "ResourceNotFoundException"),
    }
}

fn error(status: u16, code: &str) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap();
    HttpResponse::build(status).json(json!({ "__type": code, "Message": "why" }))
}

/// What is answered, to the byte.
pub(crate) fn raw(name: &str, version: &str, value: &str) -> String {
    let arn = secret_arn(name);
    format!(
        r#"{{"ARN":"{arn}","Name":"{name}","VersionId":"{version}",{value},"VersionStages":["S"],"CreatedDate":1526334434.743}}"#
    )
}

pub(crate) fn secret_arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:us-east-1:111122223333:secret:{name}-AbCdEf")
}

pub(crate) const CURRENT: &str = "00000000-0000-0000-0000-000000000002";
pub(crate) const PREVIOUS: &str = "00000000-0000-0000-0000-000000000001";
