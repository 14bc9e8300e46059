"""Reference pages are made from the program; they must be as new as what they describe."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Pages made in a process of their own: a command that has run keeps how its help was asked for."""
    folder = tmp_path_factory.mktemp("pages")
    here = {**os.environ, "PYTHONPATH": str(DOCS.parent)}
    subprocess.run([sys.executable, str(DOCS / "make_pages.py"), str(folder)], check=True, env=here)
    return folder


@pytest.mark.parametrize("name", ["commands.md", "guides.md", "factors.md", "findings.md"])
def test_page_is_up_to_date(made, name):
    assert (DOCS / name).read_text(encoding="utf-8") == (made / name).read_text(encoding="utf-8"), (
        f"run python docs/make_pages.py ({name})"
    )
