"""From the server's plug to the utility meter: power chain, cooling, water, hour by hour."""
