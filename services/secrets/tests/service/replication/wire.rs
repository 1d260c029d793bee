//! What is between two Regions: it can lose messages or their answers, and bring back old ones.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use keywright_service::client::http_client;
use keywright_service::host::{Hosted, bind};

pub(crate) struct Wire {
    pub(crate) endpoint: String,
    state: web::Data<State>,
    _hosted: Hosted,
}

struct State {
    target: SocketAddr,
    http: reqwest::Client,
    does: Mutex<Does>,
    messages: Mutex<Vec<Arc<Message>>>,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// It arrives, and is answered.
    Deliver,
    /// It is lost.
    Lose,
    /// It arrives, but its answer is lost.
    LoseAnswers,
}

/// A message as it was sent.
pub(crate) struct Message {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Wire {
    pub(crate) fn start(target: SocketAddr) -> Self {
        let state = web::Data::new(State {
            target,
            http: http_client(Duration::from_secs(10)).unwrap(),
            does: Mutex::new(Does::Deliver),
            messages: Mutex::default(),
        });
        let shared = state.clone();
        let (listener, address) = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let server = HttpServer::new(move || {
            let limit = web::PayloadConfig::new(1 << 22);
            App::new().app_data(limit).app_data(shared.clone()).default_service(web::to(pass))
        });
        let server = server.workers(1).shutdown_timeout(0).disable_signals().listen(listener).unwrap();
        let _hosted = Hosted::spawn(server.run(), address);
        Self { endpoint: format!("http://{address}"), state, _hosted }
    }

    /// From now on.
    pub(crate) fn does(&self, does: Does) {
        *self.state.does.lock().unwrap() = does;
    }

    /// All messages so far, lost ones too.
    pub(crate) fn messages(&self) -> Vec<Arc<Message>> {
        self.state.messages.lock().unwrap().clone()
    }

    /// Brings back a message; gives the answer.
    pub(crate) async fn repeat(&self, message: &Message) -> String {
        let answer = send(&self.state, message).await;
        String::from_utf8(answer.1).unwrap()
    }
}

impl Message {
    /// What is told.
    pub(crate) fn text(&self) -> String {
        use base64::Engine as _;
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        let message = base64::engine::general_purpose::STANDARD.decode(body["Message"].as_str().unwrap());
        String::from_utf8(message.unwrap()).unwrap()
    }
}

async fn pass(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let message = Arc::new(Message { headers: headers.collect(), body: body.to_vec() });
    state.messages.lock().unwrap().push(Arc::clone(&message));
    let does = *state.does.lock().unwrap();
    if does == Does::Lose {
        return HttpResponse::ServiceUnavailable().finish();
    }
    let (status, answer) = send(&state, &message).await;
    if does == Does::LoseAnswers {
        return HttpResponse::GatewayTimeout().finish();
    }
    HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap()).body(answer)
}

async fn send(state: &State, message: &Message) -> (u16, Vec<u8>) {
    let mut request = state.http.post(format!("http://{}/", state.target)).body(message.body.clone());
    for (name, value) in message.headers.iter().filter(|(name, _)| name != "content-length") {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}
