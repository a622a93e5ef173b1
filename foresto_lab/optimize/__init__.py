"""Optimisation: spaces, ways to search them, and whether to believe what is found."""
