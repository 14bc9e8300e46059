"""Factors with their sources: load, check, look up by what they apply to."""
