"""The published atlas: pages, pictures, tables, GeoPackage; and how a folder is replaced by it."""
