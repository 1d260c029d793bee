//! A stand-in for a witness, which keeps to C2SP's tlog-witness. The end-to-end tests have one in Go.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpResponse, HttpServer, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_audit::error::AuditError;
use keywright_audit::log::WitnessSection;
use keywright_audit::log::verify::{Asked, Finding, verify};
use keywright_crypto::{KeyPairSpec, Message, PrivateKey, SignatureAlgorithm, SystemRandom};
use keywright_service::host::{Hosted, bind};
use keywright_transparency_log::{
    Checkpoint, Hash, KeyKind, LogError, Note, VerifierKey, verify_consistency,
};
use time::OffsetDateTime;

use crate::rig::Rig;

struct Witness {
    hosted: Hosted,
    state: Arc<State>,
}

struct State {
    key: PrivateKey,
    name: String,
    log: VerifierKey,
    seen: Mutex<Option<Checkpoint>>,
    answers: Mutex<Vec<u16>>,
}

impl Witness {
    fn start(name: &str, log: VerifierKey) -> Self {
        let key = PrivateKey::generate(KeyPairSpec::Ed25519, &SystemRandom).unwrap();
        let (name, seen, answers) = (name.to_owned(), Mutex::new(None), Mutex::default());
        let state = Arc::new(State { key, name, log, seen, answers });
        let data = web::Data::from(Arc::clone(&state));
        let (listener, address) = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let server = HttpServer::new(move || {
            App::new().app_data(data.clone()).route("/add-checkpoint", web::post().to(add_checkpoint))
        });
        let server = server.workers(1).disable_signals().listen(listener).unwrap();
        Self { hosted: Hosted::spawn(server.run(), address), state }
    }

    fn key(&self) -> VerifierKey {
        let spki = self.state.key.public_key().spki();
        VerifierKey::from_spki(&self.state.name, KeyKind::Cosignature, spki).unwrap()
    }

    fn section(&self) -> WitnessSection {
        WitnessSection { url: format!("http://{}/", self.hosted.address), key: self.key() }
    }

    fn answers(&self) -> Vec<u16> {
        std::mem::take(&mut self.state.answers.lock().unwrap())
    }
}

async fn add_checkpoint(state: web::Data<State>, body: String) -> HttpResponse {
    let answer = state.answer(&body);
    state.answers.lock().unwrap().push(answer.status().as_u16());
    answer
}

impl State {
    fn answer(&self, body: &str) -> HttpResponse {
        let (proof, note) = body.split_once("\n\n").unwrap();
        let mut lines = proof.split('\n');
        let old: u64 = lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap();
        let proof: Vec<Hash> = lines.map(|line| Hash::from_base64(line).unwrap()).collect();
        let note = Note::parse(note).unwrap();
        if note.verify(&self.log).is_err() {
            return HttpResponse::Forbidden().finish();
        }
        let checkpoint = Checkpoint::parse(note.text()).unwrap();
        let mut seen = self.seen.lock().unwrap();
        let before = seen.as_ref().map_or(0, |seen| seen.size);
        if old != before {
            return HttpResponse::Conflict().content_type("text/x.tlog.size").body(format!("{before}\n"));
        }
        let root = seen.as_ref().map_or_else(keywright_transparency_log::empty_root, |seen| seen.root);
        if verify_consistency(&proof, old, root, checkpoint.size, checkpoint.root).is_err() {
            return HttpResponse::UnprocessableEntity().finish();
        }
        *seen = Some(checkpoint);
        let time = 1_700_000_000_u64;
        let message = format!("cosignature/v1\ntime {time}\n{}", note.text());
        let message = Message::Raw(message.as_bytes());
        let signature = self.key.sign(SignatureAlgorithm::Ed25519Sha512, message).unwrap();
        let id = VerifierKey::from_spki(&self.name, KeyKind::Cosignature, self.key.public_key().spki());
        let bytes = [id.unwrap().id().as_slice(), &time.to_be_bytes(), &signature].concat();
        HttpResponse::Ok().body(format!("\u{2014} {} {}\n", self.name, STANDARD.encode(bytes)))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn witnesses_cosign_what_is_consistent_with_what_they_have_seen() {
    let rig = Rig::start().await;
    let (one, other) = (Witness::start("one.example", rig.key()), Witness::start("other.example", rig.key()));
    let sections = || vec![one.section(), other.section()];
    let mut signer = rig.witnessed_signer(sections(), 2);
    for (numbers, size) in [(0..100, 100), (100..300, 300)] {
        rig.happen(numbers).await;
        rig.sequence().await;
        let signed = signer.step(&rig.store, OffsetDateTime::now_utc()).await.unwrap().unwrap();
        assert_eq!((signed.checkpoint.size, signed.note.signatures().len()), (size, 3));
        for witness in [&one, &other] {
            assert_eq!(signed.note.verify(&witness.key()), Ok(Some(1_700_000_000)));
            assert_eq!(witness.answers(), [200]);
        }
    }
    // Another process doesn't know what they have seen, and is told.
    let mut signer = rig.witnessed_signer(sections(), 2);
    rig.happen(300..310).await;
    rig.sequence().await;
    signer.step(&rig.store, OffsetDateTime::now_utc()).await.unwrap();
    assert_eq!(one.answers(), [409, 200]);

    let (key, stranger) = (rig.key(), Witness::start("stranger.example", rig.key()));
    let check = async |witnesses: &[VerifierKey]| {
        let now = OffsetDateTime::now_utc();
        let asked = Asked { key: &key, witnesses, from: None, to: None, since: None, now };
        verify(&rig.source(), &asked).await.unwrap().findings
    };
    assert_eq!(check(&[one.key(), other.key()]).await, []);
    let unsigned = LogError::Unsigned("stranger.example".to_owned());
    assert_eq!(check(&[one.key(), stranger.key()]).await, [Finding::Witness(unsigned)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_enough_witnesses_nothing_is_published() {
    let rig = Rig::start().await;
    let one = Witness::start("one.example", rig.key());
    let away = WitnessSection {
        url: "http://127.0.0.1:1".to_owned(),
        ..Witness::start("away", rig.key()).section()
    };
    rig.happen(0..10).await;
    rig.sequence().await;
    let now = OffsetDateTime::now_utc();
    let mut strict = rig.witnessed_signer(vec![one.section(), away.clone()], 2);
    let refused = strict.step(&rig.store, now).await.unwrap_err();
    assert!(matches!(refused, AuditError::Witnesses { signed: 1, required: 2 }), "{refused:?}");
    assert_eq!(rig.count("log_checkpoints").await, 0);
    let mut lenient = rig.witnessed_signer(vec![one.section(), away], 1);
    let signed = lenient.step(&rig.store, now).await.unwrap().unwrap();
    assert_eq!(signed.note.signatures().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_does_not_cosign_a_log_that_was_rolled_back() {
    let rig = Rig::start().await;
    let one = Witness::start("one.example", rig.key());
    rig.happen(0..100).await;
    rig.sequence().await;
    let mut signer = rig.witnessed_signer(vec![one.section()], 1);
    signer.step(&rig.store, OffsetDateTime::now_utc()).await.unwrap();
    rig.owner
        .batch_execute("TRUNCATE sequenced_blocks, log_tiles, log_checkpoints, unsequenced_blocks")
        .await
        .unwrap();
    for (numbers, answers) in [(100..150, vec![409]), (150..300, vec![409, 422])] {
        rig.happen(numbers).await;
        rig.sequence().await;
        one.answers();
        let mut signer = rig.witnessed_signer(vec![one.section()], 1);
        let refused = signer.step(&rig.store, OffsetDateTime::now_utc()).await.unwrap_err();
        assert!(matches!(refused, AuditError::Witnesses { signed: 0, required: 1 }), "{refused:?}");
        assert_eq!(one.answers(), answers);
    }
}
