"""The Dockerfile builds what the workspace has, and each image holds one program."""

from repository import ROOT, SERVICES, dockerfile_targets, port_of, workspace_binaries


def test_each_service_has_a_target_with_its_own_binary():
    targets = dockerfile_targets()
    expected = {name: [f"keywright-{name}"] for name in SERVICES} | {"cli": ["keywright"]}
    assert {name: targets.get(name) for name in expected} == expected


def test_every_binary_that_is_copied_is_built_and_is_in_the_workspace():
    text = (ROOT / "Dockerfile").read_text()
    for binaries in dockerfile_targets().values():
        for binary in binaries:
            assert f"--bin {binary} " in text, f"{binary} is not built"
            assert f"target/release/{binary}" in text, f"{binary} is not put into /out"
            assert binary in workspace_binaries(), f"the workspace has no binary {binary}"


def test_images_run_as_nobody_in_particular_and_name_the_default_ports():
    text = (ROOT / "Dockerfile").read_text()
    assert "\nUSER 65532:65532\n" in text
    runtime = text.split("AS runtime")[1]
    assert "USER root" not in runtime and "USER 0" not in runtime
    exposed = f"EXPOSE {port_of('kms', 'listen')} {port_of('kms', 'ops_listen')}"
    assert exposed in text
    assert f"EXPOSE {port_of('front', 'listen')}\n" in text


def test_the_builder_is_the_compiler_that_the_workspace_asks_for():
    cargo = (ROOT / "Cargo.toml").read_text()
    version = cargo.split('rust-version = "')[1].split('"')[0]
    assert f"FROM rust:{version}-" in (ROOT / "Dockerfile").read_text()
