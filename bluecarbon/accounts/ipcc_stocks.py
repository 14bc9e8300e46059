"""Carbon stocks by pool after chapter 4 of the Wetlands Supplement, on any area node that has a class dimension."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from bluecarbon.accounts.areas import SurveyTables
from bluecarbon.classes import AccountingClass
from bluecarbon.equations import grown_biomass, roots_of_measured_shoots, stock_at_age, vegetation_stock
from methodology.base.errors import Findings, InputError
from methodology.factors.table import Factor, FactorTable
from methodology.guides.ipcc_wetlands_2013 import equations as eq
from methodology.statement import Gap
from methodology.worksheet import Node, Row, View, Worksheet

POOLS = ("above_ground_biomass", "below_ground_biomass", "litter", "dead_wood", "soil")
BIOMASS_POOLS = ("above_ground_biomass", "below_ground_biomass")
PARTS = {"above": "above_ground_biomass", "below": "below_ground_biomass"}
RESTORING = ("rewetting", "revegetation", "creation")
POOL_LABELS = {
    "above_ground_biomass": {"en": "carbon in above-ground biomass", "zh": "地上生物量碳"},
    "below_ground_biomass": {"en": "carbon in below-ground biomass", "zh": "地下生物量碳"},
    "litter": {"en": "carbon in litter", "zh": "凋落物碳"},
    "dead_wood": {"en": "carbon in dead wood", "zh": "枯死木碳"},
    "soil": {"en": "soil organic carbon to 1 m", "zh": "1 米深土壤有机碳"},
}
REASON_NO_DEFAULT = {
    "en": "the guide gives no default for this pool of this habitat",
    "zh": "该指南未给出此生境该碳库的缺省值",
}
REASON_RESTORED = {
    "en": "the guide's default is of natural stands; a restored stand has not reached it, and no measurement was given",
    "zh": "缺省值来自天然林地；恢复林地尚未达到，且未提供实测值",
}
REASON_NO_START = {
    "en": "a restored stand of unknown age: state `started`",
    "zh": "恢复林地的起始年份未知：请填写 started",
}


@dataclass
class Chosen:
    """Factors of every class, looked up once, and the pools that have none.

    Parameters
    ----------
    by_quantity : mapping of quantity to {class label: Factor}
    gaps : list of Gap
        One for each class and pool without an estimate.
    """

    by_quantity: dict[str, dict[str, Factor]] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)

    def take(self, quantity: str, label: str, factor: Factor) -> None:
        """Remember a factor for a class."""
        self.by_quantity.setdefault(quantity, {})[label] = factor

    def classes(self, *quantities: str) -> set[str]:
        """Classes that have a factor for each of the quantities."""
        sets = [set(self.by_quantity.get(quantity, {})) for quantity in quantities]
        return set.intersection(*sets) if sets else set()

    def view(self, sheet: Worksheet, quantity: str, labels: set[str]) -> View:
        """The factors of some classes as a view over the class dimension."""
        rows = {(label,): factor for label, factor in self.by_quantity[quantity].items() if label in labels}
        return sheet.factor(rows, ("class",))


def estimated_pools(chosen: Chosen) -> dict[str, frozenset[str]]:
    """Classes with an estimate, by pool; shoots and roots count as one, because they are compared together."""
    biomass = chosen.classes("above_ground_biomass", "root_shoot_ratio", "carbon_fraction") | chosen.classes(
        "above_carbon"
    )
    pools = {
        "above_ground_biomass": biomass,
        "below_ground_biomass": biomass,
        "litter": chosen.classes("litter_stock"),
        "dead_wood": chosen.classes("dead_wood_stock"),
        "soil": chosen.classes("soil_stock_1m"),
    }
    return {pool: frozenset(labels) for pool, labels in pools.items()}


@contextlib.contextmanager
def _kept(findings: Findings) -> Iterator[None]:
    """Keep what a look-up finds wrong and go on, so that a person hears of all classes at once."""
    try:
        yield
    except InputError as error:
        findings.extend(error.findings)


def choose_stock_factors(tables: SurveyTables, factors: FactorTable) -> Chosen:
    """Look up the stock factors of every class.

    Raises
    ------
    InputError
        ME-FAC-01, ME-FAC-02 where a default exists for the habitat but what it asks for was not stated.
    """
    chosen, findings = Chosen(), Findings()
    for label, c in tables.classes.items():
        if not c.blue:
            continue
        young = c.activity in RESTORING
        with _kept(findings):
            _choose_biomass(chosen, factors, label, c, young)
        for pool, quantity in (("litter", "litter_stock"), ("dead_wood", "dead_wood_stock"), ("soil", "soil_stock_1m")):
            own = factors.overlay is not None and factors.overlay.has(quantity, c.context)
            if not _exists(factors, quantity, c):
                chosen.gaps.append(stock_gap(c, pool, REASON_NO_DEFAULT))
            elif young and not own:
                chosen.gaps.append(stock_gap(c, pool, REASON_RESTORED))
            else:
                with _kept(findings):
                    chosen.take(quantity, label, factors.find(quantity, c.context, c.place))
    findings.stop_on_errors()
    return chosen


def part_context(c: AccountingClass, part: str) -> dict[str, str | None]:
    """What a row of vegetation carbon may ask about: the class, and above or below ground."""
    return {**c.context, "part": part}


def _choose_biomass(chosen: Chosen, factors: FactorTable, label: str, c: AccountingClass, young: bool) -> None:
    """Measured carbon per area where there is some, for shoots and roots each; else the guide's way."""
    place = c.place
    measured = [part for part in PARTS if factors.has("vegetation_stock", part_context(c, part))]
    for part in measured:
        chosen.take(f"{part}_carbon", label, factors.find("vegetation_stock", part_context(c, part), place))
    lacking = [pool for part, pool in PARTS.items() if part not in measured]
    if not lacking:
        return
    if "above" in measured:
        if factors.has("root_shoot_ratio", c.context):
            chosen.take("roots_of_carbon", label, factors.find("root_shoot_ratio", c.context, place))
        else:
            chosen.gaps.append(stock_gap(c, "below_ground_biomass", REASON_NO_DEFAULT))
        return
    _choose_default(chosen, factors, label, c, young, lacking)


def _choose_default(
    chosen: Chosen, factors: FactorTable, label: str, c: AccountingClass, young: bool, lacking: list[str]
) -> None:
    if not _exists(factors, "above_ground_biomass", c):
        chosen.gaps.extend(stock_gap(c, pool, REASON_NO_DEFAULT) for pool in lacking)
        return
    if young and c.started is None:
        chosen.gaps.extend(stock_gap(c, pool, REASON_NO_START) for pool in lacking)
        return
    quantities = ["above_ground_biomass", "root_shoot_ratio", "carbon_fraction"]
    if young:
        quantities.append("above_ground_growth")
    for quantity in quantities:
        chosen.take(quantity, label, factors.find(quantity, c.context, c.place))


def _exists(factors: FactorTable, quantity: str, c: AccountingClass) -> bool:
    """Whether any row of the quantity speaks of the habitat, whatever else it asks for; a row of another stratum does not."""
    return any(
        f.quantity == quantity
        and c.habitat in f.applies.get("habitat", (c.habitat,))
        and c.stratum in f.applies.get("stratum", (c.stratum,))
        for f in factors.all()
    )


def stock_gap(c: AccountingClass, pool: str, reason: Mapping[str, str]) -> Gap:
    """A stock line without a number."""
    dimensions = {"habitat": c.habitat, "stratum": c.stratum, "activity": c.activity, "pool": pool}
    return Gap("carbon_stock", "t_C", "stock", "gross", dimensions, "not_estimated", reason, "4.2.2")


def pool_stocks(
    sheet: Worksheet,
    prefix: str,
    area: Node | View | Mapping[str, View],
    tables: SurveyTables,
    chosen: Chosen,
    when: Callable[[dict[str, str]], float],
) -> Node | None:
    """Stocks by pool of every class on an area node.

    Parameters
    ----------
    area : Node or View, or mapping of pool to them
        In ha, with a dimension "class" beside any others.
    when : callable
        Decimal year of a row of `area`, from its labels; the age of planted stands depends on it.

    Returns
    -------
    Node or None
        Stack over "pool" in t C; None where no class has any estimate.
    """
    views = area if isinstance(area, Mapping) else dict.fromkeys(POOLS, area.view() if isinstance(area, Node) else area)
    stocks: list[tuple[str, Node | View]] = []
    stocks += _biomass(sheet, prefix, views["above_ground_biomass"], tables, chosen, when)
    stocks += _measured_carbon(sheet, prefix, views["above_ground_biomass"], tables, chosen, when)
    for pool, quantity in (("litter", "litter_stock"), ("dead_wood", "dead_wood_stock"), ("soil", "soil_stock_1m")):
        labels = chosen.classes(quantity)
        part = views[pool].where(lambda row, labels=labels: row["class"] in labels)
        if part.rows:
            equation = eq.soil_stock if pool == "soil" else eq.dead_matter_stock
            factor = chosen.view(sheet, quantity, labels)
            stocks.append((pool, sheet.apply(f"{prefix}{pool}", equation, POOL_LABELS[pool], area=part, stock=factor)))
    if not stocks:
        return None
    return sheet.stack(f"{prefix}stock", "pool", stocks, {"en": "carbon stock by pool", "zh": "各碳库储量"})


def _biomass(
    sheet: Worksheet,
    prefix: str,
    view: View,
    tables: SurveyTables,
    chosen: Chosen,
    when: Callable[[dict[str, str]], float],
) -> list[tuple[str, Node]]:
    labels = chosen.classes("above_ground_biomass", "root_shoot_ratio", "carbon_fraction")
    grown = labels & chosen.classes("above_ground_growth")
    result: list[tuple[str, Node]] = []
    for kind, members in (("", labels - grown), ("grown_", grown)):
        part = view.where(lambda row, members=members: row["class"] in members)
        if not part.rows:
            continue
        above: Node | View
        if kind:
            above = _grown(sheet, prefix, part, tables, chosen, members, when)
        else:
            above = chosen.view(sheet, "above_ground_biomass", members)
        fraction = chosen.view(sheet, "carbon_fraction", members)
        roots = chosen.view(sheet, "root_shoot_ratio", members)
        name = f"{prefix}{kind}"
        result.append(
            (
                "above_ground_biomass",
                sheet.apply(
                    f"{name}above_ground_biomass", eq.above_ground_stock, POOL_LABELS["above_ground_biomass"],
                    area=part, above_ground=above, carbon_fraction=fraction,
                ),
            )
        )  # fmt: skip
        rooted = part.where(lambda row: row["class"] not in chosen.classes("below_carbon"))
        if not rooted.rows:
            continue
        result.append(
            (
                "below_ground_biomass",
                sheet.apply(
                    f"{name}below_ground_biomass", eq.below_ground_stock, POOL_LABELS["below_ground_biomass"],
                    area=rooted, above_ground=above, root_shoot=roots, carbon_fraction=fraction,
                ),
            )
        )  # fmt: skip
    return result


def _measured_carbon(
    sheet: Worksheet, prefix: str, view: View, tables: SurveyTables, chosen: Chosen,
    when: Callable[[dict[str, str]], float],
) -> list[tuple[str, Node]]:  # fmt: skip
    """Area times measured carbon, roots by the guide's ratio where only shoots were measured."""
    result: list[tuple[str, Node]] = []
    for part, pool in PARTS.items():
        members = chosen.classes(f"{part}_carbon")
        growing = {
            label for label in members if _growing(chosen.by_quantity[f"{part}_carbon"][label], tables.classes[label])
        }
        for name, labels in (("measured", members - growing), ("measured_young", growing)):
            here = view.where(lambda row, labels=labels: row["class"] in labels)
            if not here.rows:
                continue
            stock: Node | View = chosen.view(sheet, f"{part}_carbon", labels)
            if labels is growing:
                stock = _at_age(
                    sheet, f"{prefix}{name}_{part}", here, tables, chosen.by_quantity[f"{part}_carbon"], stock, when
                )
            node = sheet.apply(f"{prefix}{name}_{part}", vegetation_stock, POOL_LABELS[pool], area=here, stock=stock)
            result.append((pool, node))
            rooted = labels & chosen.classes("roots_of_carbon") if part == "above" else set()
            beneath = here.where(lambda row, labels=rooted: row["class"] in labels)
            if beneath.rows:
                node = sheet.apply(
                    f"{prefix}{name}_roots", roots_of_measured_shoots, POOL_LABELS["below_ground_biomass"],
                    area=beneath, stock=stock, root_shoot=chosen.view(sheet, "roots_of_carbon", rooted),
                )  # fmt: skip
                result.append(("below_ground_biomass", node))
    return result


def _growing(factor: Factor, c: AccountingClass) -> bool:
    return from_nothing(c) and factor.measured_year is not None


def from_nothing(c: AccountingClass) -> bool:
    """Whether a stand is known to have had no biomass at its start: restored, or planted and managed since."""
    return c.started is not None and (
        c.activity in RESTORING or (c.activity == "forest_management" and c.replanted is True)
    )


def _at_age(
    sheet: Worksheet, name: str, here: View, tables: SurveyTables, factors: Mapping[str, Factor], stock: View,
    when: Callable[[dict[str, str]], float],
) -> Node:  # fmt: skip
    shares: dict[Row, float] = {}
    for row in here.rows:
        labels = dict(zip(here.dims, row, strict=True))
        c = tables.classes[labels["class"]]
        age = factors[labels["class"]].measured_year - c.started
        grown = max(0.0, when(labels) - c.started)
        shares[row] = min(1.0, grown / age) if age > 0 else 1.0
    label = {"en": "share of the measured stock at its age", "zh": "按林龄占实测储量的比例"}
    share = sheet.input(f"{name}_share", "1", here.dims, shares, role="parameter", label=label)
    label = {"en": "measured stock at its age", "zh": "按林龄的实测储量"}
    return sheet.apply(f"{name}_at_age", stock_at_age, label, stock=stock, share=share)


def _grown(
    sheet: Worksheet, prefix: str, part: View, tables: SurveyTables, chosen: Chosen, members: set[str],
    when: Callable[[dict[str, str]], float],
) -> Node:  # fmt: skip
    ages: dict[Row, float] = {}
    for row in part.rows:
        labels = dict(zip(part.dims, row, strict=True))
        ages[row] = max(0.0, when(labels) - tables.classes[labels["class"]].started)
    age = sheet.input(
        f"{prefix}age",
        "yr",
        part.dims,
        ages,
        role="parameter",
        label={"en": "age of planted stands", "zh": "人工林龄"},
    )
    return sheet.apply(
        f"{prefix}grown_biomass", grown_biomass, {"en": "above-ground biomass at its age", "zh": "按林龄的地上生物量"},
        growth=chosen.view(sheet, "above_ground_growth", members), age=age,
        ceiling=chosen.view(sheet, "above_ground_biomass", members),
    )  # fmt: skip
