"""One folder per guide: what it says, its factors, its equations, its worked cases."""
