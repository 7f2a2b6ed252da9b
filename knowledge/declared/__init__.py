"""What is wrong, as it is worded for a service that the settings declare: true of any SMTP server and token service, no vendor's."""
