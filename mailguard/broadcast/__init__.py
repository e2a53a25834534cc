"""The send-safety check before a broadcast: the message, the audience, and the signed result. Knows no SMTP."""
