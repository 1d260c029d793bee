use keywright_secrets::domain::listing::{Listing, SortBy, SortOrder};
use keywright_secrets::store::listing::statement;
use keywright_service::testing::ACCOUNT;
use serde_json::{Value, json};

use crate::harness::{TestSecrets, start, text, token};

async fn names(secrets: &TestSecrets, input: Value) -> Vec<String> {
    let listed = secrets.call("ListSecrets", input).await;
    assert_eq!(listed.get("NextToken"), None);
    listed["SecretList"].as_array().unwrap().iter().map(|secret| text(&secret["Name"])).collect()
}

/// Three secrets, made in this order: `b`, `a`, `c`.
async fn three() -> TestSecrets {
    let secrets = start().await;
    for (name, description, tag) in
        [("b", "Main database", "red"), ("a", "Backup", "green"), ("c", "Main queue", "red")]
    {
        let input = json!({
            "Name": name, "Description": description, "SecretString": "x", "ClientRequestToken": token(),
            "Tags": [{ "Key": format!("color-{name}"), "Value": tag }],
        });
        secrets.call("CreateSecret", input).await;
    }
    secrets
}

#[tokio::test(flavor = "multi_thread")]
async fn each_order_has_both_directions() {
    let secrets = three().await;
    secrets.call("UpdateSecret", json!({ "SecretId": "b", "Description": "Main database, changed" })).await;
    secrets.get("a").await;
    for (by, ascending) in
        [("created-date", ["b", "a", "c"]), ("name", ["a", "b", "c"]), ("last-changed-date", ["a", "c", "b"])]
    {
        assert_eq!(names(&secrets, json!({ "SortBy": by })).await, ascending, "{by}");
        let mut descending = ascending;
        descending.reverse();
        let input = json!({ "SortBy": by, "SortOrder": "desc" });
        assert_eq!(names(&secrets, input).await, descending, "{by}");
    }
    let by_access = names(&secrets, json!({ "SortBy": "last-accessed-date", "SortOrder": "desc" })).await;
    assert_eq!(by_access[0], "a", "the others were never read");
    assert_eq!(names(&secrets, json!({})).await, ["b", "a", "c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_every_secret_once_whatever_the_order() {
    let secrets = three().await;
    for n in 0..4 {
        secrets.create(&format!("d{n}"), "x").await;
    }
    for by in ["created-date", "last-accessed-date", "last-changed-date", "name"] {
        for order in ["asc", "desc"] {
            let mut input = json!({ "SortBy": by, "SortOrder": order, "MaxResults": 3 });
            let whole = names(&secrets, json!({ "SortBy": by, "SortOrder": order })).await;
            let mut paged = Vec::new();
            loop {
                let page = secrets.call("ListSecrets", input.clone()).await;
                let entries = page["SecretList"].as_array().unwrap();
                assert!(entries.len() <= 3);
                paged.extend(entries.iter().map(|secret| text(&secret["Name"])));
                let Some(next) = page.get("NextToken") else { break };
                input["NextToken"] = next.clone();
            }
            assert_eq!((paged.len(), &paged), (7, &whole), "{by} {order}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_behind_a_filter_is_full_and_the_last_one_has_no_token() {
    let secrets = start().await;
    for n in 0..6 {
        secrets.create(&format!("{}-{n}", if n % 2 == 0 { "even" } else { "odd" }), "x").await;
    }
    let filter = json!([{ "Key": "name", "Values": ["even"] }]);
    let first = secrets.call("ListSecrets", json!({ "Filters": filter, "MaxResults": 2 })).await;
    assert_eq!(first["SecretList"].as_array().unwrap().len(), 2);
    let input = json!({ "Filters": filter, "MaxResults": 2, "NextToken": first["NextToken"] });
    assert_eq!(names(&secrets, input).await, ["even-4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_all_to_be_passed() {
    let secrets = three().await;
    let filters = |filters: Value| json!({ "Filters": filters });
    let main = json!({ "Key": "description", "Values": ["main"] });
    assert_eq!(names(&secrets, filters(json!([main]))).await, ["b", "c"]);
    let not_b = json!({ "Key": "name", "Values": ["!b"] });
    assert_eq!(names(&secrets, filters(json!([main, not_b]))).await, ["c"]);
    let green = json!({ "Key": "tag-value", "Values": ["green"] });
    assert_eq!(names(&secrets, filters(json!([green]))).await, ["a"]);
    let tag_key = json!({ "Key": "tag-key", "Values": ["color-a", "color-c"] });
    assert_eq!(names(&secrets, filters(json!([tag_key]))).await, ["a", "c"]);
    let all = json!({ "Key": "all", "Values": ["RED queue"] });
    assert_eq!(names(&secrets, filters(json!([all]))).await, ["c"]);
    secrets.refuses("ListSecrets", filters(json!([{ "Key": "name" }])), "InvalidParameterException").await;
    let unknown = filters(json!([{ "Key": "color", "Values": ["red"] }]));
    secrets.refuses("ListSecrets", unknown, "ValidationException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_deletion_is_listed_on_demand() {
    let secrets = three().await;
    secrets.call("DeleteSecret", json!({ "SecretId": "a" })).await;
    assert_eq!(names(&secrets, json!({})).await, ["b", "c"]);
    let listed = secrets.call("ListSecrets", json!({ "IncludePlannedDeletion": true })).await;
    let entries = listed["SecretList"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    assert!(entries[1]["DeletedDate"].is_number() && entries[0].get("DeletedDate").is_none());
    assert!(entries[0]["SecretVersionsToStages"].is_object(), "{}", entries[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_list_is_refused() {
    let secrets = three().await;
    let page = secrets.call("ListSecrets", json!({ "MaxResults": 1 })).await;
    let input = json!({ "NextToken": page["NextToken"], "SortBy": "name" });
    secrets.refuses("ListSecrets", input, "InvalidNextTokenException").await;
    secrets.refuses("ListSecrets", json!({ "NextToken": "x" }), "InvalidNextTokenException").await;
}

/// Fills the table behind the service's back: 3000 secrets, `bulk-0001` and so on.
async fn three_thousand() -> TestSecrets {
    let secrets = start().await;
    let client = secrets.database.connect().await;
    let insert = format!(
        "INSERT INTO secrets (secret_id, region, account_id, name, suffix, created_at, last_changed_at, \
                              last_accessed_on) \
         SELECT gen_random_uuid(), 'us-east-1', '{ACCOUNT}', 'bulk-' || lpad(n::text, 4, '0'), 'aaaaaa', at, at, \
                DATE '2020-01-01' + n / 8 \
         FROM generate_series(1, 3000) n, LATERAL (SELECT now() - (4000 - n) * interval '1 minute' AS at) times"
    );
    client.batch_execute(&insert).await.unwrap();
    client.batch_execute("ANALYZE secrets").await.unwrap();
    secrets
}

#[tokio::test(flavor = "multi_thread")]
async fn each_order_is_read_from_its_index() {
    let secrets = three_thousand().await;
    let client = secrets.database.connect().await;
    for by in SortBy::ALL {
        for order in SortOrder::ALL {
            let key = match by {
                SortBy::CreatedDate | SortBy::LastChangedDate => "now() - interval '2000 minutes'",
                SortBy::LastAccessedDate => "DATE '2020-06-01'",
                SortBy::Name => "'bulk-1500'",
            };
            let values = [
                "'us-east-1'",
                &format!("'{ACCOUNT}'"),
                "false",
                key,
                "'4a0c9e3e-7c1b-4d5e-9f00-000000000000'",
                "100",
            ];
            let mut query = format!("EXPLAIN {}", statement(Listing { by: *by, order: *order }));
            for (index, value) in values.into_iter().enumerate() {
                query = query.replace(&format!("${}", index + 1), value);
            }
            let plan: Vec<String> =
                client.query(&query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
            let shown = plan.join("\n");
            assert!(
                shown.contains("Index Scan") && !shown.contains("Seq Scan on secrets s"),
                "{by} {order}\n{shown}"
            );
            // Rows of one name are ordered further at most; nothing is read whole to be sorted.
            for pair in plan
                .windows(2)
                .filter(|pair| pair[1].contains("Sort Key: s.") || pair[1].contains("COALESCE(s."))
            {
                assert!(
                    !pair[0].contains("Sort") || pair[0].contains("Incremental Sort"),
                    "{by} {order}\n{shown}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_through_very_many_secrets_is_continued_by_tokens() {
    let secrets = three_thousand().await;
    let mut input = json!({ "Filters": [{ "Key": "name", "Values": ["bulk-0002", "bulk-2999"] }] });
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let page = secrets.call("ListSecrets", input.clone()).await;
        found.extend(page["SecretList"].as_array().unwrap().iter().map(|secret| text(&secret["Name"])));
        pages += 1;
        let Some(next) = page.get("NextToken") else { break };
        input["NextToken"] = next.clone();
    }
    assert_eq!((found, pages), (vec!["bulk-0002".to_owned(), "bulk-2999".to_owned()], 2));
}
