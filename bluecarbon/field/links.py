"""Which stratum of the legend a site, plot or core belongs to; nothing is linked by likeness of names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bluecarbon.classes import AccountingClass
from bluecarbon.job import Job, LegendEntry
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

IGNORED = "ignore"
SHOWN = 8


@dataclass(frozen=True)
class FieldStratum:
    """A stratum as the legend names it, with the classes it became.

    Parameters
    ----------
    name, habitat : str
    classes : tuple of AccountingClass
        Those the maps show; empty where the legend has the stratum and no map does.
    """

    name: str
    habitat: str
    classes: tuple[AccountingClass, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Names the stratum has in the account, where further statements set some of its classes apart."""
        return tuple(dict.fromkeys(c.stratum for c in self.classes))


def legend_strata(job: Job, classes: Iterable[AccountingClass]) -> dict[tuple[str, str], FieldStratum]:
    """Strata of a legend by (habitat, name)."""
    classes = list(classes)
    names: dict[tuple[str, str], None] = {}
    for value, entry in job.legend.items():
        if isinstance(entry, LegendEntry):
            names[entry.habitat, entry.stratum or entry.species or value] = None
            if not entry.stratum:
                names.update(
                    {(c.habitat, c.species): None for c in classes if c.species and c.habitat == entry.habitat}
                )
    return {
        (habitat, name): FieldStratum(
            name, habitat,
            tuple(c for c in classes if c.habitat == habitat and (c.stratum == name or c.stratum.startswith(f"{name} ("))),
        )
        for habitat, name in names
    }  # fmt: skip


def spoken(*parts: str) -> str:
    """A site, core or plot by its keys, empty ones left out."""
    return "/".join(part for part in parts if part)


def forms(*parts: str) -> list[str]:
    """Ways a job may write the same thing: the full name, and shorter ones from its end."""
    given = [part for part in parts if part]
    return ["/".join(given[n:]) for n in range(len(given))]


@dataclass
class Links:
    """Sites of one field table and the strata they stand for; faults are gathered, each said once.

    Parameters
    ----------
    place : str
        Of the table in the job file, for messages.
    strata : mapping
        As `legend_strata` gives it.
    sites, left_out : mapping
        As the job has them.
    """

    place: str
    strata: Mapping[tuple[str, str], FieldStratum]
    sites: Mapping[str, str]
    left_out: Mapping[str, str]
    findings: Findings
    used: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)

    def stratum(self, study: str, site: str, own: str = "") -> FieldStratum | None:
        """Stratum of a site; None where it is ignored or cannot be told (then a finding stands).

        Parameters
        ----------
        own : str
            What the table itself says, used where the job links no site.
        """
        key = next((form for form in forms(study, site) if form in self.sites), None)
        if key is not None:
            self.used.add(key)
        wanted = self.sites[key] if key is not None else own
        if wanted == IGNORED:
            return None
        if not wanted:
            self._tell("BC-FLD-01", f"{self.place}.sites", phrase("no stratum for site {spoken}", spoken=spoken(study, site)), self._known(),
                       phrase('Add "{site}" = "…", or "ignore".', site=site or study))  # fmt: skip
            return None
        fitting = [s for s in self.strata.values() if wanted in (s.name, f"{s.habitat}/{s.name}")]
        place = (
            f"{self.place}.sites, {key}"
            if key is not None
            else phrase("{place}, site {spoken}", place=self.place, spoken=spoken(study, site))
        )
        if not fitting:
            self._tell(
                "BC-FLD-02",
                place,
                phrase("stratum {wanted!r}", wanted=wanted),
                self._known(),
                "Name it as the legend does.",
            )
            return None
        if len(fitting) > 1:
            several = ", ".join(f"{s.habitat}/{s.name}" for s in fitting)
            self._tell(
                "BC-FLD-02",
                place,
                phrase("stratum {wanted!r} of several habitats", wanted=wanted),
                phrase("one of {names}", names=several),
            )
            return None
        return fitting[0]

    def is_left_out(self, *parts: str) -> bool:
        """Whether the job leaves this core or plot out by name."""
        key = next((form for form in forms(*parts) if form in self.left_out), None)
        if key is None:
            return False
        if key not in self.used:
            self.findings.add("BC-FLD-09", f"{self.place}, {spoken(*parts)}", phrase("left out: {left_out}", left_out=self.left_out[key]),
                              "every measured core and plot", "What is left out moves the mean; the reason is the "
                              "surveyor's.", "warning")  # fmt: skip
        self.used.add(key)
        return True

    def check_unused(self) -> None:
        """Names in the job that the table does not have (BC-FLD-03)."""
        for kind, names in (("sites", self.sites), ("leave_out", self.left_out)):
            for name in names:
                if name not in self.used:
                    self._tell("BC-FLD-03", f"{self.place}.{kind}, {name}", "nothing of this name in the table",
                               "a site, core or plot of the table", "Correct the name or remove the entry.")  # fmt: skip

    def _known(self) -> str:
        names = [s.name for s in self.strata.values()]
        return phrase("one of {names}{which}", names=", ".join(names[:SHOWN]), which=" …" if len(names) > SHOWN else "")

    def _tell(self, code: str, place: str, found: str, expected: str, remedy: str = "") -> None:
        if f"{code}{place}{found}" not in self.told:
            self.told.add(f"{code}{place}{found}")
            self.findings.add(code, place, found, expected, remedy)
