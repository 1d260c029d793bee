use keywright_params::limits::Limit;
use serde_json::{Value, json};

use crate::support::App;

async fn limited() -> App {
    App::set(|config| {
        config.parameters.standard_per_account = Limit::of(2);
        config.parameters.advanced_per_account = Limit::of(1);
    })
    .await
}

fn put(name: &str, tier: &str) -> Value {
    json!({ "Name": name, "Value": "v", "Type": "String", "Tier": tier, "Overwrite": true })
}

#[tokio::test]
async fn an_account_has_no_more_parameters_of_a_tier_than_it_may() {
    let app = limited().await;
    let error = async |input: Value| app.call("PutParameter", input).await.error().to_owned();
    assert_eq!(error(put("a", "Standard")).await, "");
    assert_eq!(error(put("b", "Standard")).await, "");
    assert_eq!(error(put("c", "Standard")).await, "ParameterLimitExceeded");
    assert_eq!(error(put("a", "Standard")).await, "", "another version is no other parameter");
    let other = app.client.with_key("AKIAOTHER");
    other.call("PutParameter", put("c", "Standard")).await.ok();
    // What becomes advanced makes room.
    assert_eq!(error(put("a", "Advanced")).await, "");
    assert_eq!(error(put("c", "Standard")).await, "");
    assert_eq!(error(put("b", "Advanced")).await, "ParameterLimitExceeded");
    assert_eq!(error(put("d", "Advanced")).await, "ParameterLimitExceeded");
    app.call("DeleteParameters", json!({ "Names": ["a", "b"] })).await.ok();
    assert_eq!(error(put("d", "Advanced")).await, "");
    assert_eq!(error(put("e", "Standard")).await, "");
}

#[tokio::test]
async fn intelligent_tiering_goes_on_in_the_advanced_tier() {
    let app = limited().await;
    let tiers = async |name: &str| app.call("PutParameter", put(name, "Intelligent-Tiering")).await;
    for (name, tier) in [("a", "Standard"), ("b", "Standard"), ("c", "Advanced"), ("a", "Standard")] {
        assert_eq!(tiers(name).await.ok()["Tier"], tier, "{name}");
    }
    assert_eq!(tiers("d").await.error(), "ParameterLimitExceeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn creators_at_once_do_not_get_past_the_limit() {
    let app = limited().await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..12 {
        let client = app.client.clone();
        tasks.spawn(async move {
            client.call("PutParameter", put(&format!("p{number}"), "Standard")).await.error().to_owned()
        });
    }
    let errors = tasks.join_all().await;
    assert_eq!(errors.iter().filter(|error| error.is_empty()).count(), 2, "{errors:?}");
    assert_eq!(errors.iter().filter(|error| *error == "ParameterLimitExceeded").count(), 10, "{errors:?}");
}
