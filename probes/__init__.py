"""The probes, which test each layer of the connection and return frozen evidence."""
