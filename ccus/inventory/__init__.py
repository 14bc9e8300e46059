"""From the log and the plant file to a period's accounts, their worksheet and their statement."""
