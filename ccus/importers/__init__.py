"""Readers of what historians export: layout, time stamps, units, words among numbers, tags to meters."""
