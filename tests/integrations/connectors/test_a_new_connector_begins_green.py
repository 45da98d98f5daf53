"""`connector new` makes files that hold to everything from the first moment, and changes nothing where it cannot."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from integrations.connectors import registry, scaffold
from tests.conftest import NO_REFERENCE, REFERENCE, ROOT

TOUCHED = (
    "integrations/connectors/registry.py",
    "mappings/presets/__init__.py",
    "tests/test_connector_conformance.py",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy that may be changed, beside the same reference data."""
    copy = tmp_path / "main"
    for part in ("integrations", "mappings", "monitoring", "config", "templates", "tests"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("manage.py", "pyproject.toml", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / file, copy / file)
    if REFERENCE.is_dir():
        (tmp_path / "shared").symlink_to(REFERENCE)
    return copy


def run(project: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], check=False, cwd=project, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.skipif(not REFERENCE.is_dir(), reason=NO_REFERENCE)
def test_what_it_makes_holds_to_everything(project: Path) -> None:
    """One with a name of several words and a label of its own; and one that stands behind all others, of which only the
    name is told."""
    for name, label in (("acme_shop", "Acme's “Shop”"), ("zeta", "")):
        made = scaffold.make(project, name, label, "https://docs.example.com/api")
        assert {path.relative_to(project).as_posix() for path in made} >= set(TOUCHED)
        run(project, "ruff", "check", *map(str, made))
        run(project, "ruff", "format", "--check", *map(str, made))
    told = run(
        project,
        "pytest",
        "-v",
        "-p",
        "no:cacheprovider",
        "tests/contract",
        "tests/test_connector_conformance.py",
        "-k",
        "acme_shop or zeta or every_platform",
    )
    # Pages, two refusals, its sample, and all that the conformance suite tries with it.
    for name in ("acme_shop", "zeta"):
        assert sum(name in line and "PASSED" in line for line in told.splitlines()) >= 24


@pytest.mark.parametrize("name", ["acme_shop", "mollusc", "zeta"])
def test_its_lines_stand_where_they_sort(project: Path, name: str) -> None:
    scaffold.make(project, name, "", "")
    listed = re.findall(r'^    "(\w+)": \w+,$', (project / TOUCHED[0]).read_text(), re.MULTILINE)
    # What is no platform of its own stands first.
    assert set(listed[:2]) == {"rest", "graphql"}
    assert listed[2:] == sorted(listed[2:])
    assert name in listed


@pytest.mark.parametrize(
    "name", ["Acme", "acme-shop", "acme shop", "", "1st", "../acme", "class", "match", "json"]
)
def test_a_name_that_is_no_modules_is_refused(project: Path, name: str) -> None:
    with pytest.raises(scaffold.NotMade):
        scaffold.make(project, name, "", "")


@pytest.mark.parametrize("label", ['A "B"', "{x}", "a\nb", "back\\slash"])
def test_a_label_that_would_break_the_file_is_refused(project: Path, label: str) -> None:
    with pytest.raises(scaffold.NotMade, match="label"):
        scaffold.make(project, "acme", label, "")


def test_what_is_there_is_not_overwritten(project: Path) -> None:
    before = {file: (project / file).read_text() for file in TOUCHED}
    with pytest.raises(scaffold.NotMade, match="is there already"):
        scaffold.make(project, "stripe", "", "")
    assert {file: (project / file).read_text() for file in TOUCHED} == before


def test_where_a_file_looks_otherwise_nothing_is_made(project: Path) -> None:
    (project / TOUCHED[2]).write_text("")
    with pytest.raises(scaffold.NotMade, match="by hand"):
        scaffold.make(project, "acme", "", "")
    assert not (project / "integrations/connectors/acme.py").exists()


def test_the_list_names_every_system(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("connector", "list")
    told = capsys.readouterr().out
    for kind in registry.platforms().values():
        assert kind.label.split()[0] in told
