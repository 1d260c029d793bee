"""What the repository itself says: targets of the Dockerfile, binaries of the workspace, settings of the services."""

import json
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ["identity", "kms", "params", "secrets", "audit", "front"]
JOURNALED = [name for name in SERVICES if name != "front"]


def dockerfile_targets():
    """Each named stage with the binaries that are copied into it."""
    targets, stage = {}, None
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if named := re.match(r"FROM \S+ AS (\S+)", line):
            stage = named[1]
            targets[stage] = []
        elif copied := re.match(r"COPY --from=build /out/(\S+) /usr/local/bin/", line):
            targets[stage].append(copied[1])
    return targets


@cache
def workspace_binaries():
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    targets = [target for package in metadata["packages"] for target in package["targets"]]
    return {target["name"] for target in targets if "bin" in target["kind"]}


@cache
def base_defaults():
    return tomllib.loads((ROOT / "libs/service/src/default.toml").read_text())


@cache
def defaults(service):
    """The service's own default file over that of all services."""
    merged = {section: dict(values) for section, values in base_defaults().items()}
    own = ROOT / f"services/{service}/src/default.toml"
    for section, values in tomllib.loads(own.read_text()).items():
        merged.setdefault(section, {}).update(values)
    return merged


def port_of(service, setting):
    return int(defaults(service)["service"][setting].rsplit(":", 1)[1])


def is_setting(service, path):
    """Whether the service reads this setting: its section, and a field of the type that the section is read into."""
    section, *tables, key = path
    if section == "rotation_roles":
        return not tables
    if section == "secrets_quotas" and key != "preset":
        source = (ROOT / "services/secrets/src/throughput.rs").read_text()
        return not tables and key in re.findall(r'\(\s*"(\w+)",\s*[\d_.]+,', source)
    if section == "rotation_functions":
        return len(tables) == 1 and key in fields_of_section(service, "function")
    if not re.search(rf'section(::<\w+>)?\("{section}"\)', sources_that_read_settings(service)):
        return False
    known = defaults(service).get(section, {})
    for table in tables:
        if table not in known:
            return False
        known = known[table]
    return key in known or key in fields_of_section(service, section)


@cache
def sources_that_read_settings(service):
    files = [ROOT / "libs/service/src/config.rs", *(ROOT / f"services/{service}/src").rglob("*.rs")]
    return "\n".join(file.read_text() for file in files)


@cache
def fields_of_section(service, section):
    """The public fields of the Rust struct that holds the section."""
    camel = "".join(word.title() for word in section.split("_"))
    names = [camel + "Section", camel.removesuffix("s") + "Section"]
    shared = {"store": "StoreConfig", "identity": "IdentityClientConfig"}
    names += [shared[section]] if section in shared else []
    names += ["RotatorSettings"] if section == "rotators" else []
    places = [
        *(ROOT / f"services/{service}/src").rglob("*.rs"),
        ROOT / "libs/service/src/config.rs",
        ROOT / "libs/service/src/identity/config.rs",
        ROOT / "libs/service/src/root_key.rs",
        ROOT / "libs/store/src/config.rs",
        ROOT / "libs/rotators/src/settings.rs",
    ]
    for name in names:
        for place in places:
            if struct := re.search(rf"pub struct {name} \{{(.*?)^\}}", place.read_text(), re.S | re.M):
                renamed = re.findall(r'#\[serde\(rename = "(\w+)"', struct[1])
                return set(re.findall(r"^    pub (\w+):", struct[1], re.M)) | set(renamed)
    return set()


def unknown_settings(service, environment):
    """The names of variables that the service would not understand."""
    ours = [name for name in environment if name.startswith("KEYWRIGHT_") and name != "KEYWRIGHT_CONFIG"]
    split = {name: name.removeprefix("KEYWRIGHT_").lower().split("__") for name in ours}
    return [name for name, path in split.items() if len(path) < 2 or not is_setting(service, path)]


def unknown_settings_in_file(service, text):
    """The settings of a configuration file that the service would not understand."""
    sections = tomllib.loads(text)
    functions = sections.pop("rotation_functions", {})
    paths = [(section, key) for section, values in sections.items() for key in values]
    paths += [("rotation_functions", name, key) for name, values in functions.items() for key in values]
    return [path for path in paths if not is_setting(service, path)]
