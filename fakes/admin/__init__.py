"""Fakes of the two APIs that lookups query: Microsoft Graph and Exchange administration."""
