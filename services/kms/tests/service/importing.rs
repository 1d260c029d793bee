//! What tests of imported material share: how users wrap it, by the `openssl` command.

use serde_json::{Value, json};

use crate::harness::{TestKms, blob, bytes, text};
use crate::openssl::OpenSsl;

/// What GetParametersForImport gave.
pub(crate) struct Parameters {
    pub(crate) token: String,
    pub(crate) public_key: Vec<u8>,
    algorithm: String,
}

/// A key without material.
pub(crate) async fn external_key(kms: &TestKms) -> String {
    external_key_of(kms, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT").await
}

/// A key of this spec and usage without material.
pub(crate) async fn external_key_of(kms: &TestKms, spec: &str, usage: &str) -> String {
    let input = json!({ "Origin": "EXTERNAL", "KeySpec": spec, "KeyUsage": usage });
    text(&kms.call("CreateKey", input).await["KeyMetadata"]["KeyId"])
}

pub(crate) async fn parameters(kms: &TestKms, key: &str, algorithm: &str, spec: &str) -> Parameters {
    let input = json!({ "KeyId": key, "WrappingAlgorithm": algorithm, "WrappingKeySpec": spec });
    let answer = kms.call("GetParametersForImport", input).await;
    Parameters {
        token: text(&answer["ImportToken"]),
        public_key: bytes(&answer["PublicKey"]),
        algorithm: algorithm.to_owned(),
    }
}

/// Those that most tests use: making an RSA key takes its time.
pub(crate) async fn quick_parameters(kms: &TestKms, key: &str) -> Parameters {
    parameters(kms, key, "SM2PKE", "SM2").await
}

impl Parameters {
    /// Wraps material as AWS's documentation does.
    pub(crate) fn wrap(&self, material: &[u8]) -> Vec<u8> {
        let openssl = OpenSsl::new();
        openssl.put("public.der", &self.public_key);
        openssl.put("material", material);
        let encrypt = "pkeyutl -encrypt -pubin -inkey public.der -keyform DER -in";
        let sha1 = "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1 -pkeyopt rsa_mgf1_md:sha1";
        let sha256 = "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256";
        let with_aes = |oaep: &str| {
            let aes_key = openssl.run("rand 32");
            openssl.put("aes", &aes_key);
            let digits: String = aes_key.iter().map(|byte| format!("{byte:02x}")).collect();
            let wrapped =
                openssl.run(&format!("enc -id-aes256-wrap-pad -iv A65959A6 -K {digits} -in material"));
            [openssl.run(&format!("{encrypt} aes {oaep}")), wrapped].concat()
        };
        match self.algorithm.as_str() {
            "RSAES_OAEP_SHA_1" => openssl.run(&format!("{encrypt} material {sha1}")),
            "RSAES_OAEP_SHA_256" => openssl.run(&format!("{encrypt} material {sha256}")),
            "RSA_AES_KEY_WRAP_SHA_1" => with_aes(sha1),
            "RSA_AES_KEY_WRAP_SHA_256" => with_aes(sha256),
            "SM2PKE" => openssl.run(&format!("{encrypt} material")),
            other => panic!("{other}"),
        }
    }

    /// The input of an import that never expires, and what `more` says beside.
    pub(crate) fn input(&self, key: &str, material: &[u8], more: &Value) -> Value {
        let mut input = json!({
            "KeyId": key,
            "ImportToken": self.token,
            "EncryptedKeyMaterial": blob(self.wrap(material)),
        });
        if more.get("ValidTo").is_none() {
            input["ExpirationModel"] = json!("KEY_MATERIAL_DOES_NOT_EXPIRE");
        }
        for (member, value) in more.as_object().unwrap() {
            input[member] = value.clone();
        }
        input
    }
}

/// Imports material that never expires unless `more` says otherwise.
pub(crate) async fn import(kms: &TestKms, key: &str, material: &[u8], more: Value) -> Value {
    let parameters = quick_parameters(kms, key).await;
    kms.call("ImportKeyMaterial", parameters.input(key, material, &more)).await
}

pub(crate) async fn import_refused(
    kms: &TestKms,
    key: &str,
    material: &[u8],
    more: Value,
    code: &str,
) -> String {
    let parameters = quick_parameters(kms, key).await;
    kms.refuses("ImportKeyMaterial", parameters.input(key, material, &more), code).await
}

pub(crate) async fn state(kms: &TestKms, key: &str) -> String {
    text(&kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"]["KeyState"])
}

/// All materials of a key, with some of what is known of each.
pub(crate) async fn materials(kms: &TestKms, key: &str) -> Vec<(String, String, String)> {
    let input = json!({ "KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL" });
    let listed = kms.call("ListKeyRotations", input).await["Rotations"].clone();
    let of = |entry: &Value, member: &str| text(&entry[member]);
    let entries = listed.as_array().unwrap().iter();
    entries
        .map(|entry| (of(entry, "KeyMaterialId"), of(entry, "KeyMaterialState"), of(entry, "ImportState")))
        .collect()
}
