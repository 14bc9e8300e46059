"""Carbon capture: plant logs and meter data to mass captured, throughput, energy KPIs, net captured and reports."""
