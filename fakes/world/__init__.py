"""The simulated world: one tenant, the network in front of it, two senders, and what the fakes recorded."""
