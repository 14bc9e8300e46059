"""Reference pages are made from the program; they must be as new as what they describe."""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
SPEC = importlib.util.spec_from_file_location("make_pages", DOCS / "make_pages.py")
make_pages = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(make_pages)


@pytest.mark.parametrize("name", sorted(make_pages.PAGES))
def test_page_is_up_to_date(name):
    assert (DOCS / name).read_text(encoding="utf-8") == make_pages.PAGES[name](), (
        f"run python docs/make_pages.py ({name})"
    )
