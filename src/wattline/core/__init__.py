"""Ground floor: errors, files, units, facts, ranges, loads and bills."""
