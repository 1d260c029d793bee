"""The compose file loads as Docker Compose loads it, and names nothing that is not there."""

import json
import re
import shutil
import stat
from urllib.parse import urlparse

import pytest
from repository import JOURNALED, ROOT, SERVICES, dockerfile_targets, port_of, unknown_settings, unknown_settings_in_file


@pytest.fixture(scope="module")
def checkout(tmp_path_factory, run):
    """What the compose stack needs of the repository, with its secrets made."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copy(ROOT / "docker-compose.yml", root)
    shutil.copy(ROOT / "Dockerfile", root)
    for directory in ["scripts", "deploy"]:
        shutil.copytree(ROOT / directory, root / directory, ignore=shutil.ignore_patterns("secrets"))
    run(root / "scripts/compose-secrets.sh")
    return root


@pytest.fixture(scope="module")
def project(checkout, tools, run):
    return json.loads(run(tools / "composecheck", checkout / "docker-compose.yml"))


def test_it_has_every_service_with_postgres_and_kafka(project):
    assert set(project["services"]) == {*SERVICES, "postgres", "kafka"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_built_from_its_target(project, name):
    build = project["services"][name]["build"]
    assert build["target"] == name
    assert build["target"] in dockerfile_targets()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_told_only_what_it_reads(project, name):
    assert unknown_settings(name, project["services"][name]["environment"]) == []


@pytest.mark.parametrize("name", ["front", "secrets"])
def test_a_services_file_has_only_what_it_reads(project, name):
    assert unknown_settings_in_file(name, (ROOT / f"deploy/compose/{name}.toml").read_text()) == []
    assert project["services"][name]["environment"]["KEYWRIGHT_CONFIG"] == f"/etc/keywright/{name}.toml"


@pytest.mark.parametrize("name", SERVICES)
def test_every_file_that_a_service_is_told_of_is_mounted(project, name):
    service = project["services"][name]
    mounts = [volume["target"] for volume in service.get("volumes", [])]
    mounts += [secret["target"] for secret in service["secrets"]]
    for variable, value in service["environment"].items():
        if value.startswith("/"):
            assert any(value == mount or value.startswith(mount + "/") for mount in mounts), f"{variable}={value}"


def test_everything_that_is_mounted_from_here_exists(project, checkout):
    for secret in project["secrets"].values():
        assert (checkout / secret["file"]).is_file(), secret["file"]
    binds = [volume["source"] for service in project["services"].values() for volume in service.get("volumes", [])
             if volume["type"] == "bind"]
    assert binds
    for source in binds:
        assert (checkout / source).is_file(), source


@pytest.mark.parametrize("name", JOURNALED)
def test_the_journal_is_on_a_named_volume(project, name):
    volumes = {volume["target"]: volume for volume in project["services"][name]["volumes"]}
    assert volumes["/var/lib/keywright"]["type"] == "volume"


def test_addresses_name_services_of_the_stack_and_their_ports(project, checkout):
    front = (checkout / "deploy/compose/front.toml").read_text()
    texts = [front, *(json.dumps(service["environment"]) for service in project["services"].values())]
    urls = {urlparse(url) for text in texts for url in re.findall(r"http://[\w.:-]+", text)}
    assert len(urls) >= 5
    for url in urls:
        assert url.hostname in SERVICES, url
        assert url.port == port_of(url.hostname, "listen"), url
    assert {project["services"][name]["environment"]["KEYWRIGHT_KAFKA__BROKERS"] for name in JOURNALED} == {"kafka:9092"}
    assert "PLAINTEXT://kafka:9092" in project["services"]["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]


def test_one_port_is_open_on_loopback_only(project):
    ports = {name: service["ports"] for name, service in project["services"].items() if service.get("ports")}
    assert list(ports) == ["front"]
    [port] = ports["front"]
    assert (port["host_ip"], port["published"], port["target"]) == ("127.0.0.1", "4566", 4566)
    assert port["target"] == port_of("front", "listen")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_nothing_special(project, name):
    service = project["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_kafka_is_the_version_that_tests_run(project):
    pinned = re.search(r"<kafka.version>(.*)</kafka.version>", (ROOT / "e2e/kafka/pom.xml").read_text())[1]
    assert project["services"]["kafka"]["image"] == f"apache/kafka:{pinned}"


def test_secrets_are_random_made_once_and_closed(checkout, run):
    directory = checkout / "deploy/compose/secrets"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    before = {file.name: file.read_text() for file in directory.iterdir()}
    values = [text for name, text in before.items() if not name.endswith(".env")]
    assert len(set(values)) == len(values) and all(len(value) == 40 for value in values)
    run(checkout / "scripts/compose-secrets.sh")
    assert {file.name: file.read_text() for file in directory.iterdir()} == before
    shutil.rmtree(directory)
    run(checkout / "scripts/compose-secrets.sh")
    after = {file.name: file.read_text() for file in directory.iterdir()}
    assert after.keys() == before.keys() and not set(after.values()) & set(before.values())


def test_services_have_the_access_keys_that_identity_knows(project):
    known = project["services"]["identity"]["environment"]
    ids = []
    for name in ["kms", "params", "secrets", "audit"]:
        environment = project["services"][name]["environment"]
        access_key_id = environment["KEYWRIGHT_IDENTITY__ACCESS_KEY_ID"]
        assert re.fullmatch(r"AKIA[A-Z2-7]{16}", access_key_id)
        assert known[f"KEYWRIGHT_SERVICE_PRINCIPALS__{name.upper()}__ACCESS_KEY_ID"] == access_key_id
        ids.append(access_key_id)
    assert len(set(ids)) == 4
