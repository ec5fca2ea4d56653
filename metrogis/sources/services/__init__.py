"""How bytes are got from services: a guarded client, downloads, WFS, OGC API, clips of OSM.

Nothing here knows of catalogs or checks. What is fetched lands in files that the readers of
:mod:`metrogis.sources` open like any other file.
"""
