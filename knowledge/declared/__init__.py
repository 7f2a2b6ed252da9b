"""Cause entries for a service that the settings declare. They apply to any SMTP server and token service."""
