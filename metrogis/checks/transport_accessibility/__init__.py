"""Checks of direction 2.1.2: white spots of public transport, quality of service, connections."""
