"""The simulated world: one tenant, the network in front of it, two senders, and the fakes' records."""
