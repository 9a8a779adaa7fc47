"""Predicted beside measured, before beside after, and the bill of a measurement."""
