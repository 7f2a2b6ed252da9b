"""Hostile peers: servers on loopback that break a protocol on purpose, so that a client can be tested against them.

Each peer is a row of the catalogue with a function that serves one connection. `placing` puts a peer in the place of one server of the
built-in tenant. `listener.serving` serves a function by itself, without the tenant.
"""
