"""Plots of trees, dead wood and quadrats to biomass and carbon, with model and measurement error apart."""
