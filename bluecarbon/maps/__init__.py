"""Survey maps: read, mend, measure on the ground, cut by reporting unit, compare between dates."""
