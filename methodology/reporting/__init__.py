"""Reports of a statement: HTML, workbook with live formulas, CSV, run conditions; wording in English and Chinese."""
