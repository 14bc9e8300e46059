"""Names of a plant's quantities, labels and settings in English and Chinese, brought along by its statements."""

from __future__ import annotations


def _both(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh": zh}


GAP_RULE = _both(
    "10th percentile of quality-assured hours of like load for captured CO2, 90th for energy and vent",
    "同类负荷有效小时的第 10 百分位（捕集量）与第 90 百分位（能耗与排空）",
)
VERIFIED = {
    "tail not provable": _both(
        "every stored byte hashed anew, chain held; that nothing was cut from the end is not provable without a kept head (--head)",
        "已重算全部散列并核对链条；未给留存首部（--head），无法证明末尾未被截去",
    ),
    "holds the kept head": _both(
        "every stored byte hashed anew, chain and kept head held", "已重算全部散列，链条与留存首部均相符"
    ),
}

WORDS = {
    "edition": {
        "ISO 27919-1:2018, by its abstract; forms recalled": _both(
            "ISO 27919-1:2018, by its abstract; forms recalled", "ISO 27919-1:2018，据其摘要；公式为记忆"
        ),
    },
    "quantity": {
        "gross_captured": _both("CO₂ captured, gross", "CO₂ 毛捕集量"),
        "net_captured": _both("CO₂ captured, net", "CO₂ 净捕集量"),
        "co2_avoided": _both("CO₂ avoided", "CO₂ 避免量"),
        "co2_delivered": _both("CO₂ delivered", "CO₂ 交付量"),
        "capture_rate_product_over_supply": _both("capture rate, product over supply", "捕集率：产品/供给"),
        "capture_rate_without_supply_flow": _both(
            "capture rate, product over product and depleted gas", "捕集率：产品/（产品+贫气）"
        ),
        "capture_rate_by_difference": _both("capture rate, supply less depleted gas", "捕集率：（供给-贫气）/供给"),
        "capture_rate_by_fractions": _both("capture rate, dry fractions in and out", "捕集率：进出口干基浓度"),
        "co2_closure": _both("CO₂ closure, (product + depleted) / supply", "CO₂ 闭合度：（产品+贫气）/供给"),
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
            "what other answers to the gaps would move; not in the headline", "其他缺测处理的差额（不计入结果）"
        ),
        "utilisation": _both("use of the nameplate (1 is as rated)", "铭牌利用率（1 为达到铭牌）"),
        "captured_fossil": _both("CO₂ captured, fossil part", "CO₂ 捕集量，化石部分"),
        "captured_biogenic": _both("CO₂ captured, biogenic part", "CO₂ 捕集量，生物源部分"),
        "host_net_power_without_capture": _both("net power of the host without capture", "主机组净上网电量（无捕集）"),
        "host_net_power_with_capture": _both("net power of the host with capture", "主机组净上网电量（有捕集）"),
        "host_emission_without_capture": _both("CO₂ of the host without capture", "主机组 CO₂ 排放（无捕集）"),
        "host_emission_with_capture": _both("CO₂ of the host with capture", "主机组 CO₂ 排放（有捕集）"),
        "host_intensity_without_capture": _both("intensity of the host without capture", "主机组强度（无捕集）"),
        "host_intensity_with_capture": _both("intensity of the host with capture", "主机组强度（有捕集）"),
        "emission_reduction": _both("SRCE, specific reduction of emissions", "SRCE 单位减排量"),
        "emission_reduction_share": _both(
            "SRCE as a share of the intensity without capture", "SRCE 占无捕集强度的比例"
        ),
        "equivalent_electricity_of_host": _both("SEEC by the host's net power", "SEEC（按主机组净电量）"),
        "power_lost": _both("power the host did not send out", "主机组少发电量"),
        "emission_of_chemicals": _both("emission of chemicals made up", "药剂补充的排放"),
        "emission_of_heat": _both("emission of the heat used", "用热排放"),
        "emission_of_electricity": _both("emission of the electricity used, location-based", "用电排放（基于位置）"),
        "emission_of_electricity_market_based": _both(
            "emission of the electricity used, market-based", "用电排放（基于市场）"
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
        "assumed_uncertainty_percent": _both(
            "standard uncertainty in cross checks where a meter states none [%]",
            "仪表未说明时交叉检查所用标准不确定度 [%]",
        ),
        "weighed_uncertainty_percent": _both(
            "standard uncertainty of weigh bills and tank levels in the check of the product meter [%]",
            "核对产品仪表时磅单与罐位的标准不确定度 [%]",
        ),
        "expired_calibration_factor": _both(
            "systematic uncertainty under an expired calibration, multiplied by", "校准过期期间系统不确定度的倍数"
        ),
        "lab_validity_days": _both("days a laboratory analysis holds", "化验结果有效天数"),
        "balance_gas": _both("balance gas of a CO₂ analysis", "CO₂ 分析的平衡气"),
        "log_size": _both("entries in the log", "日志条目数"),
        "log_root": _both("Merkle root of the log", "日志 Merkle 根"),
        "log_head": _both("head of the log, to be kept (name, entries, root)", "日志首部，请留存（名称、条数、根）"),
        "log_verified": _both("check of the log before computing", "计算前的日志核验"),
        "capture_rate_used": _both("capture rate used, by line", "所采用的捕集率（按线）"),
        "heat_intensity": _both("intensity of heat", "用热排放强度"),
        "electricity_intensity": _both("intensity of electricity", "用电排放强度"),
        "market_intensity": _both("factor of power without certificates", "无绿证电量的因子"),
        "certificates": _both("green certificates counted", "计入的绿证"),
        "certified_option_mwh": _both("certified power given on the command line [MWh]", "命令行给出的绿证电量 [MWh]"),
        "atmosphere_kpa": _both("local air pressure [kPa]", "当地大气压 [kPa]"),
        "host": _both("evidence of the host unit", "主机组数据依据"),
        "other_rules_shown": _both("other rules for gaps shown beside", "并列给出的其他缺测规则"),
        "own_factors": _both("factors of the reporter's own", "报告方自有因子"),
    },
    "check": {
        "lines add to the plant": _both("lines add to the plant", "各线之和等于全厂"),
        "days add to the hours": _both("days add to the hours", "各日之和等于各小时之和"),
    },
    "excludes": {
        "error of the biogenic share": _both("the error of the biogenic share", "生物源比例的误差"),
        "uncertainty of the host unit not stated": _both(
            "the error of the host's figures, whose uncertainty is not stated", "未给出不确定度的主机组数据的误差"
        ),
    },
    "data_quality": {"by analogy": _both("by analogy: not in ISO 27919-1", "类比：不在 ISO 27919-1 范围内")},
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
        GAP_RULE["en"]: GAP_RULE,
        **{text["en"]: text for text in VERIFIED.values()},
        "bound by two standard deviations": _both("bound by two standard deviations", "均值减两倍标准差为界"),
        "amine": _both("amine", "胺法"),
        "membrane": _both("membrane", "膜法"),
    },
}

NODE_WORDS = {
    "captured_readings": _both("CO2 captured by day, readings", "每日捕集 CO2：读数"),
    "captured_bound": _both("CO2 captured by day, gaps by bounds", "每日捕集 CO2：以界值填补"),
    "captured_day": _both("CO2 captured by day", "每日捕集 CO2"),
    "captured_month": _both("CO2 captured by month", "逐月捕集 CO2"),
    "captured_line": _both("CO2 captured by line", "各线捕集 CO2"),
    "captured": _both("CO2 captured", "捕集 CO2"),
    "calibration_own": _both("calibration of the product meters", "产品仪表的校准"),
    "calibration_shared": _both("calibration shared between lines", "各线共用的校准"),
    "calibration_heat": _both("calibration of the heat meters", "热量仪表的校准"),
    "calibration_electricity": _both("calibration of the electricity meters", "电表的校准"),
    "captured_by_balance": _both("CO2 by the balance", "平衡法 CO2"),
    "delivered_total": _both("CO2 delivered", "交付 CO2"),
    "vented_total": _both("CO2 vented", "排空 CO2"),
    "vented": _both("CO2 vented", "排空 CO2"),
    "tank_change": _both("change in tanks", "储罐变化"),
    "capture_rate_product_over_supply": _both("capture rate 1", "捕集率 1"),
    "capture_rate_without_supply_flow": _both("capture rate 2", "捕集率 2"),
    "capture_rate_by_difference": _both("capture rate 3", "捕集率 3"),
    "capture_rate_by_fractions": _both("capture rate 4", "捕集率 4"),
    "co2_closure": _both("CO2 closure", "CO2 闭合度"),
    "heat_readings": _both("heat used by day, readings", "每日用热：读数"),
    "heat_day": _both("heat used by day", "每日用热"),
    "heat_line": _both("heat used by line", "各线用热"),
    "electricity_readings": _both("electricity used by day, readings", "每日用电：读数"),
    "electricity_day": _both("electricity used by day", "每日用电"),
    "electricity_line": _both("electricity used by line", "各线用电"),
    "electricity_total": _both("electricity used", "总用电量"),
    "certified_electricity": _both("electricity with green certificates", "有绿证的电量"),
    "specific_heat": _both("STEC", "STEC"),
    "specific_electricity": _both("SEC", "SEC"),
    "equivalent_electricity": _both("SEEC", "SEEC"),
    "equivalent_electricity_of_host": _both("SEEC by the host's net power", "SEEC（按主机组净电量）"),
    "specific_absorbent": _both("SAC", "SAC"),
    "specific_absorbent_makeup": _both("absorbent made up", "吸收剂补充量"),
    "specific_chemical": _both("SCC", "SCC"),
    "specific_chemical_makeup": _both("chemicals used", "药剂用量"),
    "steam_to_power": _both("power from steam", "蒸汽折电系数"),
    "steam_to_power_of_host": _both("power from the host's steam", "主机组蒸汽折电系数"),
    "days": _both("days of the period", "本期天数"),
    "line_nameplate": _both("nameplate of the line", "生产线铭牌"),
    "plant_nameplate": _both("nameplate of the plant", "全厂铭牌"),
    "line_utilisation": _both("use of the line's nameplate", "生产线铭牌利用率"),
    "plant_utilisation": _both("use of the plant's nameplate", "全厂铭牌利用率"),
    "heat_intensity": _both("intensity of heat", "用热排放强度"),
    "electricity_intensity": _both("intensity of electricity", "用电排放强度"),
    "emission_of_heat_line": _both("emission of the heat used, by line", "各线用热排放"),
    "emission_of_heat": _both("emission of the heat used", "用热排放"),
    "emission_of_electricity_line": _both("emission of the electricity used, by line", "各线用电排放"),
    "emission_of_electricity": _both("emission of the electricity used", "用电排放"),
    "emission_of_electricity_market": _both("emission of the electricity used, market-based", "用电排放（基于市场）"),
    "chemicals_none": _both("no chemicals with a footprint", "无已给出足迹的药剂"),
    "chemical_makeup": _both("chemicals made up", "药剂补充量"),
    "chemical_footprint": _both("footprint of chemicals", "药剂足迹"),
    "emission_of_chemicals_each": _both("emission of each chemical", "各药剂排放"),
    "emission_of_chemicals": _both("emission of chemicals", "药剂排放"),
    "no_heat_beside": _both("no heat from elsewhere", "无外部用热"),
    "no_electricity_beside": _both("no electricity from elsewhere", "无外部用电"),
    "net_captured": _both("CO2 captured, net", "净捕集 CO2"),
    "delivered": _both("CO2 delivered by fate", "按去向交付 CO2"),
    "captured_by_what_it_rests_on": _both("captured CO2 by what it rests on", "捕集量按数据依据"),
    "hours_by_what_they_rest_on": _both("hours by what they rest on", "小时数按数据依据"),
    "excess_of_other_answers_to_gaps": _both("what other answers to gaps would move", "其他缺测处理的差额"),
    "biogenic_share": _both("biogenic share of the CO2", "CO2 的生物源比例"),
    "captured_fossil": _both("CO2 captured, fossil part", "捕集 CO2：化石部分"),
    "captured_biogenic": _both("CO2 captured, biogenic part", "捕集 CO2：生物源部分"),
    "host_intensity_without": _both("intensity of the host without capture", "主机组强度（无捕集）"),
    "host_intensity_with": _both("intensity of the host with capture", "主机组强度（有捕集）"),
    "host_power_error": _both("error of the host's power meters", "主机组电量仪表误差"),
    "host_emission_error": _both("error of the host's CO2 meters", "主机组 CO2 仪表误差"),
    "host_power_without_read": _both("net power without capture, as read", "无捕集净电量：读数"),
    "host_power_with_read": _both("net power with capture, as read", "有捕集净电量：读数"),
    "host_power_without": _both("net power without capture", "无捕集净电量"),
    "host_power_with": _both("net power with capture", "有捕集净电量"),
    "host_emission_without_read": _both("CO2 of the host without capture, as read", "无捕集主机组 CO2：读数"),
    "host_emission_with_read": _both("CO2 of the host with capture, as read", "有捕集主机组 CO2：读数"),
    "host_emission_without": _both("CO2 of the host without capture", "无捕集主机组 CO2"),
    "host_emission_with": _both("CO2 of the host with capture", "有捕集主机组 CO2"),
    "host_heat_none": _both("no steam of the host", "无主机组蒸汽"),
    "host_electricity_none": _both("no power of the host", "无主机组用电"),
    "host_heat_used": _both("steam of the host used", "所用主机组蒸汽"),
    "host_electricity_used": _both("power of the host used", "所用主机组电量"),
    "power_lost": _both("power the host did not send out", "主机组少发电量"),
    "emission_reduction": _both("SRCE", "SRCE"),
    "emission_reduction_share": _both("SRCE as a share", "SRCE 比例"),
    "avoided_at_host": _both("CO2 avoided at the host", "主机组处避免的 CO2"),
    "co2_avoided": _both("CO2 avoided", "避免的 CO2"),
}
"""Names of the worksheet's nodes."""
