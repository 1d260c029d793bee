//! The one trail, as tools ask of it.

use keywright_service::testing::ACCOUNT;
use serde_json::json;

use crate::events::Made;
use crate::trail::Trail;

#[tokio::test]
async fn tools_are_told_of_the_one_trail_what_is_true() {
    let trail = Trail::start().await;
    trail.happen(vec![Made::number(1)]).await;
    trail.until_stored(1).await;
    let client = trail.admin();
    let arn = format!("arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/keywright");
    let listed = client.call("ListTrails", json!({})).await.ok();
    assert_eq!(
        listed,
        json!({"Trails": [{"TrailARN": arn, "Name": "keywright", "HomeRegion": "us-east-1"}]})
    );
    let described = client.call("DescribeTrails", json!({})).await.ok()["trailList"][0].clone();
    assert_eq!((&described["TrailARN"], &described["IsMultiRegionTrail"]), (&json!(arn), &json!(true)));
    for named in ["keywright", &arn] {
        assert_eq!(client.call("GetTrail", json!({"Name": named})).await.ok()["Trail"], described);
        let status = client.call("GetTrailStatus", json!({"Name": named})).await.ok();
        assert_eq!(status["IsLogging"], true);
        assert!(status["LatestDeliveryTime"].is_number());
        let selectors = client.call("GetEventSelectors", json!({"TrailName": named})).await.ok();
        assert_eq!(selectors["EventSelectors"][0]["ReadWriteType"], "All");
        let insights = client.call("GetInsightSelectors", json!({"TrailName": named})).await;
        assert_eq!(insights.error(), "InsightNotEnabledException");
    }
    assert_eq!(client.call("GetTrail", json!({"Name": "other"})).await.error(), "TrailNotFoundException");
    assert_eq!(client.call("GetTrail", json!({"Name": "a b"})).await.error(), "InvalidTrailNameException");
    let elsewhere = client.with_region("eu-west-1");
    let own_only = json!({"includeShadowTrails": false});
    assert_eq!(elsewhere.call("DescribeTrails", own_only).await.ok()["trailList"], json!([]));
    assert_eq!(elsewhere.call("DescribeTrails", json!({})).await.ok()["trailList"][0], described);
    trail.stop().await;
}

#[tokio::test]
async fn the_trail_is_not_changed_by_anybody() {
    let trail = Trail::start().await;
    for (operation, member) in [
        ("CreateTrail", "Name"),
        ("UpdateTrail", "Name"),
        ("DeleteTrail", "Name"),
        ("StartLogging", "Name"),
        ("StopLogging", "Name"),
        ("PutEventSelectors", "TrailName"),
    ] {
        let answer = trail.admin().call(operation, json!({member: "keywright"})).await;
        assert_eq!(answer.error(), "UnsupportedOperationException", "{operation}");
        let nobody = trail.admin().with_key("AKIANOBODY").call(operation, json!({member: "keywright"})).await;
        assert_eq!(nobody.error(), "AccessDeniedException", "{operation}");
    }
    trail.stop().await;
}
