"""Charts of results as drawings of a page: data first, then lines; no library in the page."""

from metrogis.report.charts.data import Bar, ChartData, Piece, chart_data
from metrogis.report.charts.drawn import DrawnChart, draw

__all__ = ["Bar", "ChartData", "DrawnChart", "Piece", "chart_data", "draw"]
