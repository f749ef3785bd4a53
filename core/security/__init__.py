"""Who is at the door, what they may do, and the guard that every route passes."""

from core.security.guard import admit, undeclared
from core.security.permissions import CORE_PERMISSIONS, ROLES, registered, use_permissions
from core.security.visit import PersonView, TokenView, Visit, visit_of

__all__ = [
    "CORE_PERMISSIONS",
    "ROLES",
    "PersonView",
    "TokenView",
    "Visit",
    "admit",
    "registered",
    "undeclared",
    "use_permissions",
    "visit_of",
]
