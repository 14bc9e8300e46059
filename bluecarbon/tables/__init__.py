"""Field tables: declared once, read from CSV or XLSX, converted to one unit per column, checked by rule."""
