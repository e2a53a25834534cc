"""The shell: SMTP in, one batch of decisions, delivery out."""
