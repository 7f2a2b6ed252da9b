"""How facts are gathered: one module per layer of the route, thin I/O, frozen evidence out."""
