//! What could not be sealed while the caller was there is sealed for the role that identity links to the service.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use keywright_service::host::{Hosted, bind};
use keywright_service::testing::{ACCOUNT, TestCredentials};
use serde_json::json;

use super::{THERE, TwoRegions, region, replicated, start_with};
use crate::harness::text;

/// A stand-in for STS, which gives a session of a role or refuses one.
struct FakeSts {
    endpoint: String,
    asked: Arc<Mutex<Vec<String>>>,
    _hosted: Hosted,
}

impl FakeSts {
    fn start(gives: bool) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = web::Data::from(Arc::clone(&asked));
        let (listener, address) = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let answer = move |asked: web::Data<Mutex<Vec<String>>>, body: String| async move {
            asked.lock().unwrap().push(body);
            if gives {
                HttpResponse::Ok().body(SESSION)
            } else {
                HttpResponse::Forbidden()
                    .body("<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>")
            }
        };
        let server =
            HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(answer)));
        let server = server.workers(1).shutdown_timeout(0).disable_signals().listen(listener).unwrap();
        let _hosted = Hosted::spawn(server.run(), address);
        Self { endpoint: format!("http://{address}"), asked, _hosted }
    }
}

const SESSION: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAOWNROLE</AccessKeyId>\
    <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken></Credentials></AssumeRoleResult></AssumeRoleResponse>";

async fn start(sts: &FakeSts) -> TwoRegions {
    let credentials = || {
        let role = "AWSServiceRoleForSecretsManager";
        TestCredentials::standard().role_session("ASIAOWNROLE", ACCOUNT, role, "secret-replication", &[])
    };
    let regions = start_with(credentials, |config| config.identity.endpoint.clone_from(&sts.endpoint)).await;
    // Its KMS is away.
    regions.here.peers.introduce(&region(THERE), &regions.wire.endpoint, "http://127.0.0.1:1").unwrap();
    regions
}

/// KMS there is back.
fn come_back(regions: &TwoRegions) {
    let (wire, kms) = (&regions.wire.endpoint, &regions.there.kms.endpoint);
    regions.here.peers.introduce(&region(THERE), wire, kms).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_sealed_once_kms_is_back() {
    let sts = FakeSts::start(true);
    let regions = start(&sts).await;
    let made = regions.here.call("CreateSecret", replicated("db", "one")).await;
    let status = &made["ReplicationStatus"][0];
    assert_eq!(
        (&status["Status"], &status["StatusMessage"]),
        (&json!("InProgress"), &json!("KMS in eu-west-1 can't be used now"))
    );
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(regions.status("db").await["Status"], "InProgress");
    regions.here.kms.take_calls();
    come_back(&regions);
    regions.until("db", "InSync").await;
    assert_eq!(regions.there.get("db").await, "one");
    let sealing = regions.there.kms.take_calls();
    assert_eq!(
        (sealing[0].operation.as_str(), sealing[0].forward_token.as_str()),
        ("GenerateDataKey", "forward-ASIAOWNROLE")
    );
    let opening = regions.here.kms.take_calls();
    let opening = opening.iter().find(|call| call.operation == "Decrypt").unwrap();
    assert_eq!(opening.forward_token, "forward-ASIAOWNROLE");
    let asked = sts.asked.lock().unwrap().clone();
    assert!(
        asked[0].contains("AWSServiceRoleForSecretsManager") && asked[0].contains("secret-replication"),
        "{asked:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_role_it_is_said_what_to_do() {
    let sts = FakeSts::start(false);
    let regions = start(&sts).await;
    regions.here.call("CreateSecret", replicated("db", "one")).await;
    let message = text(&regions.until("db", "Failed").await["StatusMessage"]);
    assert!(message.contains("AWSServiceRoleForSecretsManager cannot be assumed"), "{message}");
    assert!(message.contains("iam:CreateServiceLinkedRole"), "{message}");
    come_back(&regions);
    let input = json!({ "SecretId": "db", "AddReplicaRegions": [{ "Region": THERE }] });
    regions.here.call("ReplicateSecretToRegions", input).await;
    regions.until("db", "InSync").await;
    assert_eq!(regions.there.get("db").await, "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_was_brought_back_from_a_copy_gets_what_it_lacks() {
    let sts = FakeSts::start(true);
    let regions = start(&sts).await;
    come_back(&regions);
    regions.create("db", "one").await;
    regions.here.put("db", "two").await;
    regions.until_there("db", "two").await;
    regions.until("db", "InSync").await;
    let client = regions.there.database.connect().await;
    client
        .batch_execute("DELETE FROM secret_version_stages; DELETE FROM secret_versions; UPDATE secret_tellings_received SET number = 1")
        .await
        .unwrap();
    regions.here.call("UpdateSecret", json!({ "SecretId": "db", "Description": "changed" })).await;
    regions.until_there("db", "two").await;
    regions.until("db", "InSync").await;
    let previous = json!({ "SecretId": "db", "VersionStage": "AWSPREVIOUS" });
    assert_eq!(regions.there.call("GetSecretValue", previous).await["SecretString"], "one");
}
