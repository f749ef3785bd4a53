"""An event as a file: what it declares, how that differs from what is, making it so, and writing it back.

`[event]` holds the event's own data and its slug, `[[team]]` (optional) who holds which role, `[plugins.<name>]` whether a
plugin is on, its settings and what it lets a file declare. What is not named is left alone; a named table is the truth.
Documents are builtins (of TOML or JSON) with instants and dates as such, so that every handler can use them.
"""

from plenaria.core.events.declared.applying import adds_owner, apply
from plenaria.core.events.declared.declaration import Declaration, DeclaredPlugin, Document, Member
from plenaria.core.events.declared.documents import as_text, document, document_of
from plenaria.core.events.declared.planning import plan
from plenaria.core.events.declared.reading import read

__all__ = [
    "Declaration",
    "DeclaredPlugin",
    "Document",
    "Member",
    "adds_owner",
    "apply",
    "as_text",
    "document",
    "document_of",
    "plan",
    "read",
]
