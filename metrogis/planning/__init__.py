"""Rules of Polish planning acts: zone types, overlays with land, building areas (OUZ).

Pure functions of geometries and tables; nothing here knows of checks, files or maps.
"""
