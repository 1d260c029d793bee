"""Parameter Store through boto3 and the unmodified AWS CLI: what clients do with parameters, and what they are told."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def root():
    return f"/store/{uuid.uuid4().hex[:10]}"


@pytest.fixture
def ssm(stack):
    return stack.client("ssm")


def refusal(call, **input):
    with pytest.raises(ClientError) as refused:
        call(**input)
    error = refused.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def names(answer):
    return [each["Name"] for each in answer["Parameters"]]


@pytest.mark.parametrize("kind, value", [("String", "blue"), ("StringList", "a,b,c"), ("SecureString", "s3cret ü")])
def test_a_parameter_of_each_type_is_put_and_got(ssm, stack, root, kind, value):
    put = ssm.put_parameter(Name=f"{root}/x", Value=value, Type=kind)
    assert (put["Version"], put["Tier"]) == (1, "Standard")
    found = ssm.get_parameter(Name=f"{root}/x", WithDecryption=True)["Parameter"]
    assert found.pop("LastModifiedDate").year >= 2024
    assert found == {"Name": f"{root}/x", "Type": kind, "Value": value, "Version": 1, "DataType": "text",
                     "ARN": f"arn:aws:ssm:{stack.region}:000000000000:parameter{root}/x"}
    sealed = ssm.get_parameter(Name=f"{root}/x")["Parameter"]["Value"]
    assert (sealed == value) == (kind != "SecureString")


def test_an_overwrite_makes_a_version_and_the_history_keeps_each(ssm, root):
    name = f"{root}/x"
    ssm.put_parameter(Name=name, Value="1", Type="String", Description="first", AllowedPattern=r"^\d$")
    assert refusal(ssm.put_parameter, Name=name, Value="2", Type="String")[0] == "ParameterAlreadyExists"
    assert refusal(ssm.put_parameter, Name=name, Value="two", Overwrite=True)[0] == "ParameterPatternMismatchException"
    assert ssm.put_parameter(Name=name, Value="2", Overwrite=True, Description="second")["Version"] == 2
    assert ssm.put_parameter(Name=name, Value="3", Type="SecureString", Overwrite=True)["Version"] == 3
    pages = ssm.get_paginator("get_parameter_history").paginate(
        Name=name, WithDecryption=True, PaginationConfig={"PageSize": 2})
    history = [each for page in pages for each in page["Parameters"]]
    assert [(h["Version"], h["Value"], h["Type"], h["Description"]) for h in history] == [
        (1, "1", "String", "first"), (2, "2", "String", "second"), (3, "3", "SecureString", "second")]
    assert all(h["LastModifiedUser"].endswith(":user/admin") and h["AllowedPattern"] == r"^\d$" for h in history)
    assert history[2]["KeyId"] == "alias/aws/ssm"
    for selector, value in ((":1", "1"), (":2", "2"), ("", "3")):
        found = ssm.get_parameter(Name=name + selector, WithDecryption=True)["Parameter"]
        assert (found["Name"], found["Value"], found.get("Selector", "")) == (name, value, selector)
    assert refusal(ssm.get_parameter, Name=f"{name}:9")[0] == "ParameterVersionNotFound"


def test_several_are_got_at_once_and_what_is_not_there_is_named(ssm, stack, root):
    for n in range(3):
        ssm.put_parameter(Name=f"{root}/{n}", Value=str(n), Type="String")
    arn = f"arn:aws:ssm:{stack.region}:000000000000:parameter{root}/2"
    found = ssm.get_parameters(Names=[f"{root}/0", f"{root}/gone", f"{root}/1:1", arn])
    assert {p["Value"] for p in found["Parameters"]} == {"0", "1", "2"}
    assert found["InvalidParameters"] == [f"{root}/gone"]
    assert refusal(ssm.get_parameters, Names=[f"{root}/{n}" for n in range(11)])[0] == "ValidationException"


def test_a_path_is_read_on_one_level_or_all_of_them_page_by_page(ssm, root):
    deep = [f"{root}/b/{n:02}" for n in range(12)]
    for name in [f"{root}/a", f"{root}/c", *deep]:
        ssm.put_parameter(Name=name, Value="v", Type="String")
    ssm.put_parameter(Name=f"{root}/d", Value="s", Type="SecureString")
    assert names(ssm.get_parameters_by_path(Path=root)) == [f"{root}/a", f"{root}/c", f"{root}/d"]
    first = ssm.get_parameters_by_path(Path=root, Recursive=True)
    assert len(first["Parameters"]) == 10
    # A parameter that comes in between moves nothing.
    ssm.put_parameter(Name=f"{root}/a/new", Value="v", Type="String")
    second = ssm.get_parameters_by_path(Path=root, Recursive=True, NextToken=first["NextToken"])
    assert names(first) + names(second) == [f"{root}/a", *deep, f"{root}/c", f"{root}/d"]
    assert "NextToken" not in second
    secure = [{"Key": "Type", "Option": "Equals", "Values": ["SecureString"]}]
    found = ssm.get_parameters_by_path(Path=root, Recursive=True, WithDecryption=True, ParameterFilters=secure)
    assert [(p["Name"], p["Value"]) for p in found["Parameters"]] == [(f"{root}/d", "s")]
    assert names(ssm.get_parameters_by_path(Path=f"{root}/nothing")) == []
    assert refusal(ssm.get_parameters_by_path, Path="no-slash")[0] == "ValidationException"


def test_parameters_are_described_without_values(ssm, root):
    ssm.put_parameter(Name=f"{root}/plain", Value="v", Type="String", Description="what it is for")
    ssm.put_parameter(Name=f"{root}/deep/secret", Value="v", Type="SecureString")
    ssm.put_parameter(Name=f"{root}/long", Value="x" * 5000, Type="String", Tier="Advanced")

    def described(*filters):
        pages = ssm.get_paginator("describe_parameters").paginate(
            ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": [root]}, *filters])
        return {each["Name"].removeprefix(root): each for page in pages for each in page["Parameters"]}
    found = described()
    assert set(found) == {"/plain", "/deep/secret", "/long"}
    assert not any("Value" in each for each in found.values())
    assert found["/plain"]["Description"] == "what it is for" and found["/long"]["Tier"] == "Advanced"
    assert found["/deep/secret"]["KeyId"] == "alias/aws/ssm"
    assert set(described({"Key": "Tier", "Values": ["Advanced"]})) == {"/long"}
    assert set(described({"Key": "Type", "Values": ["SecureString"]})) == {"/deep/secret"}
    one_level = [{"Key": "Path", "Option": "OneLevel", "Values": [root]}]
    assert len(ssm.describe_parameters(ParameterFilters=one_level)["Parameters"]) == 2
    named = [{"Key": "Name", "Option": "BeginsWith", "Values": [f"{root}/pl"]}]
    assert names(ssm.describe_parameters(ParameterFilters=named)) == [f"{root}/plain"]


def test_tags_are_added_listed_and_removed(ssm, root):
    name, about = f"{root}/x", {"ResourceType": "Parameter", "ResourceId": f"{root}/x"}
    ssm.put_parameter(Name=name, Value="v", Type="String", Tags=[{"Key": "team", "Value": "blue"}])
    ssm.add_tags_to_resource(**about, Tags=[{"Key": "team", "Value": "red"}, {"Key": "stage", "Value": "prod"}])

    def tags():
        return {tag["Key"]: tag["Value"] for tag in ssm.list_tags_for_resource(**about)["TagList"]}
    assert tags() == {"team": "red", "stage": "prod"}
    ssm.remove_tags_from_resource(**about, TagKeys=["team", "never"])
    assert tags() == {"stage": "prod"}
    code, _, _ = refusal(ssm.put_parameter, Name=name, Value="v", Overwrite=True, Tags=[{"Key": "a", "Value": "b"}])
    assert code == "ValidationException"
    gone = about | {"ResourceId": f"{root}/gone"}
    assert refusal(ssm.list_tags_for_resource, **gone)[0] == "InvalidResourceId"


def test_deleted_parameters_are_gone_with_their_history(ssm, root):
    for n in range(3):
        ssm.put_parameter(Name=f"{root}/{n}", Value="v", Type="String")
    ssm.delete_parameter(Name=f"{root}/0")
    assert refusal(ssm.delete_parameter, Name=f"{root}/0")[0] == "ParameterNotFound"
    done = ssm.delete_parameters(Names=[f"{root}/1", f"{root}/2", f"{root}/gone"])
    assert (sorted(done["DeletedParameters"]), done["InvalidParameters"]) == ([f"{root}/1", f"{root}/2"], [f"{root}/gone"])
    assert refusal(ssm.get_parameter_history, Name=f"{root}/1")[0] == "ParameterNotFound"
    assert ssm.put_parameter(Name=f"{root}/1", Value="v", Type="String")["Version"] == 1


@pytest.mark.parametrize("input, code", [
    ({"Name": "{root}/a b"}, "ValidationException"),
    ({"Name": "no/slash"}, "ValidationException"),
    ({"Name": "aws-x"}, "ValidationException"),
    ({"Name": "/aws/service/x"}, "AccessDeniedException"),
    ({"Name": "/a" * 16}, "HierarchyLevelLimitExceededException"),
    ({"Value": "x" * 4097}, "ValidationException"),
    ({"Value": "x" * 8193, "Tier": "Advanced"}, "ValidationException"),
    ({"Type": "Sealed"}, "ValidationException"),
    ({"DataType": "aws:other"}, "ValidationException"),
    ({"AllowedPattern": "("}, "InvalidAllowedPatternException"),
    ({"KeyId": "alias/nothing", "Type": "SecureString"}, "InvalidKeyId"),
    ({"KeyId": "alias/x"}, "ValidationException"),
])
def test_what_cannot_be_a_parameter_is_refused(ssm, root, input, code):
    whole = {"Name": "{root}/x", "Value": "v", "Type": "String"} | input
    whole["Name"] = whole["Name"].replace("{root}", root)
    found, message, status = refusal(ssm.put_parameter, **whole)
    assert (found, status) == (code, 400), message
    assert whole["Value"] == "v" or whole["Value"] not in message
    assert names(ssm.get_parameters_by_path(Path=root)) == []


def test_what_is_not_there_is_told_by_its_error(ssm, root):
    for call in (ssm.get_parameter, ssm.delete_parameter, ssm.get_parameter_history):
        assert refusal(call, Name=f"{root}/x")[0] == "ParameterNotFound"
    assert refusal(ssm.get_parameters_by_path, Path=root, NextToken="no token")[0] == "InvalidNextToken"
    unknown = [{"Key": "Path", "Option": "Backwards", "Values": [root]}]
    assert refusal(ssm.describe_parameters, ParameterFilters=unknown)[0] == "InvalidFilterOption"


def test_the_aws_cli_does_all_of_it(stack, root, tmp_path):
    def aws(*words, expect=0):
        said = stack.aws("ssm", *words, expect=expect)
        return json.loads(said) if expect == 0 and said else said
    name, secret = f"{root}/db/url", f"{root}/db/password"
    assert aws("put-parameter", "--name", name, "--value", "postgres://db", "--type", "String", "--tags",
               "Key=team,Value=blue") == {"Version": 1, "Tier": "Standard"}
    (tmp_path / "value").write_text("two\nlines")
    aws("put-parameter", "--name", secret, "--value", f"file://{tmp_path}/value", "--type", "SecureString")
    assert aws("put-parameter", "--name", name, "--value", "postgres://other", "--overwrite")["Version"] == 2
    assert "(ParameterAlreadyExists)" in aws("put-parameter", "--name", name, "--value", "x", "--type", "String", expect=255)
    assert aws("get-parameter", "--name", secret, "--with-decryption")["Parameter"]["Value"] == "two\nlines"
    assert aws("get-parameters", "--names", name, "/gone")["InvalidParameters"] == ["/gone"]
    by_path = aws("get-parameters-by-path", "--path", root, "--recursive", "--with-decryption")["Parameters"]
    assert [(p["Name"], p["Value"]) for p in by_path] == [(secret, "two\nlines"), (name, "postgres://other")]
    assert [h["Value"] for h in aws("get-parameter-history", "--name", name)["Parameters"]] == ["postgres://db", "postgres://other"]
    described = aws("describe-parameters", "--parameter-filters", f"Key=Path,Option=Recursive,Values={root}")["Parameters"]
    assert [d["Name"] for d in described] == [secret, name]
    about = ["--resource-type", "Parameter", "--resource-id", name]
    aws("add-tags-to-resource", *about, "--tags", "Key=stage,Value=prod")
    aws("remove-tags-from-resource", *about, "--tag-keys", "team")
    assert aws("list-tags-for-resource", *about) == {"TagList": [{"Key": "stage", "Value": "prod"}]}
    aws("delete-parameter", "--name", name)
    assert aws("delete-parameters", "--names", secret, name) == {"DeletedParameters": [secret], "InvalidParameters": [name]}
    assert "(ParameterNotFound)" in aws("get-parameter", "--name", name, expect=255)
