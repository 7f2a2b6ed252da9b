"""The catalogue's entries, one file per layer of the route; how they are found and filled lives in `knowledge.causes`."""
