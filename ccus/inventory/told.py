"""Tables of a plant's report that stand beside its numbers, in English and Chinese: what each figure holds, where a
tonne may count, how the product meters compare, what readings were left out, which plant file stood behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ccus.inventory.accounts import Accounts, LineAccount
from ccus.inventory.entries import entries_table
from ccus.inventory.sheet import Sheet
from ccus.performance import Standing, by_analogy, claim_of, origin_of, standing_of
from ccus.plant.model import Plant
from methodology.base.phrases import chinese

Text = dict[str, str]
RULE_SETS = ("eu-mrr", "us-rr", "us-vv", "us-pp", "eu-crcf", "eu-rfnbo")
COUNTS = {
    "yes": {"en": "counts", "zh": "计入"},
    "no": {"en": "does not count", "zh": "不计入"},
    "if listed": {"en": "if the product is listed", "zh": "产品须列入清单"},
    "supplied": {"en": "reported as supplied", "zh": "作为供应量报告"},
    "until 2035": {"en": "until 2035 (recalled)", "zh": "至 2035 年（记忆）"},
}
ORIGINS = {
    "fossil": {"en": "fossil", "zh": "化石源"},
    "biogenic": {"en": "biogenic", "zh": "生物源"},
    "mixed": {"en": "mixed", "zh": "混合"},
}
NOT_STATED: Text = {"en": "not stated", "zh": "未说明"}
RECALLED: Text = {"en": "recalled", "zh": "记忆"}
OWN: Text = {"en": "form of this toolkit", "zh": "本工具的形式"}
STANDARD: Text = {"en": "ISO 27919-1", "zh": "ISO 27919-1"}
ANALOGY: Text = {
    "en": "by analogy with ISO 27919-1, which leaves this technology out (ISO 27928 covers it)",
    "zh": "类比 ISO 27919-1（该标准不含此技术，ISO 27928 涵盖）",
}


def both(en: str, zh: str) -> Text:
    """A text in both languages."""
    return {"en": en, "zh": zh}


def tables(accounts: Accounts, sheet: Sheet) -> list[dict[str, Any]]:
    """All tables that have rows: title, columns, rows of texts and numbers, and notes."""
    found = (
        boundaries(sheet), origins(accounts), fate_table(accounts), balance_table(accounts), meters_table(accounts),
        versions_table(accounts), entries_table(accounts.records.behind),
    )  # fmt: skip
    return [table for table in found if table["rows"]]


def _table(
    name: Text, title: Text, columns: Iterable[Text], rows: list[list[Any]], note: Text | None = None
) -> dict[str, Any]:
    return {"name": name, "title": title, "columns": list(columns), "rows": rows, **({"note": note} if note else {})}


def _meters(line: LineAccount, name: str) -> str:
    item = line.hours.measured.get(name)
    return ", ".join(item.tags) if item is not None else ""


def boundaries(sheet: Sheet) -> dict[str, Any]:
    """Each key figure of each line: what is inside it, by which meters, and how sure its form is."""
    shown = {(b.quantity, row[0]) for b in sheet.blocks for row in b.source.rows if row} | {
        (b.quantity, "") for b in sheet.blocks if not b.source.dims
    }
    rows = []
    for line in sheet.accounts.lines:
        standard = ANALOGY if by_analogy(line.hours.line.technology) else STANDARD
        for quantity, short, inside in _line_boundaries(sheet.plant, line):
            if (quantity, line.id) in shown:
                rows.append([short, line.id, inside, standard, RECALLED])
    whole = both("plant", "全厂")
    for quantity, short, inside, standard, form in _plant_boundaries(sheet):
        if (quantity, "") in shown:
            rows.append([short, whole, inside, standard, form])
    return _table(
        both("Boundaries", "边界"),
        both("Boundary of each figure", "各指标的边界"),
        (both("figure", "指标"), both("line", "生产线"), both("what is inside", "包含内容"), both("standard", "标准"),
         both("form", "公式")),
        rows,
        both(
            "Recalled: the form was written down from memory; compare with the bought text before quoting it.",
            "记忆：公式据记忆写出，引用前须与购买的标准原文核对。",
        ),
    )  # fmt: skip


def _line_boundaries(plant: Plant, line: LineAccount) -> list[tuple[str, str, Text]]:
    product, heat, power = (_meters(line, name) for name in ("product", "heat", "electricity"))
    own_power = both(
        f"electricity of {power} over CO2 of {product}; plant-wide meters are not inside",
        f"{power} 的电量 / {product} 的 CO2；不含全厂公用电表",
    )
    return [
        ("specific_heat", "STEC", both(f"heat of {heat} over CO2 of {product}", f"{heat} 的热量 / {product} 的 CO2")),
        ("specific_electricity", "SEC", own_power),
        ("equivalent_electricity", "SEEC", _seec(plant, heat, power)),
        ("specific_absorbent", "SAC", both("make-up logged for the line", "日志所记该线补充量")),
        ("specific_chemical", "SCC", both("chemicals logged for the line", "日志所记该线药剂量")),
    ]


def _seec(plant: Plant, heat: str, power: str) -> Text:
    factor, source = plant.energy.steam_to_power_mwh_per_gj, plant.energy.steam_to_power_source
    return both(
        f"electricity of {power}, and heat of {heat} at {factor} MWh/GJ ({source or 'source not stated'})",
        f"{power} 的电量，加 {heat} 的热量按 {factor} MWh/GJ 折电（{source or '未注明来源'}）",
    )


def _plant_boundaries(sheet: Sheet) -> list[tuple[str, Any, Text, Text, Text]]:
    evidence = sheet.settings.get("host", "")
    host = both(f"host unit, net power and stacks: {evidence}", f"主机组净上网电量与烟囱排放：{evidence}")
    net = both(
        "captured less vents, heat, electricity (location-based) and chemicals with a stated footprint",
        "毛捕集量减排空、用热、用电（基于位置）及已给出足迹的药剂",
    )
    avoided = both(
        "reduction at the host, less vents, energy that does not come from the host, and chemicals",
        "主机组减排量，减排空、非主机组能源及药剂",
    )
    return [
        ("emission_reduction", "SRCE", host, STANDARD, RECALLED),
        ("equivalent_electricity_of_host", both("SEEC of the host", "主机组 SEEC"), host, STANDARD, RECALLED),
        ("net_captured", both("net captured", "净捕集量"), net, both("", ""), OWN),
        ("co2_avoided", both("avoided", "避免量"), avoided, STANDARD, RECALLED),
    ]


def origins(accounts: Accounts) -> dict[str, Any]:
    """Where each line's CO2 comes from and what keeping it out of the air may be called."""
    rows = []
    for line in accounts.lines:
        stream = origin_of(accounts.records.plant, line.id)
        origin = stream.co2_origin if stream else None
        share = {"fossil": 0.0, "biogenic": 1.0}.get(origin or "", stream.biogenic_share if stream else None)
        percent = NOT_STATED if share is None else f"{100 * share:g} %"
        evidence = stream.evidence if stream else ""
        claim = claim_of(origin, evidence)
        rows.append([line.id, ORIGINS.get(origin or "", NOT_STATED), percent, evidence or NOT_STATED, claim])
    return _table(
        both("Origins", "来源"),
        both("Where the CO2 comes from", "CO2 的来源"),
        (both("line", "生产线"), both("origin", "来源"), both("biogenic share", "生物源比例"), both("evidence", "依据"),
         both("claim", "可称为")),
        rows,
        both("CO2 of coal kept out of the air is a reduction, never a removal.", "燃煤 CO2 的捕集属减排，绝不是清除。"),
    )  # fmt: skip


def plant_origin(accounts: Accounts) -> tuple[str | None, str]:
    """Origin of the CO2 of all lines, and what it rests on; not stated where lines differ or one is silent."""
    streams = [origin_of(accounts.records.plant, line.id) for line in accounts.lines]
    found = {stream.co2_origin if stream else None for stream in streams}
    if len(found) != 1 or None in found:
        return None, ""
    proofs = [stream.evidence for stream in streams if stream]
    return found.pop(), "; ".join(dict.fromkeys(proofs)) if all(proofs) else ""


def fate_kind(accounts: Accounts, fate: str) -> str:
    """Kind of a fate of the plant file."""
    return next((item.kind for item in accounts.records.plant.fates if item.id == fate), fate)


def fate_standings(accounts: Accounts, fate: str) -> list[Standing]:
    """What the rule sets say of a fate, for CO2 of the plant's origin."""
    origin, _ = plant_origin(accounts)
    said = (standing_of(fate_kind(accounts, fate), origin, name) for name in RULE_SETS)
    return [item for item in said if item is not None]


def fate_claim(accounts: Accounts, fate: str) -> Text:
    """What the tonnes of a fate may be called."""
    return claim_of(*plant_origin(accounts), fate_kind(accounts, fate))


def fate_table(accounts: Accounts) -> dict[str, Any]:
    """Delivered tonnes by fate and rule set."""
    known = {item.id: item for item in accounts.records.plant.fates}
    rows = []
    for fate, tonnes in accounts.balance.by_fate_t.items():
        receiver = known[fate].receiver if fate in known else ""
        found, claim = fate_standings(accounts, fate), fate_claim(accounts, fate)
        for number, item in enumerate(found):
            first = [fate, receiver, tonnes, claim] if number == 0 else ["", "", "", ""]
            rows.append([*first, item.rule_set, COUNTS.get(item.counts, item.counts), item.reason])
        if not found:
            rows.append(
                [
                    fate,
                    receiver,
                    tonnes,
                    claim,
                    "",
                    NOT_STATED,
                    both("no rule set here speaks of it", "所列规则均未涉及"),
                ]
            )
    return _table(
        both("Fates", "去向"),
        both("Where delivered tonnes may count", "交付量可计入何处"),
        (both("fate", "去向"), both("receiver", "接收方"), both("t CO₂", "t CO₂"),
         both("claim", "可称为"), both("rule set", "规则"), both("answer", "结论"), both("why", "理由")),
        rows,
        both(
            "What a rule set grants is decided by its authority; this table says what its text, as read, asks for.",
            "能否计入由主管机构决定；本表仅列出所读规则文本的要求。",
        ),
    )  # fmt: skip


def balance_table(accounts: Accounts) -> dict[str, Any]:
    """Delivered, vented and put into tanks against the product meters."""
    found = accounts.balance
    rows: list[list[Any]] = []
    if found.accounted_t is not None and found.product_t:
        gap = found.accounted_t - found.product_t
        rows = [
            [both("delivered", "交付"), found.delivered_t],
            [both("vented after capture", "捕集后排空"), found.vented_t],
            [both("change in tanks", "储罐变化"), 0.0 if found.tank_change_t is None else found.tank_change_t],
            [both("delivered + vented + change in tanks", "交付 + 排空 + 储罐变化"), found.accounted_t],
            [both("product meters, gaps answered", "产品表（缺测已处理）"), found.product_t],
            [
                both("difference", "差额"),
                both(
                    f"{gap:+,.1f} t ({100 * gap / found.product_t:+.2f} %)",
                    f"{gap:+,.1f} t ({100 * gap / found.product_t:+.2f} %)",
                ),
            ],
        ]
    return _table(
        both("Balance", "对照"),
        both("Product meters against deliveries, vents and tanks", "产品表与交付、排空、储罐的对照"),
        (both("part", "项目"), both("t CO₂", "t CO₂")),
        rows,
    )


def meters_table(accounts: Accounts) -> dict[str, Any]:
    """Readings left out, entered by hand, and rate against totaliser, by meter."""
    gaps: Mapping[str, float] = {
        tag: item.counter_gap_percent
        for line in accounts.lines
        if (item := line.hours.measured.get("product")) is not None and item.counter_gap_percent is not None
        for tag in item.tags[:1]
    }
    manual = accounts.records.manual
    rows = []
    for tag, judged in sorted(accounts.bench.judged.items()):
        counts = judged.counts()
        left = {
            "en": ", ".join(f"{reason}: {n:,}" for reason, n in counts.items()),
            "zh": "、".join(f"{chinese(reason)}:{n:,}" for reason, n in counts.items()),
        }
        if counts or tag in manual or tag in gaps:
            gap = f"{gaps[tag]:+.2f} %" if tag in gaps else ""
            rows.append([tag, f"{len(judged.series):,}", left, f"{manual[tag]:,}" if tag in manual else "", gap])
    return _table(
        both("Readings", "读数"),
        both("Readings behind the numbers", "数据背后的读数"),
        (both("meter", "仪表"), both("readings, look-back included", "读数（含回溯期）"), both("left out, by reason", "剔除（按原因）"),
         both("entered by hand", "手工录入"), both("rate against totaliser", "瞬时量与累计量之差")),
        rows,
    )  # fmt: skip


def versions_table(accounts: Accounts) -> dict[str, Any]:
    """Plant files behind the period."""
    ever = both("the beginning", "起始")
    rows = [
        [item["sha256"][:16], item["from"] or ever, item["to"] or both("today", "至今")]
        for item in accounts.records.versions
    ]
    return _table(
        both("Plant file", "厂级文件"),
        both("Plant file behind the period", "本期所依据的厂级文件"),
        (both("SHA-256 begins", "SHA-256 开头"), both("in force from", "生效"), both("to", "至")),
        rows,
    )
