"""The world's outlook as a question: places, years, scenarios and what-ifs in, ranges and their reasons out."""
