"""Sediment cores: from slices in a tube to carbon per hectare, with interval and grade."""
