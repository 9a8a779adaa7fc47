"""What is asked for: models, training runs, requests."""
