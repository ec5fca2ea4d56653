"""Monitoring of space and mobility in a metropolitan area."""
