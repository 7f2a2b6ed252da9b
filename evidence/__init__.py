"""The frozen records of a run and of the tenant's settings, the gates on a message's route, and functions that evaluate the records."""
