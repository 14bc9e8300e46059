"""The page on field tables names every key a job may have, and the report marks what stands on measurement."""

from pathlib import Path

from bluecarbon.field.job import Cores, Dating, FieldTable, Plots, Quadrats
from methodology.reporting.measured import basis_mark

PAGE = Path(__file__).resolve().parents[2] / "docs" / "field-to-report.md"


def test_every_key_of_a_field_table_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    for name, model in (("cores", Cores), ("dating", Dating), ("plots", Plots), ("quadrats", Quadrats)):
        row = next(line for line in text.splitlines() if line.startswith(f"| `[{name}]`"))
        own = set(model.model_fields) - set(FieldTable.model_fields)
        said = {word.partition(" (")[0] for word in row.split("|")[2].replace(")", "").split(", ")}
        assert not own - {word.strip() for word in said}, name


def test_marks_of_a_line():
    line = {"basis": "measured", "data_quality": "measured: 3 cores, grade C2"}
    assert basis_mark(line) == "m"
    assert basis_mark({**line, "basis": "mixed"}) == "x"
    assert basis_mark({"basis": "default", "data_quality": "mapped area × default factor"}) == ""
    assert basis_mark({"basis": "measured", "data_quality": "mapped"}) == ""  # areas say so in their own way
