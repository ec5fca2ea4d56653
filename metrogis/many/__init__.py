"""Many metropolises in one run: tasks, workers, the manifest."""
