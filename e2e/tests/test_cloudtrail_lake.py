"""CloudTrail Lake and the trail through official clients: event data stores, queries, what tools ask of trails; and the
commands that ask by them."""

import json
import time
import uuid

import pytest
import service_model
from botocore.exceptions import ClientError
from model_checks import ModelChecks
from stack import wait_for

CLOUDTRAIL = service_model.model("cloudtrail")
CHECKS = ModelChecks(CLOUDTRAIL)
LAKE = ["CancelQuery", "CreateEventDataStore", "DeleteEventDataStore", "DescribeQuery", "GetEventDataStore",
        "GetQueryResults", "ListEventDataStores", "ListQueries", "RestoreEventDataStore", "StartQuery",
        "UpdateEventDataStore"]
TRAILS = ["DescribeTrails", "GetEventSelectors", "GetInsightSelectors", "GetTrail", "GetTrailStatus", "ListTags", "ListTrails"]


def code(error):
    return error.value.response["Error"]["Code"]


@pytest.fixture(scope="module")
def cloudtrail(stack):
    return stack.client("cloudtrail")


@pytest.fixture(scope="module")
def store(cloudtrail):
    """The id of the store that every account has."""
    stores = cloudtrail.list_event_data_stores()["EventDataStores"]
    return next(each for each in stores if each["Name"] == "default")["EventDataStoreArn"].rsplit("/", 1)[1]


@pytest.fixture(scope="module")
def key(stack):
    """A key that was used twice, and once refused."""
    kms = stack.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    for _ in range(2):
        kms.generate_data_key(KeyId=arn, KeySpec="AES_256")
    kms.disable_key(KeyId=arn)
    with pytest.raises(ClientError):
        kms.generate_data_key(KeyId=arn, KeySpec="AES_256")
    return arn


def run(cloudtrail, statement):
    query = cloudtrail.start_query(QueryStatement=statement)["QueryId"]

    def ended():
        found = cloudtrail.get_query_results(QueryId=query)
        return found if found["QueryStatus"] not in ("QUEUED", "RUNNING") else None
    found = wait_for("the query", 30, ended)
    assert found["QueryStatus"] == "FINISHED", found
    return [[value for cell in row for value in cell.values()] for row in found["QueryResultRows"]]


def test_a_query_finds_what_was_just_done(cloudtrail, store, key):
    statement = (f"SELECT eventName, count(*) AS calls, count_if(errorCode IS NOT NULL) FROM {store} WHERE "
                 f"eventTime > date_add('hour', -1, now()) AND resources[1].ARN = '{key}' AND eventName LIKE 'Generate%' "
                 "GROUP BY 1")
    wait_for("the events", 30, lambda: run(cloudtrail, statement) == [["GenerateDataKey", "3", "1"]] or None)


def test_fields_are_found_by_the_names_that_aws_gives_them(cloudtrail, store, key):
    statement = (f"SELECT eventTime, userIdentity.username, element_at(requestParameters, 'keyId'), eventCategory, "
                 f"json_extract_scalar(eventJson, '$.eventID') = eventID FROM {store} WHERE element_at(requestParameters, "
                 f"'keyId') = '{key}' AND eventName = 'DisableKey'")
    rows = wait_for("the event", 30, lambda: run(cloudtrail, statement) or None)
    assert rows[0][1:] == ["admin", key, "Management", "true"]
    assert time.strptime(rows[0][0], "%Y-%m-%d %H:%M:%S.000")


def test_the_aws_cli_runs_queries(stack, store):
    query = json.loads(stack.aws("cloudtrail", "start-query", "--query-statement",
                                 f"SELECT eventSource, count(*) FROM {store} GROUP BY eventSource", "--output", "json"))["QueryId"]

    def ended():
        found = json.loads(stack.aws("cloudtrail", "get-query-results", "--query-id", query, "--output", "json"))
        return found if found["QueryStatus"] == "FINISHED" else None
    assert "kms.amazonaws.com" in json.dumps(wait_for("the query", 30, ended)["QueryResultRows"])
    described = json.loads(stack.aws("cloudtrail", "describe-query", "--query-id", query, "--output", "json"))
    assert described["QueryStatus"] == "FINISHED"


@pytest.mark.parametrize("statement", [
    "DROP TABLE events", "SELECT pg_sleep(1) FROM {store}", "SELECT * FROM pg_catalog.pg_authid", "SELECT 1; SELECT 2",
    "SELECT set_config('a', 'b', true) FROM {store}", "WITH x AS (DELETE FROM events RETURNING *) SELECT * FROM x"])
def test_nothing_but_a_select_of_events_is_run(cloudtrail, store, statement):
    with pytest.raises(ClientError) as refused:
        cloudtrail.start_query(QueryStatement=statement.format(store=store))
    assert code(refused) in ("InvalidQueryStatementException", "EventDataStoreNotFoundException")


def test_a_store_of_ones_own_selects(cloudtrail, key):
    selectors = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]},
                                     {"Field": "eventName", "StartsWith": ["Disable"]}]}]
    made = cloudtrail.create_event_data_store(Name=f"own-{uuid.uuid4()}", AdvancedEventSelectors=selectors,
                                              TerminationProtectionEnabled=False)["EventDataStoreArn"]
    names = wait_for("the event", 30,
                     lambda: run(cloudtrail, f"SELECT DISTINCT eventName FROM {made.rsplit('/', 1)[1]}") or None)
    assert all(name.startswith("Disable") for [name] in names)
    cloudtrail.delete_event_data_store(EventDataStore=made)


def test_tools_are_told_of_the_trail(cloudtrail):
    trail = cloudtrail.describe_trails()["trailList"][0]
    assert trail["IsMultiRegionTrail"] and trail["Name"] == "keywright"
    assert cloudtrail.get_trail_status(Name=trail["TrailARN"])["IsLogging"]
    assert cloudtrail.get_event_selectors(TrailName="keywright")["EventSelectors"][0]["ReadWriteType"] == "All"
    with pytest.raises(ClientError) as refused:
        cloudtrail.stop_logging(Name="keywright")
    assert code(refused) == "UnsupportedOperationException"


@pytest.mark.parametrize("operation", LAKE + TRAILS)
def test_every_member_of_the_input_is_read(stack, operation):
    assert CHECKS.unread(stack, operation) == []


@pytest.mark.parametrize("operation", LAKE)
def test_every_constraint_of_the_input_is_enforced(stack, operation):
    assert CHECKS.unenforced(stack, operation) == []
