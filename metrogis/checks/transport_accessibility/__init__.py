"""Checks of direction 2.1.2: white spots, quality of service, connections, travel times."""
