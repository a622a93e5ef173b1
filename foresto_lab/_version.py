"""The package's version, which is also the engine version of every run."""

__version__ = "0.1.0"
