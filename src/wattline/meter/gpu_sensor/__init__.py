"""How a GPU's own sensor errs, and its correction."""
