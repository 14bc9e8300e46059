"""What a crediting rule would take off measured means for their uncertainty: told beside them, never taken off."""

from __future__ import annotations

from dataclasses import replace

from bluecarbon.field.estimate import LEVEL, Measurement, SampleMean
from bluecarbon.sampling.discounts import discount_rule
from bluecarbon.sampling.strata import t_quantile
from methodology.base.phrases import joined, phrase


def relative_uncertainty(mean: SampleMean, level: float) -> float:
    """Half width over the mean at another level than `bluecarbon.field.estimate.LEVEL`. [1]"""
    return mean.half_width * t_quantile(level, mean.df) / t_quantile(LEVEL, mean.df) / abs(mean.mean)


def with_discount(measurements: list[Measurement], name: str | None) -> list[Measurement]:
    """The same measurements, the rule's reduction of each told in its note.

    Parameters
    ----------
    measurements : list of Measurement
    name : str or None
        Rule of `bluecarbon.sampling.discounts`; None changes nothing.

    Raises
    ------
    InputError
        BC-SAM-08 no such rule.
    """
    if name is None:
        return measurements
    rule = discount_rule(name)
    told = []
    for m in measurements:
        if m.mean.mean <= 0:
            told.append(m)
            continue
        share = relative_uncertainty(m.mean, rule.level)
        off = rule.deduction(share)
        words = phrase(
            "not applied here: {rule} ({source}, {mark}) would take off {off:.3g} % for an uncertainty of {share:.3g} % at "
            "{level:g} %, leaving {left:.5g}",
            rule=rule.name, source=rule.source, mark=phrase(rule.value_status), off=100 * off, share=100 * share,
            level=100 * rule.level, left=m.mean.mean * (1 - off),
        )  # fmt: skip
        told.append(replace(m, note=joined("; ", [m.note, words]) if m.note else words))
    return told
