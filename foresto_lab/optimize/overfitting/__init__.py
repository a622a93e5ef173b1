"""Whether a search found more than luck: its statistics and the verdict."""
