"""What stands where nothing was measured: evidence first, then bounds that never favour the claim, with their size shown."""
