"""Tables that others keep, as rows of text under columns: files, other databases. What columns mean, and nothing of linkage."""
