use serde_json::{Value, json};

use crate::harness::{HELLO, text};
use crate::importing::{import, import_refused, materials};
use crate::regions::{Site, sites};

const FIRST: [u8; 32] = [1; 32];
const SECOND: [u8; 32] = [2; 32];
const THIRD: [u8; 32] = [3; 32];

/// A primary key with imported material, and its replica key.
async fn key_in(east: &Site, west: &Site) -> (String, String) {
    let key = east.primary(json!({ "Origin": "EXTERNAL" })).await;
    let id = text(&import(&east.kms, &key, &FIRST, json!({})).await["KeyMaterialId"]);
    east.kms.call("ReplicateKey", json!({ "KeyId": key, "ReplicaRegion": west.region })).await;
    west.until_state(&key, "PendingImport").await;
    (key, id)
}

async fn import_new(site: &Site, key: &str, material: &[u8]) -> String {
    let imported = import(&site.kms, key, material, json!({ "ImportType": "NEW_KEY_MATERIAL" })).await;
    text(&imported["KeyMaterialId"])
}

async fn until_material(site: &Site, key: &str, id: &str, state: &str) {
    let what = format!("{id} is {state}");
    let is_so =
        async || materials(&site.kms, key).await.iter().any(|known| known.0 == id && known.1 == state);
    site.until(&what, is_so).await;
}

async fn encrypted_under(site: &Site, key: &str) -> (String, Value) {
    let input = json!({ "KeyId": key, "KeySpec": "AES_256" });
    let generated = site.kms.call("GenerateDataKey", input).await;
    (text(&generated["CiphertextBlob"]), generated["KeyMaterialId"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_key_imports_what_its_primary_key_has() {
    let [east, west] = sites(["us-east-1", "eu-west-1"]).await;
    let (key, id) = key_in(&east, &west).await;
    let here = [(id.clone(), "CURRENT".to_owned(), "PENDING_IMPORT".to_owned())];
    assert_eq!(materials(&west.kms, &key).await, here);
    // The material itself never left its Region.
    let encrypt = json!({ "KeyId": key, "Plaintext": HELLO });
    west.kms.refuses("Encrypt", encrypt, "KMSInvalidStateException").await;
    import_refused(&west.kms, &key, &SECOND, json!({}), "IncorrectKeyMaterialException").await;
    let new = json!({ "ImportType": "NEW_KEY_MATERIAL" });
    import_refused(&west.kms, &key, &SECOND, new, "UnsupportedOperationException").await;
    assert_eq!(import(&west.kms, &key, &FIRST, json!({})).await["KeyMaterialId"], id.as_str());
    assert_eq!(west.state(&key).await, "Enabled");
    let sealed = east.kms.encrypt(&key, HELLO).await;
    assert_eq!(west.kms.call("Decrypt", json!({ "CiphertextBlob": sealed })).await["Plaintext"], HELLO);

    // Each Region deletes its own.
    west.kms.call("DeleteImportedKeyMaterial", json!({ "KeyId": key })).await;
    assert_eq!(west.state(&key).await, "PendingImport");
    assert_eq!(east.state(&key).await, "Enabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_material_is_imported_everywhere_before_it_encrypts_anywhere() {
    let [east, west] = sites(["us-east-1", "eu-west-1"]).await;
    let (key, first) = key_in(&east, &west).await;
    import(&west.kms, &key, &FIRST, json!({})).await;
    let old = encrypted_under(&west, &key).await.0;

    let second = import_new(&east, &key, &SECOND).await;
    let waits = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION";
    until_material(&east, &key, &second, waits).await;
    east.kms.refuses("RotateKeyOnDemand", json!({ "KeyId": key }), "KMSInvalidStateException").await;
    until_material(&west, &key, &second, waits).await;
    let existing = json!({ "ImportType": "EXISTING_KEY_MATERIAL" });
    import(&west.kms, &key, &SECOND, existing).await;
    until_material(&east, &key, &second, "PENDING_ROTATION").await;
    until_material(&west, &key, &second, "PENDING_ROTATION").await;
    for site in [&east, &west] {
        assert_eq!(encrypted_under(site, &key).await.1, first.as_str());
    }
    west.kms.refuses("RotateKeyOnDemand", json!({ "KeyId": key }), "UnsupportedOperationException").await;
    east.kms.call("RotateKeyOnDemand", json!({ "KeyId": key })).await;
    until_material(&west, &key, &second, "CURRENT").await;
    let (from_east, by_east) = encrypted_under(&east, &key).await;
    let (from_west, by_west) = encrypted_under(&west, &key).await;
    assert_eq!((by_east, by_west), (json!(second), json!(second)));
    for (site, blob) in [(&east, &old), (&east, &from_west), (&west, &from_east), (&west, &old)] {
        site.kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_material_that_the_primary_key_gives_up_is_given_up_everywhere() {
    let [east, west] = sites(["us-east-1", "eu-west-1"]).await;
    let (key, _) = key_in(&east, &west).await;
    import(&west.kms, &key, &FIRST, json!({})).await;
    let third = import_new(&east, &key, &THIRD).await;
    until_material(&west, &key, &third, "PENDING_MULTI_REGION_IMPORT_AND_ROTATION").await;
    import(&west.kms, &key, &THIRD, json!({})).await;
    until_material(&east, &key, &third, "PENDING_ROTATION").await;
    east.kms.call("DeleteImportedKeyMaterial", json!({ "KeyId": key, "KeyMaterialId": third })).await;
    west.until("one material", async || materials(&west.kms, &key).await.len() == 1).await;
    for site in [&east, &west] {
        assert_eq!(site.state(&key).await, "Enabled");
    }
}
