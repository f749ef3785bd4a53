"""Pages: Jinja templates of the core and of every plugin, in one frame.

A plugin's templates live in `plugins/<name>/templates/<name>/…`, its page scripts and pictures in `plugins/<name>/static/…`
and are addressed as `static("<name>/file.js")`. The core's are addressed without a prefix.
"""

from plenaria.core.web.templating.error_pages import error_page
from plenaria.core.web.templating.pages import Pages, page, pages_of, render, see_other
from plenaria.core.web.templating.static_files import CORE

__all__ = ["CORE", "Pages", "error_page", "page", "pages_of", "render", "see_other"]
