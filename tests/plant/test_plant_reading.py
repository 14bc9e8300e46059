"""The plant file: what it may say, and every fault of it at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ccus.plant.reading import load_plant
from ccus.plant.template import plant_toml
from methodology.base.errors import InputError, code_titles

BASE = """
[plant]
name = "Haifeng"
timezone = "Asia/Shanghai"
nameplate_t_per_year = 20000
[[line]]
id = "amine"
technology = "amine"
nameplate_t_per_day = 50
[[line]]
id = "membrane"
technology = "membrane"
nameplate_t_per_day = 20
[[meter]]
tag = "FT601"
line = "amine"
stream = "product"
kind = "mass_flow"
unit = "kg/h"
"""


def codes(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_plant(text.encode())
    return [finding.code for finding in caught.value.findings]


def test_smallest_file_reads_and_says_what_it_leaves_open():
    plant = load_plant(BASE.encode())
    assert (plant.name, plant.timezone, plant.nameplates[0].t_per_year) == ("Haifeng", "Asia/Shanghai", 20000)
    # 50 t/d and 20 t/d make 25,550 t in 365 days; they need not sum to the plant's rating.
    assert sum(line.nameplate_t_per_day for line in plant.lines) * 365 == 25_550
    assert plant.stream("product").co2_origin is None
    assert [finding.code for finding in plant.warnings] == ["CC-PLANT-13"]


def test_template_of_init_is_a_valid_plant_file():
    text = plant_toml('Plant "A" \\ 一号', "Asia/Shanghai", 20000.5, [("amine", "amine", 50), ("m", "membrane", 20)])
    plant = load_plant(text.encode())
    assert plant.name == 'Plant "A" \\ 一号'
    assert plant.nameplates[0].t_per_year == 20000.5
    assert [line.id for line in plant.lines] == ["amine", "m"]


def test_every_key_of_the_template_is_accepted_when_uncommented():
    text = plant_toml("A", "Asia/Shanghai", 20000, [("amine", "amine", 50)])
    keys = (
        "[",
        "id",
        "kind",
        "line",
        "co2",
        "cap",
        "tag",
        "stream",
        "unit",
        "unc",
        "range",
        "inter",
        "max_",
        "dead",
        "cal",
    )
    more = (
        "steam",
        "elec",
        "receiver",
        "valid_",
        "component",
        "moisture",
        "net_",
        "emitted_",
        "same_",
        "evidence",
        "mwh",
    )
    more += ("serial", "balance")
    lines = text.split("# Streams.")[1].splitlines()[1:]
    said = [line[2:] for line in lines if line.startswith("# ") and line[2:].startswith(keys + more)]
    said = [line for line in said if ("steam, condensate" not in line and "=" in line) or line.startswith("[")]
    plant = load_plant((text + "\n".join(said)).encode())
    assert plant.meters[0].calibration[0].certificate == "C-001"
    assert plant.rules.valid_hour_percent == 75
    assert plant.hosts[0].totals == (1000, 774.28, 760, 76)
    assert plant.certificates[0].mwh == 500


def test_all_findings_of_a_file_come_at_once():
    text = (
        BASE.replace("unit =", "unti =").replace("20000", "true")
        + '\n[enrgy]\n[[meter]]\ntag = "A"\nstream = "x"\nline = "q"\nkind = "power"\nunit = "kW"\n'
    )
    with pytest.raises(InputError) as caught:
        load_plant(text.encode())
    said = str(caught.value)
    assert sorted({finding.code for finding in caught.value.findings}) == ["CC-PLANT-03", "CC-PLANT-04", "CC-PLANT-10"]
    for words in ("nearest valid key is unit", "nearest valid key is energy", "nameplate_t_per_year", "'q'", "'x'"):
        assert words in said


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: "[plant", "CC-PLANT-02"),
        (lambda text: text.replace("Asia/Shanghai", "Asia/Shangha"), "CC-PLANT-05"),
        (lambda text: text.replace("Asia/Shanghai", "../../etc/passwd"), "CC-PLANT-05"),
        (lambda text: text + "valid_from = 5\n", "CC-PLANT-06"),
        (lambda text: text + 'valid_from = "1 May"\n', "CC-PLANT-06"),
        (lambda text: text + '[[fate]]\nid="a"\nkind="vented"\n' * 2, "CC-PLANT-09"),
        (lambda text: text.replace('line = "amine"', 'line = "amin"'), "CC-PLANT-10"),
        (lambda text: text + 'redundant_with = "FT602"\n', "CC-PLANT-10"),
        (lambda text: text + "valid_from = 2025-02-01\nvalid_to = 2025-01-01\n", "CC-PLANT-11"),
        (lambda text: text + text[text.index("[[meter]]") :], "CC-PLANT-11"),
        (lambda text: text + "totaliser_start = 1\n", "CC-PLANT-12"),
        (lambda text: text + '[[stream]]\nid="s"\nkind="product"\nco2_origin="mixed"\n', "CC-PLANT-12"),
        (lambda text: text + '[energy.steam]\nsource="grid"\nintensity_kg_co2_per_gj=90\n', "CC-PLANT-12"),
        (lambda text: text + '[host]\nevidence="e"\nnet_mwh_with_capture=5\nvalid_from=2025-01-01\n', "CC-PLANT-12"),
        (
            lambda text: text + '[host]\nevidence="e"\nintensity_t_co2_per_mwh=0.8\nemitted_t_with_capture=5\n',
            "CC-PLANT-12",
        ),
        (lambda text: text + "[host]\nintensity_t_co2_per_mwh=0.8\n", "CC-PLANT-04"),
        (
            lambda text: (
                text + '[energy.electricity]\nsource="host"\nintensity_kg_co2_per_mwh=820\n'
                '[host]\nevidence="e"\nintensity_t_co2_per_mwh=0.8\n'
            ),
            "CC-PLANT-12",
        ),
        (lambda text: text + '[[certificate]]\nserial="1"\nmwh=5\nevidence="e"\n', "CC-PLANT-12"),
        (lambda text: text + '[energy.electricity]\nsource="host"\ngrid_data_year=2023\n', "CC-PLANT-12"),
        (lambda text: text.replace("50", '"50"'), "CC-PLANT-04"),
        (lambda text: text.replace("50", "-50"), "CC-PLANT-04"),
        (lambda text: text.replace("50", "nan"), "CC-PLANT-04"),
        (lambda text: text.replace("nameplate_t_per_year = 20000", ""), "CC-PLANT-04"),
        (lambda text: text.replace("[[line]]", "[line]", 1), "CC-PLANT-02"),
        (lambda text: text + "range = [5, 1]\n", "CC-PLANT-04"),
        (lambda text: text + "a = " + "[" * 5000, "CC-PLANT-02"),
        (lambda text: "", "CC-PLANT-04"),
    ],
)
def test_each_fault_is_named_by_its_code(change, code):
    assert code in codes(change(BASE))


def test_a_swapped_meter_is_two_records_of_one_tag():
    text = BASE.replace('"mass_flow"', '"mass_total"').replace('"kg/h"', '"kg"')
    old, new = (
        "valid_to = 2025-03-14T09:00:00\ntotaliser_stop = 99812.5\n",
        "valid_from = 2025-03-14T09:00:00\ntotaliser_start = 12\n",
    )
    plant = load_plant((text + old + text[text.index("[[meter]]") :] + new).encode())
    swap = datetime(2025, 3, 14, 1, tzinfo=UTC)
    assert plant.meter_at("FT601", datetime(2025, 3, 14, 0, 59, tzinfo=UTC)).totaliser_stop == 99812.5
    assert plant.meter_at("FT601", swap).totaliser_start == 12
    assert [meter.totaliser_start for meter in plant.meters_of("FT601")] == [None, 12]
    assert len(plant.meters_at(swap)) == 1


def test_calibration_covers_its_period_and_no_more():
    text = BASE + 'calibration = {certificate = "C1", valid_from = 2025-01-01, valid_to = 2026-01-01}\n'
    meter = load_plant(text.encode()).meters[0]
    # The certificate ends at local midnight, 16:00 UTC of the day before.
    assert meter.calibrated_at(datetime(2025, 12, 31, 15, 59, tzinfo=UTC)).certificate == "C1"
    assert meter.calibrated_at(datetime(2025, 12, 31, 16, tzinfo=UTC)) is None


def test_nameplates_of_other_periods():
    text = BASE.replace(
        "nameplate_t_per_year = 20000", "nameplate_t_per_year = 20000\nnameplate_valid_from = 2025-01-01"
    )
    text += "[[nameplate]]\nt_per_year = 18000\nvalid_to = 2025-01-01\n"
    plant = load_plant(text.encode())
    assert plant.nameplate_at(datetime(2024, 6, 1, tzinfo=UTC)).t_per_year == 18000
    assert plant.nameplate_at(datetime(2025, 6, 1, tzinfo=UTC)).t_per_year == 20000


def test_missing_file_and_other_bytes_are_said(tmp_path):
    for path, data, code in (
        (tmp_path / "none.toml", None, "CC-PLANT-01"),
        (tmp_path / "gbk.toml", "海丰".encode("gbk"), "CC-PLANT-02"),
    ):
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(InputError) as caught:
            load_plant(path)
        assert caught.value.code == code


def test_codes_have_titles_in_both_languages():
    titles = code_titles("ccus")
    assert all(titles[f"CC-PLANT-{number:02d}"]["zh"] for number in range(1, 14))
