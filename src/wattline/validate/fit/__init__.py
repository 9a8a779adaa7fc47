"""Fits of coefficients to measured rows."""
