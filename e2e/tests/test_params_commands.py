"""`keywright params export` and `import`, and `keywright exec`, on a running stack."""

import json
import os
import pty
import signal
import subprocess
import sys
import uuid

import pytest
import yaml
from local_server import Handler, LocalServer
from stack import AWS, BINARY, Stack, wait_for

SECRET = "hunter2-$`'\"\\ ü\nsecond line"


@pytest.fixture(scope="module")
def stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture
def root():
    return f"/commands/{uuid.uuid4().hex[:10]}"


@pytest.fixture
def ssm(stack):
    return stack.client("ssm")


def keywright(stack, *words, expect=0, input=None, **variables):
    done = subprocess.run([BINARY, *words], env=stack.environment(**variables), input=input, text=True,
                          capture_output=True, timeout=120)
    assert done.returncode == expect, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def values(ssm, root):
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=root, Recursive=True, WithDecryption=True)
    return {p["Name"].removeprefix(root + "/"): p for page in pages for p in page["Parameters"]}


def put(ssm, root, **named):
    for name, value in named.items():
        kind = "SecureString" if value == SECRET else "String"
        ssm.put_parameter(Name=f"{root}/{name.replace('__', '/')}", Value=value, Type=kind)


def test_a_dotenv_file_is_imported_once_and_again_changes_nothing(stack, ssm, root, tmp_path):
    file = tmp_path / "app.env"
    file.write_text("# config\nexport URL=http://x # there\nPASSWORD=\"hunter2 \\$x\\n2\"\nLEVEL='it is \"info\"'\n")
    would = keywright(stack, "params", "import", str(file), "--path", root, "--dry-run").stdout
    assert would.splitlines() == [f"+ {root}/LEVEL (SecureString)", f"+ {root}/PASSWORD (SecureString)",
                                  f"+ {root}/URL (SecureString)", "3 to add, 0 to change, 0 to delete, 0 unchanged"]
    assert values(ssm, root) == {}
    said = keywright(stack, "params", "import", str(file), "--path", root)
    assert said.stdout == "keywright: 3 added, 0 changed, 0 unchanged\n" and said.stderr == ""
    found = values(ssm, root)
    assert {name: p["Value"] for name, p in found.items()} == {
        "URL": "http://x", "PASSWORD": "hunter2 $x\n2", "LEVEL": 'it is "info"'}
    assert "is as in" in keywright(stack, "params", "import", str(file), "--path", root).stdout
    assert all(p["Version"] == 1 for p in values(ssm, root).values())


def test_what_is_there_is_changed_only_when_it_is_asked_for(stack, ssm, root):
    put(ssm, root, level="info", password=SECRET, same="x")
    text = json.dumps({"level": "debug", "password": "another secret", "same": "x", "new": "n"})
    asked = ["params", "import", "-", "--path", root]
    refused = keywright(stack, *asked, input=text, expect=1).stderr
    assert f"{root}/level" in refused and "--overwrite" in refused and "2 parameters are there" in refused
    assert set(values(ssm, root)) == {"level", "password", "same"}

    shown = keywright(stack, *asked, "--type", "String", "--dry-run", input=text).stdout
    assert f'~ {root}/level (String): "info" -> "debug"' in shown and f'+ {root}/new (String) = "n"' in shown
    assert f"~ {root}/password (String): value, type SecureString -> String" in shown and f"= {root}/same" in shown
    assert "another secret" not in shown and "hunter2" not in shown
    assert "another secret" in keywright(stack, *asked, "--dry-run", "--show-values", input=text).stdout

    assert "1 added, 2 changed, 1 unchanged" in keywright(stack, *asked, "--overwrite", input=text).stdout
    found = values(ssm, root)
    assert {n: (p["Value"], p["Type"], p["Version"]) for n, p in found.items()} == {
        "level": ("debug", "String", 2), "password": ("another secret", "SecureString", 2), "same": ("x", "String", 1),
        "new": ("n", "SecureString", 1)}


def test_a_changed_secret_stays_under_its_key(stack, ssm, root):
    key = stack.client("kms").create_key()["KeyMetadata"]["Arn"]
    other = stack.client("kms").create_key()["KeyMetadata"]["Arn"]
    ssm.put_parameter(Name=f"{root}/a", Value="1", Type="SecureString", KeyId=key)

    def key_of(name):
        return ssm.get_parameter_history(Name=f"{root}/{name}")["Parameters"][-1]["KeyId"]
    keywright(stack, "params", "import", "-", "--path", root, "--overwrite", input='{"a": "2"}')
    assert key_of("a") == key
    keywright(stack, "params", "import", "-", "--path", root, "--overwrite", "--key-id", other, input='{"a": "2", "b": "x"}')
    assert key_of("a") == other and key_of("b") == other


@pytest.mark.parametrize("format", ["json", "yaml"])
def test_the_full_form_brings_all_of_a_parameter_elsewhere(stack, ssm, root, format, tmp_path):
    key = stack.client("kms").create_key()["KeyMetadata"]["Arn"]
    ssm.put_parameter(Name=f"{root}/from/db/password", Value=SECRET, Type="SecureString", KeyId=key, Description="a: 'b'",
                      Tags=[{"Key": "team", "Value": "blue: x @1"}, {"Key": "stage", "Value": "prod"}])
    ssm.put_parameter(Name=f"{root}/from/long", Value="x" * 5000, Type="StringList", Tier="Advanced", AllowedPattern="^x+$")
    file = tmp_path / f"all.{format}"
    exported = ["params", "export", "--path", f"{root}/from", "--format", format, "--with-types", "--output", str(file)]
    keywright(stack, *exported)
    assert file.stat().st_mode & 0o777 == 0o600 and [each.name for each in tmp_path.iterdir()] == [file.name]
    read = (json if format == "json" else yaml).load(file.open(), **({} if format == "json" else {"Loader": yaml.SafeLoader}))
    assert {p["name"] for p in read["parameters"]} == {"db/password", "long"}

    keywright(stack, "params", "import", str(file), "--path", f"{root}/to")
    assert "is as in" in keywright(stack, "params", "import", str(file), "--path", f"{root}/to").stdout
    described = ssm.describe_parameters(ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": [f"{root}/to"]}])
    password, long = described["Parameters"]
    assert (password["KeyId"], password["Description"], password["Tier"]) == (key, "a: 'b'", "Standard")
    assert (long["Tier"], long["Type"], long["AllowedPattern"]) == ("Advanced", "StringList", "^x+$")
    found = values(ssm, f"{root}/to")
    assert found["db/password"]["Value"] == SECRET and len(found["long"]["Value"]) == 5000
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=f"{root}/to/db/password")["TagList"]
    assert {t["Key"]: t["Value"] for t in tags} == {"team": "blue: x @1", "stage": "prod"}

    # What was changed there goes back, the tags and the description too, without a version where only tags differ.
    about = {"ResourceType": "Parameter", "ResourceId": f"{root}/to/db/password"}
    ssm.add_tags_to_resource(**about, Tags=[{"Key": "team", "Value": "red"}, {"Key": "more", "Value": "x"}])
    ssm.put_parameter(Name=f"{root}/to/long", Value="xx", Overwrite=True, Description="new")
    shown = keywright(stack, "params", "import", str(file), "--path", f"{root}/to", "--dry-run").stdout
    assert f"~ {root}/to/db/password (SecureString): tags" in shown and "description" in shown
    keywright(stack, "params", "import", str(file), "--path", f"{root}/to", "--overwrite")
    assert len(ssm.list_tags_for_resource(**about)["TagList"]) == 2
    assert values(ssm, f"{root}/to")["db/password"]["Version"] == 1
    assert "is as in" in keywright(stack, "params", "import", str(file), "--path", f"{root}/to").stdout


@pytest.mark.parametrize("format", ["dotenv", "json", "yaml", "aws-json"])
def test_what_is_exported_is_imported_unchanged(stack, ssm, root, format):
    put(ssm, root, a="plain", db__password=SECRET, db__url="postgres://u:p@h/d?x=1#f", yes="NO", number="0777", ws=" x ")
    text = keywright(stack, "params", "export", "--path", root, "--format", format).stdout
    arguments = [] if format == "aws-json" else ["--format", format]
    again = keywright(stack, "params", "import", "-", "--path", root, *arguments, input=text).stdout
    assert "is as in" in again
    # The format is told by the content, too.
    assert "is as in" in keywright(stack, "params", "import", "-", "--path", root, input=text).stdout
    if format == "json":
        assert json.loads(text)["db/password"] == SECRET
    if format == "yaml":
        assert yaml.safe_load(text) == {name: p["Value"] for name, p in values(ssm, root).items()}
    if format == "aws-json":
        assert json.loads(text)["Parameters"] == json.loads(stack.aws(
            "ssm", "get-parameters-by-path", "--path", root, "--recursive", "--with-decryption"))["Parameters"]


def test_a_dotenv_export_is_what_a_shell_reads(stack, ssm, root, tmp_path):
    put(ssm, root, a="plain", quoted="it's $x \"y\"", list="two words")
    file = tmp_path / "app.env"
    keywright(stack, "params", "export", "--path", root, "--output", str(file))
    shown = subprocess.run(["bash", "-c", f"set -a; source {file}; printenv A QUOTED LIST"], capture_output=True, text=True)
    assert shown.stdout == "plain\nit's $x \"y\"\ntwo words\n", shown.stderr


def test_the_output_of_the_aws_cli_is_piped_into_another_path(stack, ssm, root):
    put(ssm, f"{root}/prod", db__url="x", db__password=SECRET)
    environment = stack.environment()
    words = ["ssm", "get-parameters-by-path", "--path", f"{root}/prod", "--recursive", "--output", "json"]
    into = [BINARY, "params", "import", "-", "--path", f"{root}/staging", "--from-path", f"{root}/prod"]

    def piped(*more):
        source = subprocess.Popen([AWS, *words, *more], env=environment, stdout=subprocess.PIPE)
        done = subprocess.run(into, env=environment, stdin=source.stdout, capture_output=True, text=True, timeout=60)
        source.stdout.close()
        assert source.wait(timeout=30) == 0
        return done
    sealed = piped()
    assert sealed.returncode == 1 and "--with-decryption" in sealed.stderr and values(ssm, f"{root}/staging") == {}
    done = piped("--with-decryption")
    assert done.returncode == 0 and "2 added" in done.stdout, done.stderr
    found = values(ssm, f"{root}/staging")
    assert {n: (p["Value"], p["Type"]) for n, p in found.items()} == {
        "db/url": ("x", "String"), "db/password": (SECRET, "SecureString")}
    elsewhere = keywright(stack, "params", "import", "-", "--path", f"{root}/staging", expect=1,
                          input=stack.aws("ssm", "get-parameters", "--names", f"{root}/prod/db/url")).stderr
    assert f"{root}/prod/db/url: it is not below {root}/staging" in elsewhere


def test_what_chamber_exports_is_imported(stack, ssm, root):
    keywright(stack, "params", "import", "-", "--path", root, "--format", "chamber", input='{"db_password":"x","db_url":"y"}\n')
    assert {n: (p["Value"], p["Type"]) for n, p in values(ssm, root).items()} == {
        "db_password": ("x", "SecureString"), "db_url": ("y", "SecureString")}


def test_prune_deletes_what_the_file_does_not_have(stack, ssm, root):
    put(ssm, root, keep="x", gone="y", deep__gone="z")
    words = ["params", "import", "-", "--path", root, "--prune"]
    shown = keywright(stack, *words, "--dry-run", input='{"keep": "x"}').stdout
    assert f"- {root}/gone" in shown and f"- {root}/deep/gone" in shown and len(values(ssm, root)) == 3
    assert "2 deleted" in keywright(stack, *words, input='{"keep": "x"}').stdout
    assert set(values(ssm, root)) == {"keep"}
    # As when what should have written the file has failed.
    refused = keywright(stack, *words, "--format", "dotenv", input="", expect=1)
    assert "would delete all" in refused.stderr and set(values(ssm, root)) == {"keep"}


@pytest.mark.parametrize("text, part", [
    ("A=1\nhunter2\n", "at line 2"),
    ("A=1\nA=hunter2\n", "A (line 2): it is there twice, first as A (line 1)"),
    ("A-B=\n", "it is empty"),
    ('{"a": "hunter2", "a": "hunter2"}', "a: it is there twice"),
    ('{"a": "hunter2"', "it is not JSON"),
    ('{"a b": "hunter2"}', "a name has letters"),
    ('{"a\\u001b[2J": "hunter2"}', "a\ufffd[2J: a name has letters"),
    ('{"a": ["hunter2"]}', "it is a list"),
    ('{"ssm": {"a": "hunter2"}}', None),
    ("a: &x hunter2\nb: *x\n", "an alias"),
    ("hunter2", "give --format"),
    ("\x00hunter2", "is not text"),
    (json.dumps({"a": "hunter2" * 700}), "it has 4900 bytes, and 4096 are the most; give --tier Advanced"),
])
def test_what_cannot_be_is_told_without_the_value(stack, ssm, root, text, part):
    done = keywright(stack, "params", "import", "-", "--path", root, input=text, expect=1 if part else 0)
    assert "hunter2" not in done.stderr and (part or "") in done.stderr
    assert bool(values(ssm, root)) == (part is None)


def test_a_failure_halfway_says_what_was_written_and_what_was_not(stack, ssm, root):
    iam, user = stack.client("iam"), f"u{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=user)
    arn = f"arn:aws:ssm:{stack.region}:000000000000:parameter{root}"
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "ssm:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "ssm:PutParameter", "Resource": f"{arn}/p20"}]}))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    who = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    text = json.dumps({f"p{n:02}": "hunter2" for n in range(60)})
    words = ["params", "import", "-", "--path", root, "--type", "String"]
    done = keywright(stack, *words, input=text, expect=3, **who)
    written = len(values(ssm, root))
    assert 20 <= written < 59
    assert f"{written} of 60 were written; failed:\n  {root}/p20: PutParameter was refused: AccessDeniedException" in done.stderr
    assert f"left as before:\n" in done.stderr and f"\n  {root}/p59" in done.stderr and "hunter2" not in done.stderr
    # Once it may, the rest is written, and nothing twice.
    assert f"{60 - written} added, 0 changed, {written} unchanged" in keywright(stack, *words, input=text).stdout
    assert {p["Version"] for p in values(ssm, root).values()} == {1}
    nothing = keywright(stack, *words, input='{"p20": "other"}', expect=1, **who)
    assert "give --overwrite" in nothing.stderr


def test_throttling_is_waited_out(root, tmp_path):
    """By a server that refuses each call at first."""
    seen = {}

    class Busy(Handler):
        def do_POST(self):
            body = self.body()
            count = seen[body] = seen.get(body, 0) + 1
            operation = self.headers["x-amz-target"]
            status, answer = 200, {"Parameters": []} if "ByPath" in operation else {"Version": 1, "Tier": "Standard"}
            if count < 3:
                status, answer = 400, {"__type": "ThrottlingException", "message": "Rate exceeded"}
            self.answer(status, json.dumps(answer).encode())

    with LocalServer(Busy) as server:
        environment = {"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": server.url,
                       "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x"}
        done = subprocess.run([BINARY, "params", "import", "-", "--path", root], input='{"a": "1", "b": "2"}', text=True,
                              env=environment, capture_output=True, timeout=60)
        assert "2 added" in done.stdout, done.stderr
        assert list(seen.values()) == [3, 3, 3]


def test_an_export_replaces_only_a_regular_file(stack, ssm, root, tmp_path):
    put(ssm, root, a="x")
    (tmp_path / "real").write_text("as it was")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for output in (tmp_path / "link", tmp_path):
        refused = keywright(stack, "params", "export", "--path", root, "--output", str(output), expect=1)
        assert "not a regular file" in refused.stderr
    assert (tmp_path / "real").read_text() == "as it was"
    missing = keywright(stack, "params", "export", "--path", f"{root}/none", "--output", str(tmp_path / "real"), expect=1)
    assert f"there is no parameter below {root}/none" in missing.stderr
    assert (tmp_path / "real").read_text() == "as it was"
    keywright(stack, "params", "export", "--path", root, "--output", str(tmp_path / "real"))
    assert (tmp_path / "real").read_text() == "A=x\n"


def test_progress_is_shown_on_a_terminal_alone(stack, ssm, root):
    text = json.dumps({f"p{n:03}": "x" for n in range(100)})
    ours, theirs = pty.openpty()
    done = subprocess.run([BINARY, "params", "import", "-", "--path", root], env=stack.environment(TERM="xterm"), input=text,
                          text=True, stdout=subprocess.PIPE, stderr=theirs, timeout=60)
    os.close(theirs)
    assert done.returncode == 0 and "\x1b" not in done.stdout
    assert b"writing [" in os.read(ours, 100_000)
    os.close(ours)


def show(*names):
    code = f"import os, json; print(json.dumps({{n: os.environ.get(n) for n in {names!r}}}))"
    return ["--", sys.executable, "-c", code]


def test_a_program_gets_the_parameters_as_its_environment(stack, ssm, root):
    put(ssm, f"{root}/app", url="x", db__pass_word=SECRET)
    ssm.put_parameter(Name=f"{root}/app/feature.a-b", Value="on", Type="String")
    out = keywright(stack, "exec", "--path", f"{root}/app", *show("URL", "DB_PASS_WORD", "FEATURE_A_B", "AWS_REGION")).stdout
    assert json.loads(out) == {"URL": "x", "DB_PASS_WORD": SECRET, "FEATURE_A_B": "on", "AWS_REGION": "us-east-1"}
    out = keywright(stack, "exec", "--path", f"{root}/app", "--keep-case", "--prefix", "APP_", "--one-level",
                    *show("APP_url", "APP_db_pass_word", "URL")).stdout
    assert json.loads(out) == {"APP_url": "x", "APP_db_pass_word": None, "URL": None}


def test_a_pristine_program_gets_nothing_else(stack, ssm, root):
    put(ssm, root, url="x")
    out = keywright(stack, "exec", "--path", root, "--pristine", "--", "env").stdout
    assert out == "URL=x\n"


def test_later_paths_win_and_collisions_are_named(stack, ssm, root):
    put(ssm, f"{root}/base", url="1", level="info")
    put(ssm, f"{root}/app", url="2")
    done = keywright(stack, "exec", "--path", f"{root}/base", "--path", f"{root}/app", *show("URL", "LEVEL"))
    assert json.loads(done.stdout) == {"URL": "2", "LEVEL": "info"}
    assert done.stderr == f"keywright: warning: URL is {root}/app/url, not {root}/base/url\n"
    ssm.put_parameter(Name=f"{root}/app/URL", Value="3", Type="String")
    refused = keywright(stack, "exec", "--path", f"{root}/app", "--", "echo", "started", expect=125)
    assert f"{root}/app/URL and {root}/app/url would both be the variable URL" in refused.stderr and refused.stdout == ""


def test_the_program_takes_our_place(stack, ssm, root, tmp_path):
    put(ssm, root, a="x")
    assert keywright(stack, "exec", "--path", root, "--", "sh", "-c", "exit 42", expect=42).stdout == ""
    program = subprocess.Popen([BINARY, "exec", "--path", root, "--", "sh", "-c", "trap 'echo told; exit 7' TERM; echo $$; while :; do sleep 0.05; done"],
                               env=stack.environment(), stdout=subprocess.PIPE, text=True)
    assert int(program.stdout.readline()) == program.pid
    program.send_signal(signal.SIGTERM)
    assert program.stdout.read() == "told\n" and program.wait(timeout=10) == 7
    killed = subprocess.Popen([BINARY, "exec", "--path", root, "--", "sleep", "60"], env=stack.environment())
    wait_for("the program", 10, lambda: os.readlink(f"/proc/{killed.pid}/exe").endswith("sleep"))
    killed.kill()
    assert killed.wait(timeout=10) == -signal.SIGKILL


def test_nothing_is_started_when_anything_is_wrong(stack, ssm, root, tmp_path):
    put(ssm, root, a="x")
    started = ["--", "touch", str(tmp_path / "started")]
    missing = keywright(stack, "exec", "--path", root, "--path", f"{root}/none", *started, expect=125)
    assert f"there is no parameter below {root}/none" in missing.stderr
    refused = keywright(stack, "exec", "--path", root, *started, expect=125, AWS_SECRET_ACCESS_KEY="wrong")
    assert "InvalidSignatureException" in refused.stderr
    unreachable = keywright(stack, "exec", "--path", root, *started, expect=125, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert "cannot be reached" in unreachable.stderr
    assert list(tmp_path.iterdir()) == []
    assert keywright(stack, "exec", "--path", root, "--", "no-such-program", expect=127).stderr.startswith("keywright: no-such-program")
    (tmp_path / "text").write_text("no program")
    keywright(stack, "exec", "--path", root, "--", str(tmp_path / "text"), expect=126)
    assert keywright(stack, "exec", "--path", f"{root}/none", "--allow-empty", "--", "echo", "yes").stdout == "yes\n"


def test_temporary_credentials_and_denied_keys_are_heeded(stack, ssm, root):
    key = stack.client("kms").create_key()["KeyMetadata"]["Arn"]
    put(ssm, root, plain="x")
    iam, role = stack.client("iam"), f"r{uuid.uuid4().hex[:8]}"
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]}
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "ssm:GetParametersByPath", "Resource": "*"}]}))
    session = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    who = {"AWS_ACCESS_KEY_ID": session["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
           "AWS_SESSION_TOKEN": session["SessionToken"]}
    assert keywright(stack, "exec", "--path", root, "--", "printenv", "PLAIN", **who).stdout == "x\n"
    ssm.put_parameter(Name=f"{root}/secret", Value=SECRET, Type="SecureString", KeyId=key)
    refused = keywright(stack, "exec", "--path", root, "--", "printenv", "PLAIN", expect=125, **who)
    assert "AccessDeniedException" in refused.stderr and "kms:Decrypt" in refused.stderr and refused.stdout == ""
