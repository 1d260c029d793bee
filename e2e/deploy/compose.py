"""The compose file as its containers see it: environment, mounts, addresses. What is a container's own (a name on the network,
a volume, a secret under /run) is given a place on this machine; all else stays as it is written."""

import os
import re
import shutil
import subprocess

import yaml
from repository import ROOT, defaults


class Compose:
    """docker-compose.yml with what it mounts, copied to `checkout`; its volumes are directories of `volumes`."""

    def __init__(self, checkout, volumes):
        self.checkout, self.volumes = checkout, volumes
        for directory in ("scripts", "deploy"):
            ignored = shutil.ignore_patterns("secrets")
            shutil.copytree(ROOT / directory, checkout / directory, ignore=ignored)
        shutil.copy(ROOT / "docker-compose.yml", checkout)
        made = subprocess.run([checkout / "scripts/compose-secrets.sh"], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        self.file = yaml.safe_load((checkout / "docker-compose.yml").read_text())

    def environment(self, name):
        """The environment of a service's container, with paths of this machine."""
        service, environment = self.file["services"][name], {}
        for file in service.get("env_file", []):
            lines = (self.checkout / file).read_text().splitlines()
            environment |= dict(line.split("=", 1) for line in lines)
        environment |= {variable: with_defaults(value) for variable, value in service["environment"].items()}
        return {variable: self.place(name, value) for variable, value in environment.items()}

    def place(self, name, value):
        """A path in the service's container, as one of this machine; any other text as it is."""
        for target, source in self.mounts(name).items():
            if value == target or value.startswith(target + "/"):
                return str(source) + value.removeprefix(target)
        assert not value.startswith("/"), f"{name} has nothing mounted at {value}"
        return value

    def mounts(self, name):
        """What is mounted into a service's container, and from where."""
        service = self.file["services"][name]
        mounts = {f"/run/secrets/{secret}": self.secret(secret) for secret in service["secrets"]}
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            if source.startswith("."):
                mounts[target] = self.checkout / source
            else:
                assert source in self.file["volumes"]
                mounts[target] = self.volumes / source
                mounts[target].mkdir(mode=0o700, exist_ok=True)
        return mounts

    def secret(self, name):
        return self.checkout / self.file["secrets"][name]["file"]

    def journal(self, name):
        """The service's journal, where its defaults have it."""
        return self.place(name, defaults(name)["journal"]["dir"])

    def make_databases(self, server, prefix):
        """Runs what the Postgres container runs at its first start, with names of our own."""
        script = (self.checkout / "deploy/compose/postgres-init.sh").read_text()
        rewritten = script.replace("/run/secrets/", f"{self.checkout}/deploy/compose/secrets/")
        rewritten = rewritten.replace('name="$service"', f'name="{prefix}$service"')
        rewritten = rewritten.replace('service="audit" -v queries="', f'service="{prefix}audit" -v queries="{prefix}')
        assert rewritten.count(prefix) == 3 and "/run/" not in rewritten
        environment = os.environ | server | {"POSTGRES_USER": server["PGUSER"]}
        done = subprocess.run(["bash", "-c", rewritten], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def with_defaults(text):
    """A value as Compose has it where none of the variables that it names is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
