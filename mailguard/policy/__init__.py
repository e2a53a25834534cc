"""Deciding about mail. Pure: facts in, a decision out."""
