"""How a call shows who calls, by a document's security schemes."""

from openapi_pydantic.v3.v3_1 import Operation, SecurityScheme

from kefu.cli.openapi.document import Document
from kefu.cli.openapi.names import kebab


def credentials(document: Document, operation: Operation, secret: str) -> tuple[dict[str, str], list[str]]:
    """The headers of the first of an operation's ways to show who calls, and what a person has to see to.

    A way that no header can show is taken only where there is no other. `secret`: the name of the tenant's secret;
    empty: that of the scheme.
    """
    ways = [_shown(document, list(each), secret) for each in operation.security or () if each]
    if not ways and secret:
        return {}, [
            f"The document does not say how the system is shown who calls, so the secret {secret} is used nowhere: add "
            f'the header that it wants (call.headers), such as "authorization": "Bearer {{secret:{secret}}}".'
        ]
    return next((each for each in ways if each[0]), ways[0] if ways else ({}, []))


def _shown(document: Document, names: list[str], secret: str) -> tuple[dict[str, str], list[str]]:
    headers, undecided = dict[str, str](), list[str]()
    for name in names:
        scheme = document.at(
            SecurityScheme, f"#/components/securitySchemes/{name.replace('~', '~0').replace('/', '~1')}"
        )
        own = secret if secret and not headers else kebab(name)
        held = f"{{secret:{own}}}"
        put, what = f"Store the secret: kefu secrets put {own} < FILE", ""
        match (scheme.type.lower(), (scheme.scheme or scheme.security_scheme_in or "").lower()):
            case ("http", "bearer"):
                headers["authorization"] = f"Bearer {held}"
            case ("http", "basic"):
                headers["authorization"] = f"Basic {held}"
                what = ", which holds USER:PASSWORD in Base64"
            case ("apikey", "header"):
                headers[scheme.name or name] = held
            case ("apikey", "cookie"):
                headers["cookie"] = f"{scheme.name or name}={held}"
            case ("apikey", "query"):
                put = (
                    f"{name}: the system wants its key in the address, where Kefu puts none, for addresses are logged. "
                    "Ask who runs it for a header."
                )
            case ("oauth2" | "openidconnect", _):
                put = (
                    f"{name}: the system wants a token of OAuth 2, and Kefu fetches none. Where it takes a key or a "
                    "token that lasts, store that as a secret and add the header: "
                    f'"authorization": "Bearer {{secret:{own}}}".'
                )
            case (kind, how):
                put = f"{name}: Kefu does not know {kind} {how}: add the header that the system wants (call.headers)."
        undecided.append(f"{put}{what}" if what else put)
    return headers, undecided
