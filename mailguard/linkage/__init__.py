"""Linking whole tables: records in, links and persons out. The only part that may load pandas, and only when it is asked to."""
