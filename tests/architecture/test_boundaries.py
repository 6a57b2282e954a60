import subprocess
import sys

import grimp
import pytest

from tests.support.sources import ROOT

LINT = "from importlinter.cli import lint_imports_command as run; run()"


@pytest.fixture(scope="module")
def imports():
    return grimp.build_graph("app", "blueprints", "config")


def test_every_import_contract_is_kept():
    answer = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_a_capability_keeps_its_tables_to_itself(imports):
    strangers = {
        f"{importer} imports {models}"
        for models in imports.modules
        if models.startswith("app.") and models.endswith(".models")
        for importer in imports.find_modules_that_directly_import(models)
        if not importer.startswith(models.removesuffix("models"))
    }
    assert strangers == set()


def test_a_web_process_starts_without_the_libraries_of_columns():
    asked = "import app.factory, sys; print({'numpy', 'pyarrow', 'polars'} & set(sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert answer.stdout.strip() == "set()"
