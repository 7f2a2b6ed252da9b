"""Hostile peers: servers on loopback that break a protocol on purpose, so that a client can be tested against them.

Each peer is a function that serves one connection; `listener.serving` makes it a server for the length of a `with` block.
"""
