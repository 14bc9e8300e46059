"""From plots and cores to strata: means, totals and their intervals; how many samples a wanted precision takes."""
