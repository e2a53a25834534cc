"""RFC 5321 and RFC 5322 values. Pure: no socket, file, clock, database or log."""
