"""Cooling systems hour by hour: one module a kind, each a pure function of heat, outside air and parameters."""
