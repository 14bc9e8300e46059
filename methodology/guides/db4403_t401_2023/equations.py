"""Toolkit form of Shenzhen's guide: total sink as activity data × factor, activity sink as project minus base state."""

from __future__ import annotations

from methodology.equation import Constant, equation

GUIDE = "db4403-t401-2023"
CO2_PER_C = Constant(44 / 12, "t_CO2/t_C", "44/12")


@equation(GUIDE, "toolkit-1", "t_CO2/yr", area=("ha", 0, None), factor=("t_C/ha/yr", 0, 50))
def sink_of_area(area, factor):
    """Yearly sink of a habitat, activity data × factor; a removal is negative. Source: db4403, our reading of its contents page."""
    return -area * factor * CO2_PER_C


@equation(GUIDE, "toolkit-1p", "t_CO2/yr", area=("ha", 0, None), factor=("t_C/ha/yr", -30, 0))
def sink_by_parent(area, factor):
    """The same with a parent guide's soil factor, whose removals are negative already. Source: db4403, stated parents."""
    return area * factor * CO2_PER_C


@equation(GUIDE, "toolkit-2", "t_CO2/yr", project=("t_CO2/yr", None, None), base=("t_CO2/yr", None, None))
def activity_sink(project, base):
    """Sink due to human activity: project state minus base state. Source: db4403, our reading of its contents page."""
    return project - base
