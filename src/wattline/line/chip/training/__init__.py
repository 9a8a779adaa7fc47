"""A training step: layout, messages, what production adds."""
