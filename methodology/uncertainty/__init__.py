"""Distributions, first-order propagation and Monte Carlo on the worksheet graph."""
