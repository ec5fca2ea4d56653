"""A page for each municipality: all answers, its map, its places, what is unknown and why."""
