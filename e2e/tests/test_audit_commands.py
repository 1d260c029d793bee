"""The commands that ask the audit trail: tail, query, who-used, report."""

import csv
import io
import json
import signal
import subprocess
import time

import pytest
from stack import BINARY, wait_for


@pytest.fixture(scope="module")
def key(stack):
    """A key with an alias, that was used three times."""
    kms = stack.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/commands", TargetKeyId=arn)
    for _ in range(3):
        kms.generate_data_key(KeyId="alias/commands", KeySpec="AES_256")
    return arn


def audit(stack, *words):
    done = subprocess.run([BINARY, "audit", *words], env=stack.environment(), text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_query_prints_a_table_json_or_csv(stack, key):
    sql = f"SELECT eventName, count(*) AS calls FROM events WHERE resources[1].ARN = '{key}' AND eventName LIKE 'Generate%' GROUP BY 1"
    found = wait_for("the events", 30, lambda: (rows := json.loads(audit(stack, "query", sql, "--json"))) and
                     rows[0]["calls"] == "3" and rows)
    assert found == [{"eventName": "GenerateDataKey", "calls": "3"}]
    assert list(csv.reader(io.StringIO(audit(stack, "query", sql, "--csv")))) == [["eventName", "calls"], ["GenerateDataKey", "3"]]
    assert audit(stack, "query", sql).splitlines()[2].split() == ["GenerateDataKey", "3"]


def test_who_used_a_key_is_told_by_its_alias(stack, key):
    def uses():
        found = json.loads(audit(stack, "who-used", "alias/commands", "--since", "1h", "--json"))
        return [each for each in found if each["operation"] == "GenerateDataKey" and each["allowed"] == 3]
    [use] = wait_for("the uses", 30, uses)
    assert use["principal"].endswith(":user/admin") and use["refused"] == 0
    assert use["first"] <= use["last"]
    assert "GenerateDataKey" in audit(stack, "who-used", key)


def test_a_report_counts_and_prices(stack, key, tmp_path):
    prices = tmp_path / "prices.toml"
    prices.write_text('currency = "EUR"\n[[class]]\nname = "symmetric"\noperations = ["kms:GenerateDataKey"]\nper_10000 = 10000\n')
    wait_for("the events", 30, lambda: key in audit(stack, "report", "--json"))
    report = json.loads(audit(stack, "report", "--prices", str(prices), "--json"))
    [used] = [each for each in report["usage"] if each["class"] == "symmetric"]
    assert used["price"] == pytest.approx(used["requests"]) and used["requests"] >= 3 and report["currency"] == "EUR"
    assert "█" in audit(stack, "report")


def test_tail_shows_each_event_once_and_ends_when_it_is_asked_to(stack, key):
    tail = subprocess.Popen([BINARY, "audit", "tail", "--event-name", "EnableKey", "--json"], env=stack.environment(),
                            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    time.sleep(1)
    for _ in range(3):
        stack.client("kms").enable_key(KeyId=key)
    ids = [json.loads(tail.stdout.readline())["eventID"] for _ in range(3)]
    assert len(set(ids)) == 3
    time.sleep(3)
    tail.send_signal(signal.SIGINT)
    assert tail.stdout.read() == ""
    assert tail.wait(timeout=10) == 0


def test_tail_ends_when_nobody_reads(stack, key):
    tail = subprocess.Popen([BINARY, "audit", "tail", "--since-seconds", "170"], env=stack.environment(), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert "\x1b" not in tail.stdout.readline(), "colours are for terminals"
    tail.stdout.close()

    def ended():
        stack.client("kms").enable_key(KeyId=key)
        return tail.poll() is not None
    wait_for("its end", 30, ended)
    assert tail.returncode == 0, tail.stderr.read()
