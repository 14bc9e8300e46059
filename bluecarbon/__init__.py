"""Blue carbon: survey maps, plots and cores to areas, stocks, yearly sequestration, change and reports."""
