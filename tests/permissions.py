"""Write the tables of docs/reference/permissions.md from kefu.common.permissions: python -m tests.permissions"""

import re
from pathlib import Path

from kefu.common.permissions import PERMISSIONS, SCOPES_OF_ROLE, Role, Scope, Scopes
from kefu.gateway.auth import visitor_policy

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "permissions.md"
_BEGIN, _END = "<!-- begin generated: make permissions -->", "<!-- end generated -->"


def current() -> str:
    """The page as it should be: its own text, and between the marks the tables."""
    page = PAGE.read_text("utf-8")
    tables = f"{_BEGIN}\n{_markdown()}\n{_END}"
    written, times = re.subn(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", lambda _: tables, page, flags=re.DOTALL)
    if times != 1:
        raise ValueError(f"{PAGE} does not hold the marks {_BEGIN} and {_END} once.")
    return written


def may_call(scopes: frozenset[Scope], needed: Scopes) -> bool:
    """Whether one of the scopes is enough."""
    return not scopes.isdisjoint(needed)


def _markdown() -> str:
    lines = ["| role | scopes |", "|---|---|"]
    for role, scopes in SCOPES_OF_ROLE.items():
        lines.append(f"| `{role}` | {', '.join(f'`{scope}`' for scope in Scope if scope in scopes)} |")
    lines += ["", f"| RPC | one scope of | visitor | {' | '.join(Role)} |", f"|---|---|---|{'---|' * len(Role)}"]
    for service, methods in PERMISSIONS.items():
        for method, needed in methods.items():
            named = "any" if set(needed) == set(Scope) else ", ".join(f"`{scope}`" for scope in needed)
            allowed = [visitor_policy.may_call(service, method)]
            allowed += (may_call(SCOPES_OF_ROLE[role], needed) for role in Role)
            marks = " | ".join("yes" if each else "–" for each in allowed)
            lines.append(f"| {service.rpartition('.')[2]}.{method} | {named} | {marks} |")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(current(), "utf-8")
