"""mailguard: stops the automated mail that should not go out."""

__version__ = "0.1.0"
