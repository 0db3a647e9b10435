"""Recipes: how the documents of a system that answers in JSON are listed and read, as TOML."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from kefu.common.errors import BadRequest
from kefu.common.outbound.jmespath_search import compiled
from kefu.retrieval.sources.source import RestOrigin

MAX_CHARACTERS = 20_000
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")
_SETTING = re.compile(r"[A-Za-z0-9._~:/-]{1,200}")
SECRETS = {"secret", "secret_base64"}
"""Placeholders of headers: the secret, and its Base64, as HTTP's Basic authentication wants it."""


@dataclass(frozen=True)
class ListCall:
    """The call that lists documents, and how the next page of them is asked for. Expressions are JMESPath."""

    url: str
    items: str
    method: Literal["GET", "POST"] = "GET"
    body: str = ""
    """JSON, of a POST."""
    children: str = ""
    """Documents within a document, likewise listed."""
    next: str = ""
    """The address of the next page, or nothing."""
    cursor: str = ""
    """What names the next page, or nothing; it is sent as `cursor_parameter`, in the body of a POST."""
    cursor_parameter: str = ""
    page_parameter: str = ""
    """Number of the page, from 1; `pages` is the expression of how many there are."""
    pages: str = ""


@dataclass(frozen=True)
class DetailCall:
    """The call that reads one document; `{id}` in its address is the document's. It may have pages by a cursor."""

    url: str
    cursor: str = ""
    cursor_parameter: str = ""


@dataclass(frozen=True)
class DocumentFields:
    """Where parts of a document stand, as JMESPath of its entry in the list; `body`: of the detail, if there is one."""

    id: str
    title: str
    body: str
    """A text, or texts, which are joined as paragraphs."""
    format: Literal["html", "markdown", "text"] = "html"
    address: str = ""
    address_prefix: str = ""
    """Stands in front of a relative address."""
    updated: str = ""
    """Changes with the document. A document with the same one is not read again."""


@dataclass(frozen=True)
class Recipe:
    """A described source."""

    title: str
    list: ListCall
    document: DocumentFields
    detail: DetailCall | None = None
    headers: Mapping[str, str] | None = None
    asks: Mapping[str, str] | None = None
    """The settings that it needs, each with an example."""
    secret: str = ""
    """What the secret is; empty: it needs none."""

    def filled(self, text: str, settings: Mapping[str, str]) -> str:
        """A text with the settings in place of its placeholders; others stay."""
        return _PLACEHOLDER.sub(lambda found: settings.get(found[1], found[0]), text)


_RECIPE = TypeAdapter(Recipe)


def recipes() -> dict[str, Recipe]:
    """The recipes that come with Kefu, by name."""
    folder = resources.files("kefu.retrieval.sources").joinpath("recipes")
    found = sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name)
    return {each.name.removesuffix(".toml"): parse_recipe(each.read_text("utf-8")) for each in found}


def recipe_of(origin: RestOrigin) -> Recipe:
    """The recipe of a source, whose settings are all given. Raises BadRequest."""
    if origin.recipe:
        known = recipes()
        if origin.recipe not in known:
            raise BadRequest("rest.recipe", f"must be one of {', '.join(known)}; or describe your own.")
        recipe = known[origin.recipe]
    else:
        recipe = parse_recipe(origin.description)
    settings = dict(origin.settings)
    for name, example in (recipe.asks or {}).items():
        if not _SETTING.fullmatch(settings.get(name, "")) or ".." in settings[name]:
            raise BadRequest("rest.settings", f"must give `{name}`, such as {example}.")
    return recipe


def parse_recipe(text: str) -> Recipe:
    """Read a recipe. Raises BadRequest that says where it is wrong."""
    if len(text) > MAX_CHARACTERS:
        raise BadRequest("rest.description", f"must have at most {MAX_CHARACTERS} characters.")
    try:
        recipe = _RECIPE.validate_python(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadRequest("rest.description", f"is no TOML: {str(error)[:200]}.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadRequest("rest.description", f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from None
    _check_expressions(recipe)
    return recipe


def _check_expressions(recipe: Recipe) -> None:
    fields, calls = recipe.document, recipe.list
    expressions = {
        "list.items": calls.items,
        "list.children": calls.children,
        "list.next": calls.next,
        "list.cursor": calls.cursor,
        "list.pages": calls.pages,
        "detail.cursor": recipe.detail.cursor if recipe.detail else "",
        "document.id": fields.id,
        "document.title": fields.title,
        "document.body": fields.body,
        "document.address": fields.address,
        "document.updated": fields.updated,
    }
    for name, expression in expressions.items():
        try:
            if expression:
                compiled(expression)
        except ValueError as error:
            raise BadRequest("rest.description", f"{name} is {error}.") from None
    for name, address in (("list.url", calls.url), ("detail.url", recipe.detail.url if recipe.detail else calls.url)):
        if not address.startswith(("https://", "http://")):
            raise BadRequest("rest.description", f"{name} must begin with https:// or http://.")
        if SECRETS & set(_PLACEHOLDER.findall(address)):
            raise BadRequest("rest.description", f"{name} must not hold the secret; put it in a header.")
