"""The chart renders what Kubernetes takes, and names nothing that is not there."""

import base64
import json
import re
import shutil
import subprocess
import tomllib
from urllib.parse import urlparse

import kubernetes_validate
import pytest
import yaml
from repository import JOURNALED, ROOT, SERVICES, dockerfile_targets, port_of, unknown_settings, unknown_settings_in_file

CHART = ROOT / "charts/keywright"
REQUIRED = {"postgres": {"host": "db.example"}, "kafka": {"brokers": "kafka.example:9092"}}
CUSTOM = {
    "region": "eu-central-1",
    "postgres": {"host": "db.example", "port": 6432, "caConfigMap": "db-ca", "existingSecret": "db-passwords"},
    "kafka": {"brokers": "a:9093,b:9093", "propertiesSecret": "kafka-client"},
    "serviceKeys": {"existingSecret": "service-keys"},
    "audit": {"retentionDays": 400, "trail": {"enabled": True, "bucket": "trail"}, "notifications": {"kafka": False}},
    "secrets": {
        "rotation": {"attempts": 3, "concurrency": 4},
        "rotation_functions": {"rotate-billing": {
            "url": "https://functions.internal/?a=1&b=<2>", "time_limit_seconds": 90, "bearer_token_file": "/run/secrets/rotation/token",
            "hmac_key_files": ["/run/secrets/rotation/hmac"], "ca_file": "/run/secrets/rotation/ca.pem"}},
        "rotation_roles": {"keywright-redis": "arn:aws:iam::000000000000:role/rotator"},
        "rotators": {"allowed_hosts": ["10.0.0.0/8", "*.db.example"], "plaintext": "never", "connect_timeout_ms": 3000,
                     "exclude_characters": ":/@\"'\\"},
        "secrets_limits": {"secrets_per_account": 1000},
        "secrets_quotas": {"preset": "aws", "rotation": 0.25},
        "filesSecret": "rotation-files",
    },
    "telemetry": {"logFilter": "debug", "otlpEndpoint": "http://collector:4318"},
    "services": {
        "kms": {"replicas": 3, "rootKeySecret": "kms-root-key", "configMap": "kms-settings"},
        "identity": {"replicas": 2, "rootKeyToken": {
            "module": "/usr/lib/softhsm/libsofthsm2.so", "token": "keywright", "keyLabel": "identity-root", "pinSecret": "hsm-pin",
        }},
        "audit": {"storage": {"size": "50Gi", "className": "fast"}},
    },
    "image": {"registry": "registry.example/keywright", "tag": "1.2.3", "pullSecrets": [{"name": "pull"}]},
    "frontService": {"type": "LoadBalancer", "port": 80},
    "networkPolicy": {"enabled": True},
}


@pytest.fixture(scope="module")
def helm(tools, tmp_path_factory):
    def render(values, *command):
        file = tmp_path_factory.mktemp("values") / "values.json"
        file.write_text(json.dumps(values))
        command = [tools / "helm", *(command or ("template", "keys")), CHART, "--values", file]
        return subprocess.run([*command, "--kube-version", "1.33.0"], capture_output=True, text=True)

    return render


@pytest.fixture(scope="module", params=["defaults", "custom"])
def rendered(helm, request):
    values = {"defaults": REQUIRED, "custom": CUSTOM}[request.param]
    done = helm(values)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def workloads(rendered):
    kinds = ("Deployment", "StatefulSet")
    by_name = {document["metadata"]["name"]: document for document in rendered if document["kind"] in kinds}
    return {name.removeprefix("keys-"): document for name, document in by_name.items()}


def of_kind(rendered, kind):
    return {document["metadata"]["name"]: document for document in rendered if document["kind"] == kind}


def containers(workload):
    pod = workload["spec"]["template"]["spec"]
    return pod["containers"] + pod.get("initContainers", [])


@pytest.mark.parametrize("values", [REQUIRED, CUSTOM], ids=["defaults", "custom"])
def test_lint_finds_nothing(helm, values):
    done = helm(values, "lint", "--strict")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", ["1.29", "1.33"])
def test_every_resource_is_valid_for_kubernetes(rendered, version):
    for document in rendered:
        kubernetes_validate.validate(document, version, strict=True)


def test_there_is_a_workload_for_each_service_stateful_where_there_is_a_journal(rendered):
    kinds = {name: workload["kind"] for name, workload in workloads(rendered).items()}
    assert kinds == {**{name: "StatefulSet" for name in JOURNALED}, "front": "Deployment"}
    for name in JOURNALED:
        workload = workloads(rendered)[name]
        [claim] = workload["spec"]["volumeClaimTemplates"]
        mounts = containers(workload)[0]["volumeMounts"]
        assert {"name": claim["metadata"]["name"], "mountPath": "/var/lib/keywright"} in mounts


def test_images_are_targets_of_the_dockerfile(rendered):
    for name, workload in workloads(rendered).items():
        for container in containers(workload):
            target = container["image"].rsplit("/", 1)[1].split(":")[0]
            assert target == name and target in dockerfile_targets()


def test_services_are_told_only_what_they_read(rendered):
    for name, workload in workloads(rendered).items():
        [container] = workload["spec"]["template"]["spec"]["containers"]
        assert unknown_settings(name, [variable["name"] for variable in container["env"]]) == [], name
    configs = of_kind(rendered, "ConfigMap")
    assert unknown_settings_in_file("front", configs.pop("keys-front")["data"]["front.toml"]) == []
    for config in configs.values():
        assert unknown_settings_in_file("secrets", config["data"]["settings.toml"]) == []


def test_every_file_that_a_service_is_told_of_is_mounted(rendered):
    for name, workload in workloads(rendered).items():
        pod = workload["spec"]["template"]["spec"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        [container] = pod["containers"]
        for variable in container["env"]:
            path = variable.get("value", "")
            # A PKCS#11 library is the image's own.
            if not path.startswith("/") or variable["name"] == "KEYWRIGHT_ROOT_KEY__MODULE":
                continue
            mounts = [mount for mount in container["volumeMounts"] if path.startswith(mount["mountPath"] + "/")]
            assert mounts, f"{name}: {variable['name']}={path}"
            items = volumes.get(mounts[0]["name"], {}).get("secret", {}).get("items")
            if items:
                assert path.rsplit("/", 1)[1] in [item["path"] for item in items], f"{name}: {path}"


def test_secrets_that_are_named_have_the_keys_that_are_used(rendered):
    made = {name: set(secret["data"]) for name, secret in of_kind(rendered, "Secret").items()}
    for workload in workloads(rendered).values():
        pod = workload["spec"]["template"]["spec"]
        used = [(volume["secret"]["secretName"], item["key"]) for volume in pod["volumes"] if "secret" in volume
                for item in volume["secret"].get("items", [])]
        used += [(ref["name"], ref["key"]) for container in pod["containers"] for variable in container["env"]
                 if (ref := variable.get("valueFrom", {}).get("secretKeyRef"))]
        assert used
        for name, key in used:
            assert name in made or name in ("service-keys", "db-passwords", "hsm-pin"), name
            assert name not in made or key in made[name], f"{name} has no {key}"


def test_a_pod_sees_no_other_services_secret(rendered):
    for name, workload in workloads(rendered).items():
        volumes = {volume["name"]: volume for volume in workload["spec"]["template"]["spec"]["volumes"]}
        keys = {item["key"] for item in volumes["service-keys"]["secret"]["items"]} - {"front-token"}
        own = {"front": set(), "identity": {f"{other}-secret-access-key" for other in JOURNALED if other != "identity"}}
        assert keys == own.get(name, {f"{name}-secret-access-key"})


def test_ports_and_probes_are_those_of_the_defaults(rendered):
    for name, workload in workloads(rendered).items():
        [container] = workload["spec"]["template"]["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert ports == {"api": port_of(name, "listen"), "ops": port_of(name, "ops_listen")}
        probed = {probe: container[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe")}
        assert probed == {"livenessProbe": "/healthz", "readinessProbe": "/readyz"}
        assert container["readinessProbe"]["httpGet"]["port"] == "ops"


def test_addresses_name_services_of_the_release(rendered):
    services = of_kind(rendered, "Service")
    urls = {urlparse(url) for url in re.findall(r"http://keys-[\w.:-]+", json.dumps(rendered))}
    assert {url.hostname for url in urls} == {f"keys-{name}" for name in JOURNALED}
    for url in urls:
        assert url.port in [port["port"] for port in services[url.hostname]["spec"]["ports"]]


def test_containers_may_do_nothing_special(rendered):
    for workload in workloads(rendered).values():
        pod = workload["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        assert pod["serviceAccountName"] in of_kind(rendered, "ServiceAccount")
        for container in containers(workload):
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] is True
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]


def test_made_secrets_are_random_and_kept(helm):
    def secrets():
        documents = [document for document in yaml.safe_load_all(helm(REQUIRED).stdout) if document]
        return of_kind(documents, "Secret")

    first, second = secrets(), secrets()
    assert set(first) == {"keys-service-keys", "keys-postgres"}
    for name, secret in first.items():
        assert secret["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
        assert not set(secret["data"].values()) & set(second[name]["data"].values())
    access_key_id = base64.b64decode(first["keys-service-keys"]["data"]["kms-access-key-id"]).decode()
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", access_key_id)


def test_settings_of_rotation_reach_the_secrets_service_as_they_are(helm):
    documents = [document for document in yaml.safe_load_all(helm(CUSTOM).stdout) if document]
    settings = tomllib.loads(of_kind(documents, "ConfigMap")["keys-secrets"]["data"]["settings.toml"])
    assert settings == {name: value for name, value in CUSTOM["secrets"].items() if name != "filesSecret"}
    assert isinstance(settings["rotation"]["attempts"], int)
    secrets = workloads(documents)["secrets"]["spec"]["template"]["spec"]
    [container] = secrets["containers"]
    assert {"name": "KEYWRIGHT_CONFIG", "value": "/etc/keywright/service/settings.toml"} in container["env"]
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in secrets["volumes"]}
    assert volumes[mounts["/etc/keywright/service"]]["configMap"]["name"] == "keys-secrets"
    assert volumes[mounts["/run/secrets/rotation"]]["secret"]["secretName"] == "rotation-files"
    # Nobody else sees the files.
    others = [workload for name, workload in workloads(documents).items() if name != "secrets"]
    assert "rotation-files" not in json.dumps(others)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (REQUIRED | {"secrets": {"rotation": {"attempts": 3}}, "services": {"secrets": {"configMap": "own"}}}, "set one of them"),
        (REQUIRED | {"secrets": {"rotation": {"atempts": 3}}}, "atempts"),
        (REQUIRED | {"secrets": {"rotators": {"plaintext": "always"}}}, "plaintext"),
        ({"kafka": REQUIRED["kafka"]}, "postgres.host must be set"),
        ({"postgres": REQUIRED["postgres"]}, "kafka.brokers must be set"),
        (REQUIRED | {"services": {"kms": {"replicas": 2}}}, "services.kms.rootKeySecret or rootKeyToken must be set"),
        (REQUIRED | {"services": {"kms": {"rootKeyToken": {"module": "/m.so", "token": "t"}}}}, "rootKeyToken needs"),
        (REQUIRED | {"audit": {"trail": {"enabled": True}}, "services": {"audit": {"replicas": 2}}}, "one replica of audit"),
        (REQUIRED | {"audit": {"retentionDays": -1}}, "retentionDays"),
        (REQUIRED | {"account": "12"}, "account"),
        (REQUIRED | {"postgress": {}}, "postgress"),
    ],
)
def test_values_that_cannot_work_are_refused(helm, values, message):
    done = helm(values)
    assert done.returncode != 0
    assert message in done.stderr


def test_only_the_front_is_reached_from_everywhere(helm):
    documents = [document for document in yaml.safe_load_all(helm(CUSTOM).stdout) if document]
    policies = of_kind(documents, "NetworkPolicy")
    assert set(policies) == {f"keys-{name}" for name in JOURNALED}
    def callers(of):
        return sorted(rule["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
                      for ingress in policies[f"keys-{of}"]["spec"]["ingress"] for rule in ingress.get("from", []))

    assert callers("kms") == ["audit", "front", "params", "secrets"]
    assert callers("secrets") == ["front", "params"]
    assert set(SERVICES) - set(JOURNALED) == {"front"}


def test_the_notes_say_where_the_first_credentials_are(tools, tmp_path, run):
    # Helm shows notes only when it installs, for which it wants a cluster: here they are a value of a resource.
    chart = shutil.copytree(CHART, tmp_path / "keywright")
    notes = (chart / "templates/NOTES.txt").read_text().splitlines(keepends=True)
    (chart / "templates/notes.yaml").write_text("notes: |\n" + "".join("  " + line for line in notes))
    (tmp_path / "values.json").write_text(json.dumps(CUSTOM))
    rendered = run(tools / "helm", "template", "keys", chart, "--values", tmp_path / "values.json",
                   "--namespace", "ns", "--kube-version", "1.33.0")
    documents = [document for document in yaml.safe_load_all(rendered) if document]
    [text] = [document["notes"] for document in documents if "notes" in document]
    identity = workloads([document for document in documents if "kind" in document])["identity"]
    [container] = identity["spec"]["template"]["spec"]["containers"]
    environment = {variable["name"]: variable.get("value") for variable in container["env"]}
    path = environment["KEYWRIGHT_BOOTSTRAP__ADMIN_CREDENTIALS_FILE"]
    for command in ("cat", "rm"):
        assert f"kubectl exec --namespace ns keys-identity-0 -- {command} {path}\n" in text
    assert "Of the replicas, one has the file" in text
