"""Start and stop the fakes, in this process or in a separate one, and describe them to clients."""
