"""The plant file: what stands where, what measures what, and since when."""
