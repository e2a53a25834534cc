"""Templates: rendered in a sandbox, in a process of its own, with what is known of one recipient."""
