"""Plenaria: a core that hosts plugins, and the three plugins that come with it. Plugins import `plenaria.plugin` only."""
