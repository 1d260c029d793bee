"""A `keywright dev` of its own, as a user would start it, and clients for it."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import boto3
from botocore.config import Config

BINARY = os.environ.get("KEYWRIGHT_BIN", str(Path(__file__).parents[2] / "target/debug/keywright"))
AWS = str(Path(__file__).parents[2] / "target/venv/bin/aws")


class Stack:
    """One stack on a directory of its own. `brokers` makes it use a real Kafka, with a topic of its own; `environment`
    has more variables for it, `settings` what its configuration file says; `stderr` takes its log, which is else in one
    file with what it says."""

    def __init__(self, brokers=None, regions="us-east-1", environment=None, settings=None, stderr=None):
        self.directory = Path(tempfile.mkdtemp(prefix="keywright-e2e-"))
        # The user that Postgres runs as must be able to reach its part.
        self.directory.chmod(0o711)
        self.regions = regions
        self.brokers = brokers
        self.variables = environment or {}
        if settings:
            (self.directory / "settings.toml").write_text(settings)
            self.variables = self.variables | {"KEYWRIGHT_CONFIG": str(self.directory / "settings.toml")}
        self.stderr = stderr
        self.topic = f"keywright.audit.e2e-{self.directory.name[-8:]}"
        self.process = None
        self.credentials = {}
        self.output = ""

    def start(self):
        ours = ("AWS_", "KEYWRIGHT_", "KAFKA_", "OTEL_", "RUST_LOG")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        if self.brokers:
            environment["KAFKA_BROKERS"] = self.brokers
            environment["KEYWRIGHT_KAFKA__TOPIC"] = self.topic
        environment |= self.variables
        log = open(self.directory / "dev.log", "ab")
        began = log.tell()
        self.process = subprocess.Popen(
            [BINARY, "dev", "--listen", "127.0.0.1:0", "--data-dir", str(self.directory / "data"), "--regions",
             self.regions],
            stdout=log, stderr=self.stderr or log, env=environment)
        deadline = time.monotonic() + 120
        while True:
            self.output = (self.directory / "dev.log").read_bytes()[began:].decode(errors="replace")
            found = dict(re.findall(r"^\s*export (AWS_\w+)=['\"]?([^'\"\n]+)", self.output, re.M))
            if {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION",
                    "AWS_DEFAULT_REGION"} <= set(found):
                self.credentials = found
                return self
            if self.process.poll() is not None:
                raise AssertionError(f"keywright dev ended with {self.process.returncode}:\n{self.output}")
            if time.monotonic() > deadline:
                raise AssertionError(f"keywright dev was not ready in time:\n{self.output}")
            time.sleep(0.05)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(timeout=60) == 0, self.log()

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=30)

    def remove(self):
        try:
            self.stop()
        finally:
            if self.process and self.process.poll() is None:
                self.kill()
            shutil.rmtree(self.directory, ignore_errors=True)

    def log(self):
        return (self.directory / "dev.log").read_text(errors="replace")

    @property
    def endpoint(self):
        return self.credentials["AWS_ENDPOINT_URL"]

    @property
    def region(self):
        return self.credentials["AWS_REGION"]

    def environment(self, **more):
        """What a user's shell has after `source credentials.env`."""
        base = {"PATH": os.environ["PATH"], "HOME": str(self.directory), "LANG": "C.UTF-8", "AWS_PAGER": ""}
        return base | self.credentials | more

    def client(self, service, **more):
        settings = {
            "endpoint_url": self.endpoint,
            "region_name": self.region,
            "aws_access_key_id": self.credentials["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": self.credentials["AWS_SECRET_ACCESS_KEY"],
            "config": Config(retries={"total_max_attempts": 1}, read_timeout=30),
        }
        return boto3.client(service, **(settings | more))

    def other_account(self, name):
        """Makes another account: its id, and clients as its root user."""
        printed = subprocess.run([BINARY, "admin", "account", "create", name], env=self.environment(), text=True,
                                 capture_output=True, timeout=60, check=True)
        printed = printed.stdout + printed.stderr
        found = dict(re.findall(r"export (\w+)=(\S+)", printed))
        account = re.search(r"made the account (\d{12})", printed).group(1)
        return account, lambda service: self.client(
            service, aws_access_key_id=found["AWS_ACCESS_KEY_ID"], aws_secret_access_key=found["AWS_SECRET_ACCESS_KEY"])

    def aws(self, *words, expect=0, variables=None):
        """Runs the unmodified AWS CLI, with more variables; its text output, stripped."""
        done = subprocess.run([AWS, *words], env=self.environment(**(variables or {})), capture_output=True, text=True, timeout=120)
        assert done.returncode == expect, f"aws {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return (done.stdout if expect == 0 else done.stderr).strip()


def wait_for(what, seconds, condition):
    """Waits for `condition` to give something true; says what it last gave when it doesn't."""
    deadline = time.monotonic() + seconds
    while True:
        last = condition()
        if last:
            return last
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s; last was {last!r}")
        time.sleep(0.02)
