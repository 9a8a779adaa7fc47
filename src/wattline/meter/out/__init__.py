"""What was measured, handed on: Prometheus, OpenTelemetry, tables, CodeCarbon's emissions.csv."""
