"""What several checks need: layers of a run in shape, words, and where things are known."""
