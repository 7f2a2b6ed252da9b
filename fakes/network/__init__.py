"""The fake network: resolver, listeners, latency, HTTPS hosts, and peers that are not Exchange."""
