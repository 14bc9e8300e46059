"""Ages and accumulation rates of sediment cores from ²¹⁰Pb, checked against ¹³⁷Cs."""
