"""The fake Entra: discovery documents, keys, tokens and device codes."""
