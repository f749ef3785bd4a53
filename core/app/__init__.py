"""Where framework, plugins and database meet."""

from plenaria.core.app.application import create_app, prepare

__all__ = ["create_app", "prepare"]
