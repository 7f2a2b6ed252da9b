"""The entries of the catalogue, one module per stage of the route; `knowledge.causes` collects them."""
