"""The reference of environment variables, generated from the configuration classes: docs/reference/configuration.md."""

from typing import NamedTuple

from pydantic import AliasChoices, AliasPath, BaseModel, SecretStr

from kefu.common.config import ServiceConfig


class Variable(NamedTuple):
    """One environment variable."""

    name: str
    default: str
    """The default as an operator would write it; empty without one."""
    required: bool
    description: str


def variables_of(config_class: type[ServiceConfig]) -> list[Variable]:
    """The variables that a class reads, in the order of its fields. Raises ValueError for one without a docstring."""
    found: list[Variable] = []
    for field, name in config_class.variables().items():
        info = config_class.model_fields[field]
        if isinstance(info.validation_alias, AliasChoices | AliasPath):
            raise ValueError(f"{config_class.__name__}.{field}: name one variable, not a choice")
        if not info.description:
            raise ValueError(f"{config_class.__name__}.{field} has no docstring")
        # A computed default (the home folder, say) differs by machine: the description names it.
        default = None if info.is_required() or info.default_factory else info.default
        if isinstance(default, BaseModel):
            default = ""  # the description shows it
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        written = "" if default is None else str(default)
        found.append(Variable(name, written, info.is_required(), " ".join(info.description.split())))
    return found


def markdown_table(config_classes: dict[str, type[ServiceConfig]]) -> str:
    """The table of the page, in Markdown: first the variables that several services read, then each service's own.

    `config_classes` maps a service's name to its configuration class.
    """
    rows: dict[str, tuple[Variable, list[str]]] = {}
    for service, config_class in config_classes.items():
        for variable in variables_of(config_class):
            rows.setdefault(variable.name, (variable, []))[1].append(service)
    lines = ["| variable | default | read by | what it is |", "|---|---|---|---|"]
    for variable, services in sorted(rows.values(), key=lambda row: (-len(row[1]), row[1])):
        default = "required" if variable.required else f"`{variable.default}`" if variable.default else ""
        read_by = "all" if len(services) == len(config_classes) else ", ".join(services)
        lines.append(
            f"| `{variable.name}` | {default} | {read_by} | {variable.description.replace('|', chr(92) + '|')} |"
        )
    return "\n".join(lines)
