"""For Piccolo's own command (`PICCOLO_CONF=config.piccolo_conf piccolo …`); the service does not need it.

Use it to look, not to migrate: `plenaria migrate` takes the locks that Piccolo's command lacks.
"""

from pathlib import Path

from piccolo.conf.apps import AppRegistry

from plenaria.core.host.plugins import PluginHost
from plenaria.core.kernel.settings import load
from plenaria.core.storage.database import stock_engine

_FILE = Path(__file__).with_name("plenaria.toml")

DB = stock_engine(load(_FILE if _FILE.exists() else None).database)
APP_REGISTRY = AppRegistry()
APP_REGISTRY.app_configs.update({app.app_name: app for app in PluginHost.discover().apps()})
