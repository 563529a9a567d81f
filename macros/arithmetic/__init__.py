"""Pure functions from dimensions to bytes and speeds. Exact integers wherever the unit is a byte."""
