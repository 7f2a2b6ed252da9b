"""The fake Exchange Online: the SMTP dialogue, sign-in and submission."""
