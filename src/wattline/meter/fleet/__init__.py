"""Telemetry of a fleet: readings in, joules by device and interval as partitioned Parquet, sums out."""
