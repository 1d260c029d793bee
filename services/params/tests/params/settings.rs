use keywright_params::throughput::Throughput;
use keywright_service::quotas::{QuotaPreset, QuotasSection, Setting};
use serde_json::{Value, json};

use crate::support::{App, OTHER_ACCOUNT};

const TIER: &str = "/ssm/parameter-store/default-parameter-tier";
const THROUGHPUT: &str = "/ssm/parameter-store/high-throughput-enabled";

async fn get(app: &App, id: &str) -> Value {
    app.call("GetServiceSetting", json!({ "SettingId": id })).await.ok()["ServiceSetting"].clone()
}

async fn update(app: &App, id: &str, value: &str) -> Value {
    app.call("UpdateServiceSetting", json!({ "SettingId": id, "SettingValue": value })).await.ok()
}

fn setting_arn(id: &str) -> String {
    format!("arn:aws:ssm:us-east-1:111122223333:servicesetting{id}")
}

#[tokio::test]
async fn a_setting_is_as_by_default_until_it_is_set_and_after_it_is_reset() {
    let app = App::start().await;
    let default = json!({
        "SettingId": THROUGHPUT,
        "SettingValue": "false",
        "LastModifiedUser": "System",
        "ARN": setting_arn(THROUGHPUT),
        "Status": "Default",
    });
    assert_eq!(get(&app, THROUGHPUT).await, default);
    update(&app, &setting_arn(THROUGHPUT), "true").await;
    let set = get(&app, &setting_arn(THROUGHPUT)).await;
    assert_eq!((&set["SettingValue"], &set["Status"]), (&json!("true"), &json!("Customized")));
    assert_eq!(set["LastModifiedUser"], "arn:aws:iam::111122223333:user/admin");
    assert!(set["LastModifiedDate"].is_number());
    assert_eq!(get(&app, TIER).await["SettingValue"], "Standard");
    let reset = app.call("ResetServiceSetting", json!({ "SettingId": THROUGHPUT })).await.ok();
    assert_eq!(reset["ServiceSetting"], default);
    assert_eq!(get(&app, THROUGHPUT).await, default);
}

#[tokio::test]
async fn only_the_settings_of_parameter_store_and_their_values_are_known() {
    let app = App::start().await;
    let set = async |id: &str, value: &str| {
        let input = json!({ "SettingId": id, "SettingValue": value });
        app.call("UpdateServiceSetting", input).await.error().to_owned()
    };
    assert_eq!(set(THROUGHPUT, "True").await, "ValidationException");
    assert_eq!(set(TIER, "standard").await, "ValidationException");
    assert_eq!(set("/ssm/opsinsights/opscenter", "Enabled").await, "ServiceSettingNotFound");
    for operation in ["GetServiceSetting", "ResetServiceSetting"] {
        let unknown = app.call(operation, json!({ "SettingId": "/ssm/none" })).await;
        assert_eq!(unknown.error(), "ServiceSettingNotFound");
    }
    let theirs = setting_arn(THROUGHPUT).replace("111122223333", OTHER_ACCOUNT);
    assert_eq!(set(&theirs, "true").await, "AccessDeniedException");
    let prod = app.client.with_key("AKIAPROD");
    let refused = prod.call("GetServiceSetting", json!({ "SettingId": THROUGHPUT })).await;
    assert!(
        refused.message().contains(&setting_arn(THROUGHPUT)) || refused.error().is_empty(),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn the_default_tier_is_that_of_parameters_for_which_none_is_asked_for() {
    let app = App::start().await;
    let put = async |name: &str, tier: Value, bytes: usize| {
        let input = json!({
            "Name": name, "Value": "v".repeat(bytes), "Type": "String", "Tier": tier, "Overwrite": true,
        });
        app.call("PutParameter", input).await
    };
    update(&app, TIER, "Intelligent-Tiering").await;
    assert_eq!(put("small", json!(null), 10).await.ok()["Tier"], "Standard");
    assert_eq!(put("large", json!(null), 5000).await.ok()["Tier"], "Advanced");
    assert_eq!(put("refused", json!("Standard"), 5000).await.error(), "ValidationException");
    update(&app, TIER, "Advanced").await;
    assert_eq!(put("new", json!(null), 10).await.ok()["Tier"], "Advanced");
    assert_eq!(put("standard", json!("Standard"), 10).await.ok()["Tier"], "Standard");
    app.call("ResetServiceSetting", json!({ "SettingId": TIER })).await.ok();
    assert_eq!(put("new", json!(null), 10).await.ok()["Tier"], "Advanced", "it stays advanced");
    assert_eq!(put("other", json!(null), 10).await.ok()["Tier"], "Standard");
}

#[tokio::test]
async fn every_operation_has_a_quota() {
    let app = App::start().await;
    let operations = app.running.apis()[0].operations();
    let snake_case = |name: &str| {
        let mut snake = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !snake.is_empty() {
                snake.push('_');
            }
            snake.push(letter.to_ascii_lowercase());
        }
        snake
    };
    let rates =
        operations.iter().map(|operation| (snake_case(operation.name), Setting::Rate(1000.0))).collect();
    let section = QuotasSection { preset: QuotaPreset::None, rates };
    assert!(Throughput::new(&section).is_ok(), "{:?}", Throughput::new(&section).err());
}

#[tokio::test]
async fn reads_share_a_quota_until_the_account_switches() {
    let rate = |calls| Setting::Rate(calls);
    let app = App::set(|config| {
        let rates = [("default_throughput", 2.0), ("get_parameter", 50.0), ("put_parameter", 1.0)];
        let rates = rates.into_iter().map(|(name, calls)| (name.to_owned(), rate(calls))).collect();
        config.throughput = QuotasSection { preset: QuotaPreset::None, rates };
    })
    .await;
    app.put("/a/x", "v").await;
    let put = json!({ "Name": "/a/x", "Value": "v", "Type": "String", "Overwrite": true });
    let refused = app.call("PutParameter", put).await;
    assert_eq!((refused.error(), refused.message()), ("ThrottlingException", "Rate exceeded"));
    let reads = [
        ("GetParameter", json!({ "Name": "/a/x" })),
        ("GetParameters", json!({ "Names": ["/a/x"] })),
        ("GetParametersByPath", json!({ "Path": "/a" })),
    ];
    let mut throttled = 0;
    for (operation, input) in reads.iter().cycle().take(15) {
        throttled += usize::from(app.call(operation, input.clone()).await.error() == "ThrottlingException");
    }
    assert!(throttled >= 6, "{throttled} of 15");
    // What isn't limited is not.
    for _ in 0..10 {
        app.call("DescribeParameters", json!({})).await.ok();
    }
    let other = app.client.with_key("AKIAOTHER");
    assert_eq!(other.call("GetParameter", json!({ "Name": "/a/x" })).await.error(), "ParameterNotFound");
    update(&app, THROUGHPUT, "true").await;
    // It is heeded within a second.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let mut errors = Vec::new();
        for _ in 0..10 {
            errors.push(app.call("GetParameter", json!({ "Name": "/a/x" })).await.error().to_owned());
        }
        if errors.iter().all(String::is_empty) {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{errors:?}");
    }
}
