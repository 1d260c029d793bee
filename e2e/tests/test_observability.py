"""What operators see: traces over OTLP, logs, probes, metrics."""

import base64
import json
import os
import pty
import re
import secrets
import signal
import threading
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import plain_http
import pytest
from audit import event_of_request, request_id
from botocore.exceptions import ClientError
from local_server import Handler, LocalServer
from stack import Stack, wait_for

OPERATIONS_PAGE = Path(__file__).parents[2] / "docs/operations.md"
SERVER, CLIENT, CONSUMER = 2, 3, 5


class Collector:
    """An OTLP/HTTP receiver that keeps the spans it is sent."""

    def __init__(self):
        self.bodies = []
        collector = self

        class Traces(Handler):
            def do_POST(self):
                body = self.body()
                assert self.path == "/v1/traces" and self.headers["content-type"] == "application/x-protobuf"
                collector.bodies.append(body)
                self.answer(200)

        self.server = LocalServer(Traces)
        self.url = self.server.url

    def close(self):
        self.server.close()

    def spans(self):
        scopes = [scope for body in list(self.bodies) for resource in fields(body, 1) for scope in fields(resource, 2)]
        return [span(data) for scope in scopes for data in fields(scope, 2)]

    def trace(self, trace_id):
        return [span for span in self.spans() if span["trace"] == trace_id]


def decode(message):
    """The (number, value) pairs of a protobuf message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = varint()
        length = {0: None, 1: 8, 5: 4}.get(key & 7, -1)
        if length is None:
            yield key >> 3, varint()
            continue
        length = varint() if length == -1 else length
        yield key >> 3, message[at:at + length]
        at += length


def fields(message, number):
    return [value for found, value in decode(message) if found == number]


def span(data):
    """The members of opentelemetry.proto.trace.v1.Span that the tests look at."""
    found = dict(decode(data))
    attributes = {}
    for pair in fields(data, 9):
        key, value = fields(pair, 1)[0].decode(), next(decode(fields(pair, 2)[0]))[1]
        attributes[key] = value.decode() if isinstance(value, bytes) else value
    return {
        "trace": found[1].hex(), "id": found[2].hex(), "parent": found.get(4, b"").hex(), "name": found[5].decode(),
        "kind": found.get(6, 0), "attributes": attributes,
        "links": [(fields(link, 1)[0].hex(), fields(link, 2)[0].hex()) for link in fields(data, 13)],
    }


@pytest.fixture(scope="module")
def traced(brokers):
    """A stack that exports spans, and their collector."""
    collector = Collector()
    # Each of the two names once.
    variable = "OTEL_EXPORTER_OTLP_ENDPOINT" if brokers else "KEYWRIGHT_TELEMETRY__OTLP_ENDPOINT"
    running = Stack(brokers, environment={variable: collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"})
    try:
        yield running.start(), collector
    finally:
        running.remove()
        collector.close()


def client_in_trace(stack, service, moment):
    """A client that sends a `traceparent`; added before the signature, it is part of what is signed."""
    trace, parent = secrets.token_hex(16), secrets.token_hex(8)
    client = stack.client(service)

    def add(request, **_):
        request.headers["traceparent"] = f"00-{trace}-{parent}-01"
    client.meta.events.register(f"{moment}.{service}", add)
    return client, trace, parent


@pytest.mark.parametrize("moment", ["before-sign", "before-send"])
def test_one_call_is_one_trace_through_all_services(traced, moment):
    stack, collector = traced
    marker, name = secrets.token_hex(12), f"/traced/{secrets.token_hex(4)}"
    stack.client("ssm").put_parameter(Name=name, Value=marker, Type="SecureString")
    ssm, trace, parent = client_in_trace(stack, "ssm", moment)
    answer = ssm.get_parameter(Name=name, WithDecryption=True)
    assert answer["Parameter"]["Value"] == marker

    def of_kind(kind, method, service):
        return [s for s in collector.trace(trace) if s["kind"] == kind and s["attributes"].get("rpc.method") == method
                and s["attributes"].get("rpc.service") == service]

    def complete():
        found = [of_kind(SERVER, "GetParameter", None), of_kind(SERVER, "GetParameter", "ssm"),
                 of_kind(CLIENT, "Decrypt", "kms"), of_kind(SERVER, "Decrypt", "kms")]
        return found if all(found) else None
    (front,), (params,), (call,), (kms,) = wait_for("the spans of the call", 10, complete)
    assert front["parent"] == parent and front["name"] == "front"
    assert front["attributes"]["keywright.route"] == "ssm.us-east-1"
    assert params["parent"] == front["id"] and params["name"] == "GetParameter"
    assert call["parent"] == params["id"] and call["name"] == "Decrypt"
    assert kms["parent"] == call["id"] and kms["name"] == "Decrypt"
    for one in (front, params, call, kms):
        assert one["attributes"]["rpc.system"] == "aws-api"
        assert one["attributes"]["http.response.status_code"] == 200
    assert params["attributes"]["aws.request_id"] == request_id(answer)
    decrypt = event_of_request(stack, "Decrypt", kms["attributes"]["aws.request_id"], 10)
    assert decrypt["requestParameters"]["encryptionContext"]["PARAMETER_ARN"].endswith(name)
    for body in collector.bodies:
        assert marker.encode() not in body and base64.b64encode(marker.encode()) not in body


def test_the_record_carries_the_trace_to_the_consumer(traced):
    stack, collector = traced
    ssm, trace, _ = client_in_trace(stack, "ssm", "before-send")
    name = f"/traced/{secrets.token_hex(4)}"
    answer = ssm.put_parameter(Name=name, Value="v", Type="SecureString")
    event_of_request(stack, "PutParameter", request_id(answer), 10)

    def linked():
        # Those of the services, which record; the front doesn't.
        servers = {(s["trace"], s["id"]) for s in collector.trace(trace)
                   if s["kind"] == SERVER and "aws.request_id" in s["attributes"]}
        links = {link for s in collector.spans() if s["kind"] == CONSUMER for link in s["links"] if link[0] == trace}
        # Spans come in parts: at least those of Parameter Store and of KMS are waited for.
        return {"servers": servers, "links": links} if len(servers) >= 2 and servers <= links else None
    # Through Kafka the trace's context reaches the consumer by the record's header alone.
    wait_for("a consumer's span with links to the recorded requests", 30, linked)


def test_a_refused_call_has_its_code_in_the_span(traced):
    stack, collector = traced
    ssm, trace, _ = client_in_trace(stack, "ssm", "before-send")
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name=f"/absent/{secrets.token_hex(4)}")
    one, = wait_for("the span of the refused call", 10,
                    lambda: [s for s in collector.trace(trace) if s["name"] == "GetParameter"])
    assert one["attributes"]["error.type"] == "ParameterNotFound"
    assert one["attributes"]["http.response.status_code"] == 400


@pytest.fixture(scope="module")
def logged():
    """A stack whose log goes to a file of its own, as it would under a supervisor."""
    running = Stack(environment={"KEYWRIGHT_LOG": "info,keywright_service=debug"})
    with open(running.directory / "stderr.log", "wb") as log:
        running.stderr = log
        try:
            yield running.start()
        finally:
            running.remove()


def log_lines(stack):
    """The log, each line parsed; one that is still being written is left out."""
    text = (stack.directory / "stderr.log").read_text()
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]


def test_logs_are_json_where_no_terminal_is(logged):
    logged.client("sts").get_caller_identity()
    lines = log_lines(logged)
    assert lines, "a start is worth some lines"
    for line in lines:
        assert {"timestamp", "level", "target", "message"} <= line.keys(), line
    assert {"DEBUG", "INFO"} & {line["level"] for line in lines}
    # What is for the person who started it stays as it was.
    assert "export AWS_ENDPOINT_URL=" in logged.log() and not logged.log().lstrip().startswith("{")


def test_a_refused_request_is_logged_at_debug_without_what_it_held(logged):
    marker = secrets.token_hex(12)
    ssm = logged.client("ssm")
    ssm.put_parameter(Name=f"/{marker[:6]}", Value=marker, Type="SecureString")
    with pytest.raises(ClientError) as refused:
        ssm.put_parameter(Name=f"/{marker[:6]}", Value=marker, Type="SecureString")
    id = refused.value.response["ResponseMetadata"]["RequestId"]
    line, = wait_for("the line of the refused request", 5,
                     lambda: [line for line in log_lines(logged) if line.get("request_id") == id])
    assert line["level"] == "DEBUG" and line["operation"] == "PutParameter"
    assert line["code"] == "ParameterAlreadyExists" and line["status"] == 400
    log = (logged.directory / "stderr.log").read_text() + logged.log()
    for secret in (marker, base64.b64encode(marker.encode()).decode(), logged.credentials["AWS_SECRET_ACCESS_KEY"]):
        # The access key is for the person who started it, once.
        assert log.count(secret) == (1 if secret == logged.credentials["AWS_SECRET_ACCESS_KEY"] else 0)


def ops_endpoints(stack):
    endpoints = json.loads((stack.directory / "data/endpoints.json").read_text())
    return {name.removesuffix(".ops"): url for name, url in endpoints.items() if name.endswith(".ops")}


@contextmanager
def frozen_postgres(stack):
    """The stack's own Postgres, stopped with all its processes, and going on afterwards."""
    postmaster = int((stack.directory / "data/postgres/data/postmaster.pid").read_text().split()[0])
    # First the one that would start others.
    os.kill(postmaster, signal.SIGSTOP)
    processes = [postmaster]
    try:
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                if parent == postmaster:
                    os.kill(int(stat.parent.name), signal.SIGSTOP)
                    processes.append(int(stat.parent.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
        yield
    finally:
        for process in processes:
            try:
                os.kill(process, signal.SIGCONT)
            except ProcessLookupError:
                continue


def test_every_service_answers_its_probes(logged):
    services = ops_endpoints(logged)
    assert set(services) == {"front", "identity", "audit", "kms.us-east-1", "params.us-east-1", "secrets.us-east-1"}
    for name, url in services.items():
        for probe, text in (("healthz", "ok\n"), ("readyz", "ready\n")):
            assert plain_http.get(f"{url}/{probe}") == (200, text), (name, probe)


def test_without_its_database_a_service_is_alive_but_not_ready_and_says_why_once(logged):
    kms_ops, kms = ops_endpoints(logged)["kms.us-east-1"], logged.client("kms")
    kms.list_keys()
    with frozen_postgres(logged):
        status, reason = wait_for("not ready", 30, lambda: (a := plain_http.get(f"{kms_ops}/readyz"))[0] != 200 and a)
        assert status == 503 and reason == "the database does not answer in time\n", reason
        assert plain_http.get(f"{kms_ops}/healthz") == (200, "ok\n")
        with pytest.raises(ClientError) as failed:
            kms.create_key(Description="not now")
    wait_for("ready again", 30, lambda: plain_http.get(f"{kms_ops}/readyz")[0] == 200)
    assert kms.create_key()["KeyMetadata"]["KeyState"] == "Enabled"

    answer = failed.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] >= 500
    id = answer["ResponseMetadata"]["RequestId"]
    line, = [line for line in log_lines(logged) if line.get("request_id") == id]
    assert line["level"] == "ERROR" and line["operation"] == "CreateKey" and line["cause"], line
    assert line["code"] == answer["Error"]["Code"], line
    assert re.match(r"[A-Za-z]+: ", line["error"]), line
    assert line["cause"] not in answer["Error"]["Message"]


def parse_metrics(text):
    """Prometheus's text format: the type of each family, and its samples as (name, labels, value)."""
    types, samples = {}, []
    for line in text.splitlines():
        if line.startswith("# HELP "):
            assert len(line.split(" ", 3)) == 4, line
        elif line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert family not in types, f"{family} has two types"
            types[family] = kind
        else:
            found = re.fullmatch(r'([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)', line)
            assert found, line
            labels = dict(re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', found[2] or ""))
            family = re.sub(r"_(bucket|sum|count)$", "", found[1])
            assert found[1] in types or types.get(family) == "histogram", line
            samples.append((found[1], labels, float(found[3])))
    return types, samples


def test_metrics_can_be_read_and_are_documented(logged):
    kms, services = logged.client("kms"), ops_endpoints(logged)
    created = kms.create_key()
    key = created["KeyMetadata"]["KeyId"]
    # Nothing of what was before may still be counted afterwards.
    event_of_request(logged, "CreateKey", request_id(created), 10)

    def read():
        status, text = plain_http.get(f"{services['kms.us-east-1']}/metrics")
        assert status == 200
        return parse_metrics(text)

    def value(samples, name, **labels):
        return sum(v for n, l, v in samples if n == name and labels.items() <= l.items())
    before = read()[1]
    for _ in range(3):
        last = kms.encrypt(KeyId=key, Plaintext=b"x")
    event_of_request(logged, "Encrypt", request_id(last), 10)
    types, after = read()
    for name, labels in [
        ("keywright_requests_total", {"service": "kms", "operation": "Encrypt", "code": "OK"}),
        ("keywright_request_duration_seconds_count", {"service": "kms", "operation": "Encrypt"}),
        ("keywright_journal_appended_entries_total", {"journal": "kms.us-east-1"}),
        ("keywright_front_requests_total", {"route": "kms.us-east-1", "status": "2xx"}),
    ]:
        assert value(after, name, **labels) - value(before, name, **labels) == 3, (name, labels)
    for name in ("keywright_journal_sync_seconds_count", "keywright_audit_batch_seconds_count",
                 "keywright_audit_consumed_entries_total"):
        assert value(after, name) > value(before, name), name
    for name in ("keywright_journal_unacknowledged_entries", "keywright_audit_lag_seconds",
                 "keywright_store_pool_in_use", "keywright_store_pool_waiting"):
        assert name in {sample[0] for sample in after}, name

    buckets = {}
    for name, labels, count in after:
        if name.endswith("_bucket"):
            rest = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
            buckets.setdefault((name.removesuffix("_bucket"), rest), []).append((float(labels["le"]), count))
    for (family, labels), of_it in buckets.items():
        counts = [count for _, count in sorted(of_it)]
        assert counts == sorted(counts) and counts[-1] == value(after, f"{family}_count", **dict(labels)), family

    documented = dict(re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \|", OPERATIONS_PAGE.read_text(), re.M))
    assert {name: kind for name, kind in types.items() if documented.get(name) != kind} == {}


def test_logs_are_for_people_on_a_terminal():
    master, slave = pty.openpty()
    shown = bytearray()

    def read():
        try:
            while chunk := os.read(master, 4096):
                shown.extend(chunk)
        except OSError:  # the other end is closed
            pass
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    running = Stack(environment={"KEYWRIGHT_LOG": "info"}, stderr=slave)
    try:
        running.start()
    finally:
        running.remove()
        os.close(slave)
        reader.join(10)
        os.close(master)
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode())
    lines = [line for line in text.splitlines() if line.strip()]
    assert lines and not any(line.startswith("{") for line in lines), text
    levels = Counter(re.match(r"\S+Z +(INFO|WARN|ERROR) [\w:#]+: ", line) is not None for line in lines)
    assert levels[True] > 0 and levels[False] == 0, text
