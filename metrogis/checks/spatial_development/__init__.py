"""Checks of direction 1.2.1: urbanisation, links of towns, planning acts, ecological corridors."""
