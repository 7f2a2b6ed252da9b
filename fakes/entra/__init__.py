"""The fake Entra: discovery, keys, tokens and device codes."""
