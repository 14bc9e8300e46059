"""The append-only log of a plant: a ledger of entries and an archive of meter data, both checkable by a stranger."""
