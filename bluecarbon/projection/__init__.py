"""Stocks through time: carbon of every class trajectory of a map series, evaluated once per trajectory."""
