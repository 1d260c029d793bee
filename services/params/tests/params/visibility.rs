use serde_json::{Value, json};

use crate::support::{App, names};

#[tokio::test]
async fn lists_leave_out_what_the_caller_is_denied_explicitly() {
    let app = App::start().await;
    for name in ["/prod/a", "/prod/secret/b", "/prod/secret/deep/c", "/prod/z"] {
        app.put(name, "v").await;
    }
    let tagged = json!({
        "Name": "/prod/tagged", "Value": "v", "Type": "String", "Tags": [{ "Key": "stage", "Value": "secret" }],
    });
    app.call("PutParameter", tagged).await.ok();
    let all = ["/prod/a", "/prod/secret/b", "/prod/secret/deep/c", "/prod/tagged", "/prod/z"];
    let careful = app.client.with_key("AKIACAREFUL");
    let by_path = json!({ "Path": "/prod", "Recursive": true });
    let listed = async |operation: &str, input: Value| {
        let (ours, theirs) =
            (app.call(operation, input.clone()).await.ok(), careful.call(operation, input).await.ok());
        (names(&ours["Parameters"]), names(&theirs["Parameters"]))
    };
    let (ours, theirs) = listed("GetParametersByPath", by_path.clone()).await;
    assert_eq!(
        (ours.as_slice(), theirs),
        (all.map(String::from).as_slice(), vec!["/prod/a".to_owned(), "/prod/z".to_owned()])
    );
    let (ours, theirs) = listed("DescribeParameters", json!({})).await;
    assert_eq!((ours.len(), theirs), (5, vec!["/prod/a".to_owned(), "/prod/z".to_owned()]));

    // The page is one of what there is: its place in the list doesn't depend on who reads.
    let page = json!({ "Path": "/prod", "Recursive": true, "MaxResults": 2 });
    let first = careful.call("GetParametersByPath", page.clone()).await.ok();
    assert_eq!(names(&first["Parameters"]), ["/prod/a"]);
    let mut next = page;
    next["NextToken"] = first["NextToken"].clone();
    let second = careful.call("GetParametersByPath", next.clone()).await.ok();
    assert_eq!(names(&second["Parameters"]), [""; 0]);
    next["NextToken"] = second["NextToken"].clone();
    assert_eq!(names(&careful.call("GetParametersByPath", next).await.ok()["Parameters"]), ["/prod/z"]);
    // What is denied is not decrypted either.
    app.put_secure("/prod/secret/s", "v", "Standard").await.ok();
    let before = app.kms.seen().len();
    let decrypted = json!({ "Path": "/prod", "Recursive": true, "WithDecryption": true });
    careful.call("GetParametersByPath", decrypted).await.ok();
    assert_eq!(app.kms.seen().len(), before);
}

#[tokio::test]
async fn access_to_a_path_is_access_to_all_below_where_nothing_is_denied() {
    let app = App::start().await;
    app.put("/prod/a/b/c", "v").await;
    let prod = app.client.with_key("AKIAPROD");
    let read = prod.call("GetParametersByPath", json!({ "Path": "/prod", "Recursive": true })).await.ok();
    assert_eq!(names(&read["Parameters"]), ["/prod/a/b/c"]);
}
