"""One file per kind of source. Each reads one thing and says what it did; none knows of checks."""
