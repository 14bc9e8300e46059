"""From areas to accounts: one module per way of accounting, all on the same worksheet."""
