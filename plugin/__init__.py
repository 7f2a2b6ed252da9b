"""The parts that depend on pytest, pytest-html or pytest-xdist: options, set-up, session, outputs and the report file."""
