"""Time and power of one step of a model on a set of chips: pure array functions."""
