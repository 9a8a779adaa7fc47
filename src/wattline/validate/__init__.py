"""Predictions held against what was measured and published, and the fits of coefficients."""
