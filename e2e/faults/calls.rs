//! The calls of the load: reads and changes of all services, and calls that are refused.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use keywright_e2e::client::call;
use keywright_e2e::load::Requests;
use keywright_e2e::requests::{
    CREATE_KEY, DECRYPT, ENCRYPT, GENERATE_DATA_KEY, Target, signed, signed_query,
};
use keywright_e2e::stack::Credentials;
use serde_json::{Value, json};
use uuid::Uuid;

/// What there is to call with.
#[derive(Clone)]
pub(crate) struct Calls {
    credentials: Credentials,
    key_id: String,
    sealed: String,
}

impl Calls {
    /// Makes what the calls are about.
    pub(crate) fn prepare(credentials: Credentials, front: SocketAddr) -> Result<Self> {
        let ask = |target, input| call(&credentials, front, target, input);
        let key = ask(CREATE_KEY, json!({"Description": "of the load"}))?;
        let key_id = text(&key, "/KeyMetadata/KeyId")?;
        let sealed = ask(ENCRYPT, json!({"KeyId": key_id, "Plaintext": PLAINTEXT}))?;
        let sealed = text(&sealed, "/CiphertextBlob")?;
        for (kind, name) in [("String", "/load/plain"), ("SecureString", "/load/secure")] {
            ask(PUT_PARAMETER, json!({"Name": name, "Value": "1", "Type": kind}))?;
        }
        ask(CREATE_SECRET, json!({"Name": "load", "SecretString": "1", "ClientRequestToken": token()}))?;
        Ok(Self { credentials, key_id, sealed })
    }

    /// For KMS's own port: mostly what is called most, and some that is refused.
    pub(crate) fn kms(&self) -> Result<Requests> {
        let mut requests = Vec::new();
        for n in 0..DISTINCT {
            requests.extend(self.sign(GENERATE_DATA_KEY, self.data_key(n))?);
        }
        for _ in 0..DISTINCT / 4 {
            requests.extend(self.sign(ENCRYPT, json!({"KeyId": self.key_id, "Plaintext": PLAINTEXT}))?);
            requests.extend(self.sign(DECRYPT, json!({"CiphertextBlob": self.sealed}))?);
        }
        requests.extend(self.refused()?);
        Ok(Arc::new(requests))
    }

    /// For the front: all services.
    pub(crate) fn mixed(&self) -> Result<Requests> {
        let mut requests = Vec::new();
        for n in 0..DISTINCT {
            requests.extend(self.sign(GENERATE_DATA_KEY, self.data_key(n))?);
        }
        for n in 0..DISTINCT / 8 {
            let secure = json!({"Name": "/load/secure", "WithDecryption": true});
            requests.extend(self.sign(GET_PARAMETER, json!({"Name": "/load/plain"}))?);
            requests.extend(self.sign(GET_PARAMETER, secure)?);
            requests.extend(self.sign(GET_SECRET_VALUE, json!({"SecretId": "load"}))?);
            requests.push(signed_query(&self.credentials, HOST, "sts", GET_CALLER_IDENTITY)?);
            if n % 4 == 0 {
                // Changes: their records are committed with them.
                let put = json!({"Name": "/load/plain", "Value": n.to_string(), "Type": "String", "Overwrite": true});
                requests.extend(self.sign(PUT_PARAMETER, put)?);
                let text = n.to_string();
                let put = json!({"SecretId": "load", "SecretString": text, "ClientRequestToken": token()});
                requests.extend(self.sign(PUT_SECRET_VALUE, put)?);
                let describe = json!({"KeyId": self.key_id, "Description": n.to_string()});
                requests.extend(self.sign(UPDATE_KEY_DESCRIPTION, describe)?);
            }
        }
        requests.extend(self.sign(LOOKUP_EVENTS, json!({"MaxResults": 1}))?);
        requests.extend(self.refused()?);
        Ok(Arc::new(requests))
    }

    /// A key that isn't there, a member of a wrong type, a wrong secret, an access key that nobody has.
    fn refused(&self) -> Result<Vec<Vec<u8>>> {
        let mut requests = self.sign(GENERATE_DATA_KEY, json!({"KeyId": NO_KEY, "KeySpec": "AES_256"}))?;
        requests.extend(self.sign(GENERATE_DATA_KEY, json!({"KeyId": self.key_id, "KeySpec": 7}))?);
        let mut forged = self.credentials.clone();
        forged.secret_access_key = "x".repeat(40);
        let input = self.data_key(0);
        requests.extend(signed(&forged, HOST, GENERATE_DATA_KEY, [input.clone()])?.iter().cloned());
        forged.access_key_id = "AKIAIOSFODNN7EXAMPLE".to_owned();
        requests.extend(signed(&forged, HOST, GENERATE_DATA_KEY, [input])?.iter().cloned());
        Ok(requests)
    }

    fn data_key(&self, n: usize) -> Value {
        json!({"KeyId": self.key_id, "KeySpec": "AES_256", "EncryptionContext": {"app": "load", "n": n.to_string()}})
    }

    fn sign(&self, target: Target, input: Value) -> Result<Vec<Vec<u8>>> {
        Ok(signed(&self.credentials, HOST, target, [input])?.to_vec())
    }
}

/// What makes a change of a secret the same when it is tried again.
fn token() -> String {
    Uuid::new_v4().to_string()
}

fn text(answer: &Value, pointer: &str) -> Result<String> {
    Ok(answer.pointer(pointer).and_then(Value::as_str).with_context(|| pointer.to_owned())?.to_owned())
}

const PUT_PARAMETER: Target = Target { signing_name: "ssm", target: "AmazonSSM.PutParameter" };
const GET_PARAMETER: Target = Target { signing_name: "ssm", target: "AmazonSSM.GetParameter" };
const CREATE_SECRET: Target =
    Target { signing_name: "secretsmanager", target: "secretsmanager.CreateSecret" };
const GET_SECRET_VALUE: Target =
    Target { signing_name: "secretsmanager", target: "secretsmanager.GetSecretValue" };
const PUT_SECRET_VALUE: Target =
    Target { signing_name: "secretsmanager", target: "secretsmanager.PutSecretValue" };
const UPDATE_KEY_DESCRIPTION: Target =
    Target { signing_name: "kms", target: "TrentService.UpdateKeyDescription" };
const LOOKUP_EVENTS: Target = Target {
    signing_name: "cloudtrail",
    target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
};
const GET_CALLER_IDENTITY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
/// What is signed as the host stays, wherever the service moves.
const HOST: &str = "localhost";
const NO_KEY: &str = "00000000-0000-0000-0000-000000000000";
const PLAINTEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const DISTINCT: usize = 64;
