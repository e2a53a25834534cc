"""Customers' replies: where they come from, what each one is, what it answers, and what is still owed."""
