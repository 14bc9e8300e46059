"""Measured carbon densities for a survey: cores with their standard errors, and sites as clusters of cores."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bluecarbon.cores.chain import NORMAL_QUANTILE, WHOLE, StockOptions, core_stocks, measured_profiles
from bluecarbon.cores.loading import Sources, load_intervals

SITE = ["study_id", "site_id"]


def core_densities(stocks: pd.DataFrame) -> pd.DataFrame:
    """Density and standard error of every core that can stand for the whole depth.

    Parameters
    ----------
    stocks : DataFrame
        As `bluecarbon.cores.chain.core_stocks` returns it.

    Returns
    -------
    DataFrame, one row per core
        study_id, site_id, core_id, habitat, density_t_c_ha, se_t_c_ha [t C/ha], extrapolated_share [1], grade,
        carbon_basis, depth_cm. Refused cores, and cores that end above the depth without a declared profile, are left
        out: their carbon is that of a lesser depth.

    Notes
    -----
    The standard error is the wider half of the interval over its normal quantile: it is the core's own uncertainty,
    not the spread between cores, which a stratum's mean gets from the cores themselves.
    """
    whole = stocks[stocks.status.isin(WHOLE)]
    quantile = whole.level.map(NORMAL_QUANTILE)
    half = np.maximum(whole.high - whole.stock_t_c_ha, whole.stock_t_c_ha - whole.low)
    table = whole[[*SITE, "core_id", "habitat"]].assign(density_t_c_ha=whole.stock_t_c_ha, se_t_c_ha=half / quantile)
    kept = ["extrapolated_share", "grade", "carbon_basis", "depth_cm"]
    return pd.concat([table, whole[kept]], axis=1).reset_index(drop=True)


def densities_by_site(cores: pd.DataFrame) -> pd.DataFrame:
    """Mean density of every site with its errors; several cores of a site are one cluster.

    Parameters
    ----------
    cores : DataFrame
        As `core_densities` returns it.

    Returns
    -------
    DataFrame, one row per site
        study_id, site_id, cores, density_t_c_ha, between_se_t_c_ha, own_se_t_c_ha [t C/ha], lowest_grade.
        ``between_se_t_c_ha`` is s/√n of the cores (NaN for one core: never 0); ``own_se_t_c_ha`` is what the cores' own
        errors leave in the mean if they are independent.
    """
    grouped = cores.groupby(SITE, sort=False, dropna=False)
    size = grouped.size()
    spread = grouped.density_t_c_ha.std(ddof=1) / np.sqrt(size)
    own = np.sqrt(grouped.se_t_c_ha.apply(lambda errors: float(np.sum(errors**2)))) / size
    return pd.DataFrame(
        {
            "cores": size,
            "density_t_c_ha": grouped.density_t_c_ha.mean(),
            "between_se_t_c_ha": spread,
            "own_se_t_c_ha": own,
            "lowest_grade": grouped.grade.max(),
        }
    ).reset_index()


def core_densities_by_site(sources: Sources, options: StockOptions) -> tuple[pd.DataFrame, pd.DataFrame, list]:
    """Read core tables and give densities of cores and of sites.

    Returns
    -------
    cores, sites : DataFrame
        See `core_densities` and `densities_by_site`.
    findings : list of Finding
        What was found in the tables, refused cores among it.

    Raises
    ------
    InputError
        The tables cannot be used.
    """
    frame, findings = load_intervals(sources)
    findings.stop_on_file_errors()
    stocks = core_stocks(measured_profiles(frame, findings.faults_by_row(), options.in_tube), options)
    cores = core_densities(stocks)
    return cores, densities_by_site(cores), list(findings)
