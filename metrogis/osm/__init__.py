"""Tags of OpenStreetMap: how they are written down, what their values mean, what stands.

Every reader of tags (streets, cycle routes, stations, stops, stands) asks here, whether tags come
from a PBF, from XML, or from the columns of an export. `values` spells keys and values one way,
`lifecycle` tells what is built from what is planned or gone, `hstore` and `tagtable` read tags kept
in columns of a table.
"""
