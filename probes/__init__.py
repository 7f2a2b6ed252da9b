"""The probes, which collect the evidence. Each module tests one layer of the connection and returns frozen evidence."""
