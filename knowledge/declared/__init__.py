"""The entries of causes for a service that the settings declare: valid for any SMTP server and token service."""
