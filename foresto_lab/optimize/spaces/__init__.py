"""Spaces of parameters: what each may be, what must hold between them."""
