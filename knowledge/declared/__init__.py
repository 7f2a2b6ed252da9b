"""The entries of causes for a service that the settings declare. They are valid for any SMTP server and token service."""
