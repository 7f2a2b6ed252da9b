"""Fakes of Microsoft Graph and Exchange administration, which lookups query."""
