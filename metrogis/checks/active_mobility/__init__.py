"""Checks of direction 2.1.3: cycle routes, above all those that lead to interchanges."""
