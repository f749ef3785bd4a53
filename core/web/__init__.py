"""What every page and every JSON handler stands on: security, errors, templates, the API's shared parts."""
