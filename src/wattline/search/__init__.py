"""The frontier of set-ups: least energy for a latency."""
