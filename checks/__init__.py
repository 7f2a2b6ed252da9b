"""What must be true: pure judges from evidence and settings to findings, one file per family."""
