"""The stack of docker-compose.yml without Docker: the same binaries with the same environment, as processes."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path
from random import SystemRandom
from urllib.parse import unquote, urlsplit

import plain_http
from compose import Compose
from gate import Gate
from repository import JOURNALED, SERVICES, port_of
from stack import BINARY, Stack, wait_for


class Processes(Stack):
    """Each service of the compose file on ports of its own, on the test's Postgres and Kafka."""

    def __init__(self, brokers, postgres):
        super().__init__(brokers)
        self.server = server_of(postgres)
        self.prefix = f"e2e_{uuid.uuid4().hex[:8]}_"
        volumes = self.directory / "volumes"
        volumes.mkdir()
        self.compose = Compose(self.directory / "checkout", volumes)
        self.ports = {name: {"api": free_port(), "ops": free_port()} for name in SERVICES}
        behind = (self.server["PGHOST"], int(self.server["PGPORT"]))
        # Each service's own way to Postgres.
        self.gates = {name: Gate(free_port(), behind) for name in JOURNALED}
        self.running = {}
        self.replicas = {}
        self.credentials_file = volumes / "identity/admin-credentials.env"

    def start(self):
        self.compose.make_databases(self.server, self.prefix)
        front = self.compose.checkout / "deploy/compose/front.toml"
        front.write_text(self.on_this_machine(front.read_text()))
        # All at once, as Compose starts them.
        for name in SERVICES:
            self.launch(name)
        for name in SERVICES:
            self.wait_until_ready(name)
        region = self.compose.file["x-environment"]["KEYWRIGHT_SERVICE__REGION"]
        self.credentials = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.ports['front']['api']}", "AWS_REGION": region,
                            "AWS_DEFAULT_REGION": region, **exports(self.credentials_file.read_text())}
        return self

    def launch(self, name):
        service = self.replicas.get(name, name)
        with open(self.log_file(name), "ab") as log:
            self.running[name] = subprocess.Popen(
                [Path(BINARY).parent / f"keywright-{service}"], env=self.environment_of(name), cwd=self.directory,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def launch_replica(self, service):
        """Another process of a service, on the same database, with a journal of its own; a maker of clients of it alone."""
        name = f"{service}-replica"
        self.replicas[name] = service
        self.ports[name] = {"api": free_port(), "ops": free_port()}
        self.launch(name)
        self.wait_until_ready(name)
        return lambda: self.client(service, endpoint_url=f"http://127.0.0.1:{self.ports[name]['api']}")

    def environment_of(self, name):
        service = self.replicas.get(name)
        if service is None:
            return self.environment_of_service(name)
        (self.directory / name).mkdir(exist_ok=True)
        ports = self.ports[name]
        return self.environment_of_service(service) | {
            "KEYWRIGHT_SERVICE__LISTEN": f"127.0.0.1:{ports['api']}",
            "KEYWRIGHT_SERVICE__OPS_LISTEN": f"127.0.0.1:{ports['ops']}",
            "KEYWRIGHT_JOURNAL__DIR": str(self.directory / name),
        }

    def environment_of_service(self, name):
        """What the container has; then what its own network, its own Postgres and Kafka make unneeded there."""
        environment = {key: self.on_this_machine(value) for key, value in self.compose.environment(name).items()}
        ports = self.ports[name]
        environment |= {"KEYWRIGHT_SERVICE__LISTEN": f"127.0.0.1:{ports['api']}",
                        "KEYWRIGHT_SERVICE__OPS_LISTEN": f"127.0.0.1:{ports['ops']}"}
        if name in JOURNALED:
            assert environment["KEYWRIGHT_STORE__HOST"] == "postgres"
            assert environment["KEYWRIGHT_KAFKA__BROKERS"] == "kafka:9092"
            environment |= {
                "KEYWRIGHT_STORE__HOST": "127.0.0.1",
                "KEYWRIGHT_STORE__PORT": str(self.gates[name].port),
                "KEYWRIGHT_STORE__DATABASE": self.prefix + environment["KEYWRIGHT_STORE__DATABASE"],
                "KEYWRIGHT_STORE__USER": self.prefix + environment["KEYWRIGHT_STORE__USER"],
                "KEYWRIGHT_KAFKA__BROKERS": self.brokers,
                "KEYWRIGHT_KAFKA__TOPIC": self.topic,
                "KEYWRIGHT_JOURNAL__DIR": self.compose.journal(name),
            }
        if name == "audit":
            environment["KEYWRIGHT_CONSUMER__GROUP"] = self.topic
        return environment

    def on_this_machine(self, text):
        """Addresses of services in the compose network, as those of this machine."""
        def address(url):
            name, port = url[1], int(url[2])
            assert port == port_of(name, "listen")
            return f"http://127.0.0.1:{self.ports[name]['api']}"
        return re.sub(rf"http://({'|'.join(SERVICES)}):(\d+)", address, text)

    def wait_until_ready(self, name):
        def ready():
            status = self.running[name].poll()
            assert status is None, f"keywright-{name} ended with {status}:\n{self.log(name)}"
            return self.probe(name) == 200
        try:
            wait_for(f"{name} ready", 60, ready)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log(name)}") from None

    def probe(self, name):
        """The status of /readyz; none where nobody answers."""
        try:
            return plain_http.get(f"http://127.0.0.1:{self.ports[name]['ops']}/readyz")[0]
        except OSError:
            return None

    def terminate(self, *names):
        """Stops services as an orchestrator does; how each ended, and after how many seconds the last one had."""
        began = time.monotonic()
        for name in names:
            self.running[name].send_signal(signal.SIGTERM)
        ended = {}
        for name in names:
            process = self.running.pop(name)
            try:
                ended[name] = process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                ended[name] = f"killed after 30 s: {self.log(name)}"
        return ended, time.monotonic() - began

    def restart(self, *names):
        ended, _ = self.terminate(*names)
        assert set(ended.values()) == {0}, ended
        self.resume(*names)

    def resume(self, *names):
        for name in names:
            self.launch(name)
        for name in names:
            self.wait_until_ready(name)

    def kill_service(self, name):
        process = self.running.pop(name)
        process.kill()
        process.wait(timeout=30)

    def psql(self, sql):
        command = ["psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "-v", "ON_ERROR_STOP=1",
                   "--dbname", "postgres", "--command", sql]
        done = subprocess.run(command, env=os.environ | self.server, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def remove(self):
        for process in self.running.values():
            process.kill()
            process.wait(timeout=30)
        for gate in self.gates.values():
            gate.shut()
        for name in JOURNALED:
            self.psql(f"DROP DATABASE IF EXISTS {self.prefix}{name} WITH (FORCE)")
            self.psql(f"DROP ROLE IF EXISTS {self.prefix}{name}")
        self.psql(f"DROP ROLE IF EXISTS {self.prefix}audit_queries")
        shutil.rmtree(self.directory, ignore_errors=True)

    def log(self, name=None):
        names = [name] if name else SERVICES
        return "\n".join(self.log_file(name).read_text(errors="replace") for name in names)

    def log_file(self, name):
        return self.directory / f"{name}.log"


def server_of(url):
    """libpq's variables for a Postgres URL."""
    parts = urlsplit(url)
    return {"PGHOST": parts.hostname, "PGPORT": str(parts.port), "PGUSER": unquote(parts.username),
            "PGPASSWORD": unquote(parts.password)}


def exports(text):
    """The variables that a shell has after sourcing such lines."""
    return dict(re.findall(r"^export (\w+)=(\S+)$", text, re.M))


def free_port():
    """Outside the range from which connections get theirs, so that a service that is away for a while finds it free."""
    while True:
        port = SystemRandom().randrange(20_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
