"""The line from a model to the world: work, chip, engine, site, grid, world."""
