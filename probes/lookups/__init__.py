"""Looking settings up in the tenant: one table of questions, three ways to ask them, one reading of the answers."""
