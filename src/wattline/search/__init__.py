"""The frontier of set-ups: least energy for a latency, over chips, layouts, batches and power limits."""
