"""Public parameters: what an operator publishes is read by every account, and follows its file."""

import shutil
import tempfile
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from stack import Stack, wait_for

ENTRY = """
[[parameter]]
name = "/aws/service/example/{name}"
value = "{value}"
version = {version}
last_modified = 2026-11-01T12:00:00Z
"""


def publish(directory, *entries):
    (directory / "next").write_text("".join(ENTRY.format(name=name, value=value, version=version)
                                            for name, value, version in entries))
    (directory / "next").rename(directory / "public.toml")


@pytest.fixture(scope="module")
def published():
    directory = Path(tempfile.mkdtemp(prefix="keywright-public-"))
    publish(directory, ("ca/url", "first", 1), ("ca/url", "second", 2), ("id", "7", 1))
    running = Stack(settings=f'[public_parameters]\nfile = "{directory}/public.toml"\n')
    try:
        yield running.start(), directory
    finally:
        running.remove()
        shutil.rmtree(directory, ignore_errors=True)


def test_they_are_read_by_name_version_and_path(published):
    stack, _ = published
    ssm = stack.client("ssm")
    parameter = ssm.get_parameter(Name="/aws/service/example/ca/url")["Parameter"]
    arn = f"arn:aws:ssm:{stack.region}::parameter/aws/service/example/ca/url"
    assert (parameter["Value"], parameter["Version"], parameter["ARN"]) == ("second", 2, arn)
    assert ssm.get_parameter(Name=f"{arn}:1")["Parameter"]["Value"] == "first"
    got = ssm.get_parameters(Names=["/aws/service/example/id", "/aws/service/none"])
    assert [each["Value"] for each in got["Parameters"]] == ["7"] and got["InvalidParameters"] == ["/aws/service/none"]
    by_path = stack.aws("ssm", "get-parameters-by-path", "--path", "/aws/service/example", "--recursive",
                        "--query", "Parameters[].Name", "--output", "text")
    assert by_path.split() == ["/aws/service/example/ca/url", "/aws/service/example/id"]
    history = ssm.get_parameter_history(Name="/aws/service/example/ca/url")["Parameters"]
    assert [version["Value"] for version in history] == ["first", "second"]
    assert ssm.describe_parameters()["Parameters"] == []


def test_nobody_writes_them(published):
    ssm = published[0].client("ssm")
    with pytest.raises(ClientError, match="AccessDeniedException.*reserved parameter name"):
        ssm.put_parameter(Name="/aws/service/example/id", Value="8", Type="String", Overwrite=True)
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.delete_parameter(Name="/aws/service/example/id")


def test_they_follow_their_file(published):
    stack, directory = published
    ssm = stack.client("ssm")
    publish(directory, ("ca/url", "third", 3), ("id", "7", 1))
    wait_for("the third version", 15, lambda: ssm.get_parameter(Name="/aws/service/example/ca/url")["Parameter"]["Version"] == 3)
    (directory / "public.toml").write_text("[[parameter]]\n")
    wait_for("the mistake in the log", 15, lambda: "public parameters stay as they were" in stack.log())
    assert ssm.get_parameter(Name="/aws/service/example/ca/url")["Parameter"]["Value"] == "third"
