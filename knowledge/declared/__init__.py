"""Causes as worded for a declared service: true of any SMTP server and token service."""
