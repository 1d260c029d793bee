import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from repository import ROOT

# The stack's clients and questions to its audit log are those of the other end-to-end tests.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))


@pytest.fixture(scope="session")
def tools():
    """The directory of helm and composecheck, which are built once."""
    built = ROOT / "target/tools/bin"
    if shutil.which("go") is None and not (built / "composecheck").exists():
        pytest.skip("no Go to build helm and composecheck with")
    built_now = subprocess.run([ROOT / "scripts/go-tools.sh"], capture_output=True, text=True)
    assert built_now.returncode == 0, built_now.stderr
    return built


@pytest.fixture(scope="session")
def run():
    """Runs a program and gives its output; its failure is the test's, with what it wrote."""

    def run_checked(*command, **options):
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | options.pop("env", {}), **options)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run_checked
