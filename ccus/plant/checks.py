"""What the records of a plant file must be to each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

from ccus.plant.model import Certificate, Dated, Energy, Host, Line, Meter, Plant, Stream
from methodology.base.errors import Finding
from methodology.base.phrases import phrase

TOTALS = ("mass_total", "volume_total", "energy_total", "heat_total")
GAS_VOLUMES = ("volume_flow", "volume_total")
HOST_WAYS = "Give net_mwh_ and emitted_t_ without_capture and with_capture, or intensity_t_co2_per_mwh."
ENERGY_METERS = ("power", "heat_flow", "energy_total", "heat_total", "mass_flow")
PRODUCT_FLOWS = ("mass_flow", "volume_flow", "differential_pressure", "mass_total", "volume_total", "velocity")
CO2_STREAMS = ("flue_gas_in", "depleted_gas", "product", "vent", "tank", "delivery")


def check(plant: Plant, place: str, refused: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """Findings about records that are sound one by one; warnings where a meter leaves something unsaid.

    Parameters
    ----------
    plant : Plant
        The sound records.
    place : str
        Name of the file in findings.
    refused : set of str
        Tables and ids that stand in the file but were refused themselves: naming those is no further fault.
    """
    if not plant.nameplates and not {"nameplate", "plant"} & refused:
        yield Finding(
            "CC-PLANT-04",
            f"{place}, [plant], nameplate_t_per_year",
            "nothing",
            "the plant's rating in t CO2 a year",
            "Add nameplate_t_per_year, or [[nameplate]] tables with their periods.",
        )
    if not plant.lines and "line" not in refused:
        yield Finding("CC-PLANT-04", place, "no [[line]]", "at least one line", "Add [[line]] with id and technology.")
    yield from _periods(plant, place)
    yield from _doubled(plant, place)
    yield from _named(plant, place, refused)
    for number, item in enumerate(plant.nameplates, start=1):
        if (item.basis == "design_hours") != (item.design_hours is not None):
            found = phrase(
                "basis {basis} with design_hours {design_hours}", basis=item.basis, design_hours=item.design_hours
            )
            yield _clash(
                phrase("{place}, nameplate {number}", place=place, number=number),
                found,
                "design_hours with basis design_hours, and only then",
            )
    for stream in plant.streams:
        yield from _stream(stream, place)
    yield from _energy(plant.energy, place)
    for number, host in enumerate(plant.hosts, start=1):
        yield from _host(host, plant.energy, f"{place}, [[host]] {number}", place)
    for certificate in plant.certificates:
        yield from _certificate(certificate, place)
    for meter in plant.meters:
        yield from _meter(meter, plant, place)
    for line in plant.lines:
        yield from _absent_energy(line, plant, place)


def _absent_energy(line: Line, plant: Plant, place: str) -> Iterator[Finding]:
    """An energy that a line is said not to take, beside a meter of it."""
    for key, stream in (("no_heat", "steam"), ("no_electricity", "electricity")):
        if getattr(line, key) is None:
            continue
        for meter in plant.meters:
            known = meter.line == line.id and meter.stream in plant.stream_ids and meter.kind in ENERGY_METERS
            if known and plant.stream(meter.stream).kind == stream and meter.overlaps(line.valid_from, line.valid_to):
                yield _clash(
                    phrase("{place}, line {line}, {key}", place=place, line=line.id, key=key),
                    phrase("a reason why there is none, beside meter {tag}", tag=meter.tag),
                    "one of the two",
                    "Remove the key, or close the meter's record with valid_to.",
                )


def _clash(where: str, found: str, expected: str, remedy: str = "") -> Finding:
    return Finding("CC-PLANT-12", where, found, expected, remedy)


def _periods(plant: Plant, place: str) -> Iterator[Finding]:
    dated = [(f"nameplate {n}", item) for n, item in enumerate(plant.nameplates, start=1)]
    dated += [(f"line {line.id}", line) for line in plant.lines]
    dated += [(f"meter {meter.tag}", meter) for meter in plant.meters]
    dated += [(f"host {n}", host) for n, host in enumerate(plant.hosts, start=1)]
    dated += [(f"certificate {item.serial}", item) for item in plant.certificates]
    dated += [(f"meter {meter.tag}, calibration {item.certificate}", item)  # type: ignore[misc]
              for meter in plant.meters for item in meter.calibration]  # fmt: skip
    for name, item in dated:
        if item.valid_from and item.valid_to and item.valid_from >= item.valid_to:
            yield Finding(
                "CC-PLANT-11",
                f"{place}, {name}",
                f"valid_from {item.valid_from.isoformat()}, valid_to {item.valid_to.isoformat()}",
                "valid_to after valid_from",
                "valid_to is the first moment the record no longer holds.",
            )


def _doubled(plant: Plant, place: str) -> Iterator[Finding]:
    groups: dict[str, list[Dated]] = defaultdict(list)
    groups["nameplate"] = list(plant.nameplates)
    for line in plant.lines:
        groups[f"line {line.id}"].append(line)
    for meter in plant.meters:
        groups[f"meter {meter.tag}"].append(meter)
    groups["host"] = list(plant.hosts)
    for name, records in groups.items():
        if any(first.overlaps(second.valid_from, second.valid_to) for first, second in combinations(records, 2)):
            yield Finding(
                "CC-PLANT-11",
                f"{place}, {name}",
                phrase("{n} records whose periods overlap", n=len(records)),
                "one record at any moment",
                "Close the older one with valid_to and open the newer one with the same moment as valid_from.",
            )
    for name, ids in (
        ("stream", [item.id for item in plant.streams]),
        ("fate", [item.id for item in plant.fates]),
        ("chemical", [item.id for item in plant.chemicals]),
        ("certificate", [item.serial for item in plant.certificates]),
    ):
        for id in sorted({id for id in ids if ids.count(id) > 1}):
            yield Finding(
                "CC-PLANT-09",
                f"{place}, {name} {id}",
                phrase("{count} tables", count=ids.count(id)),
                "one",
                "Rename or remove one.",
            )


def _named(plant: Plant, place: str, refused: frozenset[str]) -> Iterator[Finding]:
    lines = {line.id for line in plant.lines}
    tags = {meter.tag for meter in plant.meters}
    streams = set(plant.stream_ids)
    for kind, items in (("stream", plant.streams), ("chemical", plant.chemicals), ("meter", plant.meters)):
        for item in items:
            name = item.tag if isinstance(item, Meter) else item.id
            if item.line is not None and item.line not in lines | refused:
                yield _absent(
                    phrase("{place}, {kind} {name}, line", place=place, kind=kind, name=name), item.line, "line", lines
                )
    for meter in plant.meters:
        where = phrase("{place}, meter {tag}", place=place, tag=meter.tag)
        if meter.stream not in streams | refused:
            yield _absent(phrase("{where}, stream", where=where), meter.stream, "stream", streams)
        for field in ("redundant_with", "pressure_meter", "temperature_meter", "composition_meter", "moisture_meter"):
            tag = getattr(meter, field)
            if tag is not None and tag not in tags | refused:
                yield _absent(f"{where}, {field}", tag, "meter", tags)
            elif tag == meter.tag:
                yield _clash(f"{where}, {field}", phrase("{tag}, the meter itself", tag=tag), "another meter")
        yield from _of_line(meter, plant, where)


def _of_line(meter: Meter, plant: Plant, where: str) -> Iterator[Finding]:
    """A meter's line against its stream's, and a product flow that belongs to no line."""
    if meter.stream not in plant.stream_ids:
        return
    stream = plant.stream(meter.stream)
    if stream.line is not None and meter.line is not None and stream.line != meter.line:
        yield _clash(
            phrase("{where}, line", where=where),
            phrase("{line}, and its stream {stream} of line {other}", line=meter.line, stream=stream.id, other=stream.line),
            "one line for both",
            "Correct the line of the meter or of the stream.",
        )  # fmt: skip
    if stream.kind == "product" and meter.line is None and meter.kind in PRODUCT_FLOWS:
        yield Finding(
            "CC-PLANT-14",
            phrase("{where}, line", where=where),
            "nothing, on a product stream that names no line either",
            "the line whose CO2 it shows",
            "State line. A meter behind all lines shows what their own meters show: log it as deliveries and tank levels.",
        )


def _absent(where: str, found: str, kind: str, known: Iterable[str]) -> Finding:
    listed = ", ".join(sorted(known)) or phrase("none is declared")
    return Finding(
        "CC-PLANT-10",
        where,
        repr(found),
        phrase("a declared {kind} ({listed})", kind=kind, listed=listed),
        phrase("Add [[{kind}]] or correct the name.", kind=kind),
    )


def _stream(stream: Stream, place: str) -> Iterator[Finding]:
    where = phrase("{place}, stream {stream}", place=place, stream=stream.id)
    if stream.co2_origin == "mixed" and (stream.biogenic_share is None or not stream.evidence):
        found = phrase(
            "biogenic_share {biogenic_share}, evidence {evidence!r}",
            biogenic_share=stream.biogenic_share,
            evidence=stream.evidence,
        )
        yield _clash(
            where, found, "both, since co2_origin is mixed", "State the share and the measurement it rests on."
        )
    if stream.co2_origin != "mixed" and stream.biogenic_share is not None:
        yield _clash(
            where,
            phrase("biogenic_share with co2_origin {co2_origin}", co2_origin=stream.co2_origin),
            "a share only for mixed CO2",
        )
    if stream.kind in CO2_STREAMS and stream.co2_origin is None and stream.kind != "tank":
        yield Finding(
            "CC-PLANT-13",
            where,
            "no co2_origin",
            "fossil, biogenic or mixed",
            "Reports will say that the origin is not stated.",
            severity="warning",
        )


def _energy(energy: Energy, place: str) -> Iterator[Finding]:
    for name in ("electricity", "steam", "fuel", "cooling"):
        flow = getattr(energy, name)
        if flow is None:
            continue
        given = [value for value in (flow.intensity_kg_co2_per_mwh, flow.intensity_kg_co2_per_gj) if value is not None]
        where = f"{place}, [energy.{name}]"
        if flow.source == "grid" and given:
            yield _clash(
                where, "source grid with an intensity of its own", "the grid factor of a dated series", "Remove it."
            )
        if len(given) == 2:
            yield _clash(where, "an intensity per MWh and one per GJ", "one of them")
        if flow.source != "grid" and (flow.grid_region is not None or flow.grid_data_year is not None):
            yield _clash(
                where,
                phrase("source {source} with grid_region or grid_data_year", source=flow.source),
                "no grid factor for host or own energy",
            )


def _host(host: Host, energy: Energy, where: str, place: str) -> Iterator[Finding]:
    totals = host.totals
    given = [value for value in totals if value is not None]
    alone = host.intensity_t_co2_per_mwh is not None
    if alone and (totals[0], *totals[2:]) != (None, None, None):
        yield _clash(where, "totals with and without capture beside an intensity", "one of the two ways", HOST_WAYS)
    elif not alone and len(given) < len(totals):
        yield _clash(
            where,
            phrase("{n} of the four totals and no intensity", n=len(given)),
            "all four, or the intensity",
            HOST_WAYS,
        )
    if ((given and not alone) or host.net_mwh_with_capture is not None) and not (host.valid_from and host.valid_to):
        yield _clash(
            where, "totals without their time", "valid_from and valid_to", "State what time they were measured over."
        )
    power = energy.electricity
    if power is not None and power.source == "host" and power.intensity_kg_co2_per_mwh is not None:
        yield _clash(
            f"{place}, [energy.electricity]",
            "an intensity of its own beside [[host]]",
            "the host's intensity stated once",
            "Remove intensity_kg_co2_per_mwh: [[host]] gives it.",
        )


def _certificate(item: Certificate, place: str) -> Iterator[Finding]:
    if item.valid_from is None or item.valid_to is None:
        found = "no time in which its power was made"
        yield _clash(f"{place}, [[certificate]] {item.serial}", found, "valid_from and valid_to", "State both.")


def _meter(meter: Meter, plant: Plant, place: str) -> Iterator[Finding]:
    where = phrase("{place}, meter {tag}", place=place, tag=meter.tag)
    totaliser = (meter.totaliser_start, meter.totaliser_stop, meter.totaliser_rollover)
    if meter.kind not in (*TOTALS, "weight") and any(value is not None for value in totaliser):
        yield _clash(
            where,
            phrase("totaliser readings on a {kind} meter", kind=meter.kind),
            phrase("kind {names}", names=", ".join(TOTALS)),
        )
    if meter.orifice is not None:
        if meter.kind != "differential_pressure":
            yield _clash(where, phrase("orifice on a {kind} meter", kind=meter.kind), "kind differential_pressure")
        if meter.orifice.bore_diameter_m >= meter.orifice.pipe_diameter_m:
            yield _clash(where, "a bore not narrower than the pipe", "bore_diameter_m below pipe_diameter_m")
    if meter.stream in plant.stream_ids and plant.stream(meter.stream).kind in CO2_STREAMS:
        for field, kinds, options in (
            ("reference_condition", GAS_VOLUMES, "0C_1atm, 15C_1atm, 20C_1atm, 60F_1atm, … or line"),
            ("moisture", (*GAS_VOLUMES, "composition"), "wet or dry"),
            ("component", ("composition",), "the component it measures"),
        ):
            if meter.kind in kinds and getattr(meter, field) is None:
                yield _unsaid(f"{where}, {field}", options)
    if meter.kind == "pressure" and meter.pressure is None:
        yield _unsaid(phrase("{where}, pressure", where=where), "gauge or absolute")


def _unsaid(where: str, expected: str) -> Finding:
    return Finding(
        "CC-PLANT-13",
        where,
        "nothing",
        expected,
        "Data of this meter are refused until it is stated.",
        severity="warning",
    )
