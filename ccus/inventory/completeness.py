"""Whether a period's accounts are whole enough for net figures and the use of the nameplate, or why they are not. Pure."""

from __future__ import annotations

import numpy as np

from ccus.gaps.ladder import Filled
from ccus.inventory.accounts import Accounts

Text = dict[str, str]

UNMETERED = {
    "heat": lambda lines: {
        "en": f"emissions of heat are not estimated: heat of {lines} is neither metered (steam) nor declared absent "
        "(no_heat of [[line]], with the reason)",
        "zh": f"用热排放未估算：{lines} 的用热既无计量（steam），也未声明不用热（[[line]] 的 no_heat 并写明理由）",
    },
    "electricity": lambda lines: {
        "en": f"emissions of electricity are not estimated: electricity of {lines} is neither metered nor declared absent "
        "(no_electricity of [[line]], with the reason)",
        "zh": f"用电排放未估算：{lines} 的用电既无计量，也未声明不用电（[[line]] 的 no_electricity 并写明理由）",
    },
}
_NAMES = {
    "vented": ("vented CO2", "排空 CO2"),
    "vent": ("vented CO2", "排空 CO2"),
    "electricity": ("electricity", "用电"),
    "heat": ("heat", "用热"),
    "fuel": ("fuel", "燃料"),
}


def unmetered(accounts: Accounts, name: str) -> list[str]:
    """Lines that captured CO2 while an energy is neither metered nor declared absent; a meter of no line stands for those
    that have none of their own.

    Parameters
    ----------
    accounts : Accounts
    name : {"heat", "electricity"}
    """
    if _known(getattr(accounts, f"shared_{name}")):
        return []
    return [
        line.id
        for line in accounts.lines
        if line.captured_t.sum() > 0
        and not _known(getattr(line.hours, name))
        and getattr(line.hours.line, f"no_{name}") is None
    ]


def _known(item: Filled | None) -> bool:
    return item is not None and bool(np.isfinite(item.total))


def unrecorded(accounts: Accounts, line: str | None = None) -> Text | None:
    """Why hours that nobody recorded leave a figure without a number; of one line or of all."""
    lost = {name: hours for name, hours in accounts.unrecorded_h.items() if line in (None, name)}
    if not lost:
        return None
    en = ", ".join(f"{name} {hours:,.0f} h" for name, hours in lost.items())
    return {
        "en": f"hours without any reading and without an entry in the log: {en}; import them, log an outage, or state "
        "valid_from of the line",
        "zh": f"无读数且日志无记录的小时：{en}；请导入数据、登记停机，或说明该线的 valid_from",
    }


def lacking(accounts: Accounts) -> Text | None:
    """That the plant's total lacks a line."""
    if not accounts.lacking:
        return None
    names = ", ".join(accounts.lacking)
    return {
        "en": f"captured CO2 of {names} is not estimated, see its findings: the plant's total lacks it",
        "zh": f"{names} 的捕集量未估算（见核查发现）：全厂合计不含该线",
    }


def withheld(accounts: Accounts) -> Text | None:
    """Why net and avoided CO2 have no number; None where nothing stands against them."""
    found = [text for text in (unrecorded(accounts), lacking(accounts)) if text is not None]
    names = list(dict.fromkeys(_NAMES[name] for name in accounts.untold if name in _NAMES))
    if names:
        en, zh = (", ".join(name[n] for name in names) for n in (0, 1))
        found.append(
            {
                "en": f"metered and not to be told, see the findings: {en}",
                "zh": f"有计量但无法得出数值（见核查发现）：{zh}",
            }
        )
    if not found:
        return None
    return {lang: "; ".join(text[lang] for text in found) for lang in ("en", "zh")}
