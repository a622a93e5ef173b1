"""The loop of a search: objectives, batches, progress, checkpoints, what it found."""
