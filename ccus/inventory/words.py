"""Names of a plant's quantities, labels and settings in English and Chinese, brought along by its statements."""

from __future__ import annotations


def _both(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh": zh}


WORDS = {
    "quantity": {
        "gross_captured": _both("CO₂ captured, gross", "CO₂ 毛捕集量"),
        "net_captured": _both("CO₂ captured, net", "CO₂ 净捕集量"),
        "co2_avoided": _both("CO₂ avoided", "CO₂ 避免量"),
        "co2_delivered": _both("CO₂ delivered", "CO₂ 交付量"),
        "capture_rate_product_over_supply": _both("capture rate, product over supply", "捕集率:产品/供给"),
        "capture_rate_without_supply_flow": _both(
            "capture rate, product over product and depleted gas", "捕集率:产品/(产品+贫气)"
        ),
        "capture_rate_by_difference": _both("capture rate, supply less depleted gas", "捕集率:(供给-贫气)/供给"),
        "capture_rate_by_fractions": _both("capture rate, dry fractions in and out", "捕集率:进出口干基浓度"),
        "co2_closure": _both("CO₂ closure, (product + depleted) / supply", "CO₂ 闭合度:(产品+贫气)/供给"),
        "heat_used": _both("heat used", "用热量"),
        "electricity_used": _both("electricity used", "用电量"),
        "specific_heat": _both("STEC, heat per tonne of CO₂", "STEC 单位热耗"),
        "specific_electricity": _both("SEC, electricity per tonne of CO₂", "SEC 单位电耗"),
        "equivalent_electricity": _both("SEEC, equivalent electricity per tonne", "SEEC 单位等效电耗"),
        "specific_absorbent": _both("SAC, absorbent per tonne", "SAC 单位吸收剂耗量"),
        "specific_chemical": _both("SCC, chemicals per tonne", "SCC 单位药剂耗量"),
        "captured_by_balance": _both("CO₂ delivered + vented + change in tanks", "交付 + 排空 + 储罐变化"),
        "captured_by_what_it_rests_on": _both("captured CO₂ by what it rests on", "捕集量按数据依据"),
        "hours_by_what_they_rest_on": _both("hours by what they rest on", "小时数按数据依据"),
        "excess_of_other_answers_to_gaps": _both(
            "what other answers to the gaps would move; not in the headline", "其他缺测处理的差额(不计入结果)"
        ),
        "utilisation": _both("use of the nameplate", "铭牌利用率"),
        "emission_of_heat": _both("emission of the heat used", "用热排放"),
        "emission_of_electricity": _both("emission of the electricity used, location-based", "用电排放(基于位置)"),
        "emission_of_electricity_market_based": _both(
            "emission of the electricity used, market-based", "用电排放(基于市场)"
        ),
    },
    "dimension": {"scenario": _both("rests on / answer", "依据/处理")},
    "role": {
        "plant": _both("plant file, recorded in the log", "已入日志的厂级文件"),
        "export": _both("historian export", "历史数据导出"),
        "archive": _both("archived readings", "归档读数"),
    },
    "setting": {
        "valid_hour_percent": _both("good time that makes an hour valid [%]", "有效小时所需的有效时间 [%]"),
        "gap_rule": _both("bound for gaps", "缺测界值"),
        "balance_gas": _both("balance gas of a CO₂ analysis", "CO₂ 分析的平衡气"),
        "log_size": _both("entries in the log", "日志条目数"),
        "log_root": _both("Merkle root of the log", "日志 Merkle 根"),
        "log_head": _both("head of the log, to be kept (name, entries, root)", "日志首部,请留存(名称、条数、根)"),
        "capture_rate_used": _both("capture rate used, by line", "所采用的捕集率(按线)"),
        "heat_intensity": _both("intensity of heat", "用热排放强度"),
        "electricity_intensity": _both("intensity of electricity", "用电排放强度"),
    },
    "check": {
        "lines add to the plant": _both("lines add to the plant", "各线之和等于全厂"),
        "days add to the hours": _both("days add to the hours", "各日之和等于各小时之和"),
    },
    "data_quality": {"by analogy": _both("by analogy: not in ISO 27919-1", "类比:不在 ISO 27919-1 范围内")},
    "label": {
        "food": _both("food", "食品"),
        "not stated": _both("not stated", "未说明"),
        "plant": _both("plant", "全厂"),
        "measured": _both("measured", "实测"),
        "redundant meter": _both("redundant meter", "冗余仪表"),
        "balance": _both("balance", "平衡"),
        "neighbouring hours, bounded": _both("neighbouring hours, bounded", "相邻小时并设界"),
        "bound of like hours": _both("bound of like hours", "同类小时界值"),
        "nothing": _both("nothing counted", "计零"),
        "line stopped": _both("line stopped", "停机"),
        "nothing counted in gaps": _both("nothing counted in gaps", "缺测计零"),
        "bound by two standard deviations": _both("bound by two standard deviations", "均值减两倍标准差为界"),
        "amine": _both("amine", "胺法"),
        "membrane": _both("membrane", "膜法"),
    },
}
