"""Starts and stops the fakes, in this process or in one of their own, and describes them to clients."""
