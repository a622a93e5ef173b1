"""Preflight of a strategy: its definition, its candles, and a dry run of both."""
