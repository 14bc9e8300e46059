"""From a reading to a mass: reference conditions, wet and dry, meter types, steam, equation-of-state tables, hours."""
