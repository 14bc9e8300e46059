"""Which readings can be believed: checks of each meter alone, cross checks between meters, and what becomes of each."""
