"""What really happened: sensors, recordings, journal, windows, attribution, in the types of the line."""
