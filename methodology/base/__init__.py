"""Ground of the toolkit: findings and errors, units, periods, files and their hashes. Imports nothing of ours."""
