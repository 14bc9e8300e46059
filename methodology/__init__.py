"""How one accounts for carbon: guides, equations, factors, uncertainty, worksheets, statements, reports."""
