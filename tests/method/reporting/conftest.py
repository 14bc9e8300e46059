"""A small statement with every feature reports must show: totals and parts, gaps, simulated limits, hostile names."""

import pytest

from methodology import ops
from methodology.base.errors import Finding
from methodology.equation import Constant, equation
from methodology.factors.table import Factor
from methodology.statement import DISPUTED_TERMS, Gap, Head, LineBlock, assemble
from methodology.uncertainty.distributions import fitted
from methodology.worksheet import Worksheet

CO2_PER_C = Constant(44 / 12, "t_CO2/t_C", "44/12")


@equation(guide="sample", number="1", returns="t_C", area=("ha", 0, None), density=("t_C/ha", 0, None))
def sample_stock(area, density):
    """Stock of an area. Source: sample."""
    return area * density


@equation(guide="sample", number="2", returns="t_CO2", carbon=("t_C", None, None))
def sample_co2(carbon):
    """Carbon as CO2. Source: sample."""
    return carbon * CO2_PER_C


@equation(guide="sample", number="3", returns="t_CO2/yr", empirical=True, area=("ha", 0, None), age=("yr", 0, None),
          rate=("t_C/ha/yr", None, None))  # fmt: skip
def sample_flow(area, age, rate):
    """A flow with a negative base under a power, a minimum, a logarithm and a case. Source: sample."""
    growth = (-rate) ** 2 / (1 + ops.exp(-age / 10)) + ops.log10(age + 1) + ops.sqrt(age) / 10
    return -ops.minimum(area * growth, area * 2) + ops.where(age > 5, 0.5 * area, area) / 50 - 2**2 * (-age) ** 2 / 100


UNITS = ('=1+1 "x"', "<script>alert(1)</script>", "+Bay", "@Delta")


def build():
    """The worksheet, blocks and gaps of the sample."""
    sheet = Worksheet()
    areas = {}
    for n, unit in enumerate(UNITS):
        for m, habitat in enumerate(("mangrove", "seagrass")):
            for k, date in enumerate(("2015", "2020")):
                areas[unit, habitat, date] = 100.0 + 37 * n + 11 * m - 5 * k
    spreads = {
        row: fitted("normal", v, 0.9 * v, 1.1 * v, 0.95) if row[2] == "2015" else None for row, v in areas.items()
    }
    excludes = {row: ("map error",) for row in areas if row[2] == "2020"}
    area = sheet.input(
        "area", "ha", ("reporting_unit", "habitat", "date"), areas, spreads=spreads, excludes=excludes,
        label={"en": "mapped area", "zh": "制图面积"},
    )  # fmt: skip
    rows = {
        ("mangrove",): factor("F/mangrove", "soil_stock_1m", 386, 351, 424, "t_C/ha", "shifted_lognormal"),
        ("seagrass",): factor("F/seagrass", "soil_stock_1m", 108, 20, 239, "t_C/ha", "shifted_lognormal"),
    }
    stock = sheet.apply("stock", sample_stock, {"en": "soil carbon", "zh": "土壤碳"}, area=area,
                        density=sheet.factor(rows, ("habitat",)))  # fmt: skip
    by_habitat = sheet.total("stock_by_habitat", stock, over=["reporting_unit"])
    total = sheet.total("stock_total", by_habitat, over=["habitat"])
    as_co2 = sheet.apply("stock_co2", sample_co2, carbon=total)
    fine_co2 = sheet.apply("stock_fine_co2", sample_co2, carbon=stock)
    ages = {(h,): a for h, a in (("mangrove", 12.0), ("seagrass", 4.0))}
    age = sheet.input("age", "yr", ("habitat",), ages, role="parameter",
                      covariance=[[4.0, 0.6], [0.6, 0.25]])  # fmt: skip
    rate = {
        row: factor("R", "soil_removal_factor", -1.2, -1.9, -0.6, "t_C/ha/yr", "mirrored_lognormal") for row in ages
    }
    now = area.where(lambda row: row["date"] == "2020")
    flow = sheet.apply("flow", sample_flow, area=now, age=age, rate=sheet.factor(rate, ("habitat",)))
    pools = sheet.stack("flow_by_pool", "pool", [("soil", flow)])
    flow_total = sheet.total("flow_total", pools, over=["reporting_unit", "pool", "habitat"])
    common = {"kind": "stock", "account": "gross", "tier": "Tier 1", "clause": "1"}
    blocks = [
        LineBlock(area, "habitat_area", "area", "activity", basis="measured"),
        LineBlock(stock, "carbon_stock", fixed={"pool": "soil"}, **common),
        LineBlock(by_habitat, "carbon_stock", aggregation="subtotal", **common),
        LineBlock(total, "carbon_stock", aggregation="total", **common),
        LineBlock(as_co2, "carbon_stock_as_co2", aggregation="total", **common),
        LineBlock(fine_co2, "carbon_stock_as_co2", **common),
        LineBlock(flow, "soil_flux", "flow", "gross"),
        LineBlock(flow_total, "net_flux", "flow", "net", aggregation="total"),
    ]
    reason = {"en": "the guide gives no default", "zh": "该指南未给出缺省值"}
    gaps = [
        Gap("carbon_stock", "t_C", "stock", "gross", {"habitat": "mangrove", "pool": "litter"}, "not_estimated", reason)
    ]
    return sheet, blocks, gaps


def factor(name, quantity, value, low, high, unit, form):
    """A factor row of the sample guide."""
    return Factor(name, "sample", quantity, value, unit, low, high, 0.95, "ci of mean", form, None,
                  {"habitat": (name.partition("/")[2] or "mangrove",)}, "ipcc2013ws", "table 1", "reported", "recalled",
                  "=note", f"{value} {unit} ({low} to {high})", 2)  # fmt: skip


def head(**changes):
    """What the sample says about itself."""
    terms = [
        {"term": term, "status": "not assessed", "reason": {"en": "sample", "zh": "示例"}} for term in DISPUTED_TERMS
    ]
    notice = {"en": "Nobody read the text of this guide.", "zh": "无人读过该指南原文。"}
    guide = {"id": "sample", "title": {"en": "Sample guide", "zh": "示例指南"}, "text_read": False, "notice": notice}
    finding = Finding("BC-INV-02", "map 2020", "=cmd", "one of the two", "-do", "warning", 12.5, "ha", 0.05)
    fields = {
        "title": "Sample & <b>survey</b>", "subject": "survey", "guide": guide,
        "settings": {"gwp": "AR5-100", "boundary": None, "area_uncertainty_percent": {"2015": 10}},
        "files": [{"role": "map 2015", "name": "=map.gpkg", "sha256": "0" * 64}],
        "disputed_terms": terms, "findings": [finding],
        "checks": [{"name": "pools add to the total stock", "holds": True, "detail": "largest difference 0"}],
    }  # fmt: skip
    return Head(**{**fields, **changes})


@pytest.fixture(scope="session")
def sample():
    """Statement and worksheet of the sample."""
    sheet, blocks, gaps = build()
    return assemble(sheet, blocks, gaps, head(), draws=2000), sheet
