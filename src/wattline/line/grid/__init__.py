"""What the electricity costs, emits and drinks."""
