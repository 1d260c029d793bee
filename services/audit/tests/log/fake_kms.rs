//! A stand-in for KMS: it really signs, by a key of its own, and refuses as it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_crypto::{KeyPairSpec, Message, PrivateKey, SignatureAlgorithm, SystemRandom};
use keywright_service::host::{Hosted, bind};
use serde_json::{Value, json};

/// The running stand-in.
pub(crate) struct FakeKms {
    hosted: Hosted,
    state: Arc<State>,
}

struct State {
    key: PrivateKey,
    refuses: AtomicBool,
    signed: AtomicUsize,
}

pub(crate) const KEY_ARN: &str = "arn:aws:kms:us-east-1:111122223333:key/log";

impl FakeKms {
    pub(crate) fn start() -> Self {
        let key = PrivateKey::generate(KeyPairSpec::Ed25519, &SystemRandom).unwrap();
        let state = Arc::new(State { key, refuses: AtomicBool::new(false), signed: AtomicUsize::new(0) });
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

    /// Whether every Sign is refused from now on.
    pub(crate) fn refuse(&self, refuses: bool) {
        self.state.refuses.store(refuses, Ordering::SeqCst);
    }

    /// How often it has signed.
    pub(crate) fn signed(&self) -> usize {
        self.state.signed.load(Ordering::SeqCst)
    }

    pub(crate) fn public_key(&self) -> Vec<u8> {
        self.state.key.public_key().spki().to_vec()
    }
}

async fn answer(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let target = request.headers().get("x-amz-target").unwrap().to_str().unwrap();
    let input: Value = serde_json::from_slice(&body).unwrap();
    match target {
        "TrentService.GetPublicKey" => HttpResponse::Ok().json(json!({
            "KeyId": KEY_ARN,
            "KeySpec": "ECC_NIST_EDWARDS25519",
            "PublicKey": STANDARD.encode(state.key.public_key().spki()),
        })),
        "TrentService.Sign" if state.refuses.load(Ordering::SeqCst) => HttpResponse::ServiceUnavailable()
            .json(json!({ "__type": "KMSInternalException", "message": "away" })),
        "TrentService.Sign" => {
            assert_eq!(
                (&input["MessageType"], &input["SigningAlgorithm"]),
                (&json!("RAW"), &json!("ED25519_SHA_512"))
            );
            state.signed.fetch_add(1, Ordering::SeqCst);
            let message = STANDARD.decode(input["Message"].as_str().unwrap()).unwrap();
            let signature =
                state.key.sign(SignatureAlgorithm::Ed25519Sha512, Message::Raw(&message)).unwrap();
            HttpResponse::Ok().json(json!({ "KeyId": KEY_ARN, "Signature": STANDARD.encode(signature) }))
        }
        other => HttpResponse::BadRequest()
            .json(json!({ "__type": "UnknownOperationException", "message": other })),
    }
}
