"""The entries of the catalogue, one module per layer of the route; `knowledge.causes` collects them."""
