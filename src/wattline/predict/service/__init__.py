"""A simulated service as a question and an answer."""
