"""Code that starts and stops the fakes, in this process or in a separate one, and describes them to clients."""
