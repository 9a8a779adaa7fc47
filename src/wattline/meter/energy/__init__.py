"""From readings to joules with their error."""
