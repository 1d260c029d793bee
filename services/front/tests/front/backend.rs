//! A service that remembers what it was asked, and a front before such services.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bytes::Bytes;
use keywright_front::config::{Config, DEFAULTS, RouteSection};
use keywright_front::{Running, app};
use keywright_service::Settings;
use tokio::sync::Semaphore;

/// A request as it reached a service.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Bytes,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(n, _)| n == name);
        header.map(|(_, value)| std::str::from_utf8(value).expect("a text"))
    }
}

/// A service that answers every request with its own name, in a status of its own.
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    state: web::Data<State>,
    handle: ServerHandle,
}

struct State {
    name: &'static str,
    received: Mutex<Vec<Received>>,
    /// Answers wait for a permit, if there are none yet.
    gate: Semaphore,
}

impl Backend {
    pub(crate) fn start(name: &'static str) -> Self {
        Self::start_at(name, "127.0.0.1:0".parse().unwrap(), Semaphore::MAX_PERMITS)
    }

    /// One that answers only after [`Backend::open`].
    pub(crate) fn start_closed(name: &'static str) -> Self {
        Self::start_at(name, "127.0.0.1:0".parse().unwrap(), 0)
    }

    pub(crate) fn start_at(name: &'static str, address: SocketAddr, permits: usize) -> Self {
        let state = State { name, received: Mutex::default(), gate: Semaphore::new(permits) };
        let state = web::Data::new(state);
        let shared = state.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .app_data(web::PayloadConfig::new(1 << 26))
                .default_service(web::to(answer))
        })
        .workers(1)
        .disable_signals()
        .bind(address)
        .expect("an address");
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { address, state, handle }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// The only request that came.
    pub(crate) fn only(&self) -> Received {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received[0].clone()
    }

    pub(crate) async fn wait_until_asked(&self) {
        let asked = async {
            while self.received().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let asked = tokio::time::timeout(Duration::from_secs(10), asked).await;
        assert!(asked.is_ok(), "{} was not asked in ten seconds", self.state.name);
    }

    pub(crate) fn open(&self) {
        self.state.gate.add_permits(1_000);
    }

    pub(crate) async fn stop(self) {
        self.handle.stop(false).await;
    }
}

async fn answer(state: web::Data<State>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let headers = request.headers().iter().map(|(n, v)| (n.as_str().to_owned(), v.as_bytes().to_vec()));
    state.received.lock().unwrap().push(Received {
        method: request.method().to_string(),
        target: request.uri().to_string(),
        headers: headers.collect(),
        body,
    });
    let _permit = state.gate.acquire().await.expect("an open gate");
    if request.path() == "/chunked" {
        let chunks = ["one ", "two ", "three"].map(|chunk| Ok::<_, std::io::Error>(Bytes::from(chunk)));
        return HttpResponse::Ok().streaming(futures::stream::iter(chunks));
    }
    HttpResponse::Conflict()
        .content_type("application/x-amz-json-1.1")
        .insert_header(("x-amzn-requestid", "id-of-the-service"))
        .insert_header(("keep-alive", "timeout=1"))
        .body(state.name)
}

/// A front with these routes; its own Region is `us-east-1`.
pub(crate) fn front(routes: &[(&str, &str)]) -> Running {
    front_with(routes, |_| ())
}

pub(crate) fn front_with(routes: &[(&str, &str)], change: impl FnOnce(&mut Config)) -> Running {
    let mut config = Config::from_settings(&Settings::load(DEFAULTS).unwrap()).unwrap();
    config.service.listen = "127.0.0.1:0".parse().unwrap();
    config.service.ops_listen = "127.0.0.1:0".parse().unwrap();
    config.service.drain_seconds = 5;
    let routes =
        routes.iter().map(|(name, url)| ((*name).to_owned(), RouteSection::Address((*url).to_owned())));
    config.front.routes = routes.collect();
    change(&mut config);
    app::start(config).expect("a front")
}
