"""What a job is beside the world: equivalents that a person can picture."""
