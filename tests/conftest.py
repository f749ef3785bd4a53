"""What every test may ask for; each plugin file says what it gives."""

pytest_plugins = ["pytester", "tests.programs", "tests.storage", "tests.site"]
