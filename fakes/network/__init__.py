"""The fake network: resolver, listeners, latency, HTTPS hosts, and servers that impersonate Exchange."""
