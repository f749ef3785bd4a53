"""What every test may ask for; each plugin file says what it gives."""

pytest_plugins = ["tests.programs", "tests.storage"]
