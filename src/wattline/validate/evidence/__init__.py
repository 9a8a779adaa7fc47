"""Measured rows that predictions are held against."""
