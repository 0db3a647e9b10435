"""The gateway's configuration."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from kefu.common.config import Fixed, ServiceConfig
from kefu.common.outbound.jwks import is_secure_url
from kefu.common.permissions import SCOPES_OF_ROLE, Role, Scope, expanded

_MIN_SECRET_CHARACTERS = 32
RoleOrScope = Annotated[Role | Scope, Field(union_mode="left_to_right")]
"""A name of both, `admin`, is the role."""
_ROLES: Mapping[str, frozenset[RoleOrScope]] = {
    "kefu-agent": frozenset({Role.AGENT}),
    "kefu-lead": frozenset({Role.LEAD}),
    "kefu-admin": frozenset({Role.ADMIN}),
    "kefu-operator": frozenset({Scope.CHAT, Scope.KNOWLEDGE, Scope.OPERATOR}),  # of earlier releases
}


class GatewayConfig(ServiceConfig, env_prefix="KEFU_GATEWAY_"):
    """Where the services behind the gateway are, who may call without a key, and from which pages."""

    listen: str = "0.0.0.0:8080"
    """Address to serve HTTP at."""

    router: str = "127.0.0.1:50051"
    """Address of the routers, such as dns:///kefu-router:50051. Calls are spread over all addresses that it stands
    for."""

    retrieval: str = "127.0.0.1:50052"
    """Address of the retrieval service, such as dns:///kefu-retrieval:50052."""

    edge_refusals_listen: str = ""
    """Address (UDP) where nginx tells what its limits refused, such as 0.0.0.0:5514; see deploy/nginx. Empty: it
    stands in nginx's log alone."""

    title: str = "Kefu"
    """What the pages call themselves."""

    accent: str = Field(default="", pattern=r"^(#[0-9a-fA-F]{6})?$")
    """The colour of the pages' buttons and links, such as #0b6e5f; made darker or lighter where it would not be
    legible. Empty: Kefu's own."""

    call_seconds: Fixed[float] = 30.0
    """A call that is no stream ends after this, unless its client allows less."""

    max_connections: int = Field(default=10_000, ge=1)
    """Connections at once; more are answered with 503."""

    header_seconds: Fixed[float] = 10.0
    """A client has this long to send a request's header, and a connection to send a first one."""

    body_seconds: Fixed[float] = 30.0
    """A client has this long to send a request's body; an import, this long between two parts of it."""

    send_seconds: Fixed[float] = 60.0
    """A client that does not read what it is sent is cut off after this."""

    trusted_proxies: str = ""
    """Addresses or networks of proxies, comma between, such as 10.0.0.0/8, whose X-Forwarded-For and X-Forwarded-Proto
    are believed. Empty: nobody's."""

    allowed_origins: str = ""
    """Origins of the pages that may call the gateway from elsewhere (CORS), comma between, such as
    https://shop.example.com: where the widget is embedded. Empty: only the gateway's own pages."""

    frame_ancestors: str = ""
    """Origins of the pages that may show the chat page in a frame, comma between. Empty: none. The desk is never
    shown in one."""

    anonymous_per_minute: Fixed[float] = 120.0
    """Calls a minute of one address without a valid key or token, at this gateway; /64 networks of IPv6 count as one
    address."""

    visitor_secret: SecretStr | None = None
    """Signs the tokens of visitors: at least 32 characters. Several, comma between: the first one signs, all are taken,
    so that it can be changed. Unset: there are no visitors, every caller needs a key."""

    visitor_tenant: str = "default"
    """The tenant whose customers visitors are."""

    visitor_collections: str = ""
    """Collections that visitors are answered from, comma between. Empty: all of the tenant's."""

    visitor_minutes: Fixed[float] = 60.0
    """Life of a visitor's token."""

    visitor_refresh_days: Fixed[float] = 7.0
    """An expired token is still exchanged for a fresh one of the same visitor for this long."""

    visitor_days: float = Field(default=30.0, gt=0)
    """After this a visitor is a new one, however often the token was refreshed."""

    customer_hours: float = Field(default=12.0, gt=0)
    """A customer whose identity was verified stays signed in for this long, over all refreshes of the token."""

    visitors_per_minute: float = Field(default=30.0, gt=0)
    """Visitors' tokens a minute for one address, at this gateway."""

    identify_per_minute: Fixed[float] = 30.0
    """Tokens and mail codes a minute that one address may have verified, at this gateway: an office is one address."""

    email_codes_per_minute: Fixed[float] = 6.0
    """Mail codes a minute that one address may have sent, at this gateway. The router limits them as well."""

    pushes_per_minute: Fixed[float] = 30.0
    """Pushes of sources a minute that one address may send, at this gateway."""

    visitor_questions_per_minute: float = Field(default=20.0, gt=0)
    """Messages a minute of one visitor, at this gateway."""

    visitor_calls_per_minute: Fixed[float] = 240.0
    """Other calls a minute of one visitor, at this gateway."""

    visitor_uploads_per_minute: Fixed[float] = 12.0
    """Files a minute of one visitor, at this gateway, and five times as many of all visitors of one address."""

    address_questions_per_minute: float = Field(default=300.0, ge=0)
    """Messages a minute of all visitors of one address, at this gateway, and ten times as many other calls. A /48
    network of IPv6 may send as much as eight addresses. 0: no limit."""

    all_visitors_questions_per_minute: float = Field(default=3000.0, ge=0)
    """Messages a minute of all visitors of a tenant, at this gateway. 0: no limit."""

    visitor_streams: Fixed[int] = 4
    """Watches that one visitor may have open at once, at this gateway, and twice as many answers and uploads. 0: no
    limit."""

    address_streams: int = Field(default=200, ge=0)
    """Watches, answers and uploads that all visitors of one address may have open at once, at this gateway. 0: no
    limit."""

    oidc_issuer: str = ""
    """Issuer of operators' tokens (OpenID Connect), such as https://login.example.com/realms/support. Empty: operators
    need keys."""

    oidc_audience: str = ""
    """The `aud` of their tokens."""

    oidc_client_id: str = ""
    """The client id with which the desk signs people in. Empty: the audience."""

    oidc_scopes: str = "openid profile email"
    """The scopes that the desk requests from the issuer, with spaces between. Some issuers put roles into a token for a
    scope of their own, such as groups, and give refresh tokens for offline_access."""

    oidc_jwks_url: str = ""
    """Where the issuer's keys are. Empty: where its /.well-known/openid-configuration says."""

    oidc_tenant: str = ""
    """The tenant of operators, unless `oidc_tenant_claim` is set. There is no default: admins of the tenant `default`
    rule every tenant."""

    oidc_tenant_claim: str = ""
    """The claim that holds an operator's tenant; dots lead into objects. Empty: all are of `oidc_tenant`."""

    oidc_roles_claim: str = "groups"
    """The claim that holds an operator's roles, a list or words with spaces between, such as realm_access.roles."""

    oidc_roles: Mapping[str, frozenset[RoleOrScope]] = Field(default_factory=lambda: _ROLES)
    """What each role of the issuer's may do, as JSON, by Kefu's roles (agent, lead, admin) or scopes: {"support":
    ["agent"], "editors": ["knowledge"]}. A token without any of them may do nothing. Unset: `kefu-agent`, `kefu-lead`
    and `kefu-admin` are those roles."""

    oidc_max_hours: Fixed[float] = 24.0
    """Longest life of an operator's token, from `iat` to `exp`. One that lives longer is refused."""

    oidc_leeway_seconds: Fixed[float] = 30.0
    """How far the issuer's clock may be off."""

    @model_validator(mode="after")
    def _check_consistent(self) -> Self:
        if any(len(secret) < _MIN_SECRET_CHARACTERS for secret in self.visitor_secrets) or (
            self.visitor_secret is not None and not self.visitor_secrets
        ):
            raise ValueError(f"KEFU_GATEWAY_VISITOR_SECRET must have at least {_MIN_SECRET_CHARACTERS} characters")
        if self.oidc_issuer and not self.oidc_audience:
            raise ValueError("KEFU_GATEWAY_OIDC_ISSUER needs KEFU_GATEWAY_OIDC_AUDIENCE as well")
        for variable, url in (("ISSUER", self.oidc_issuer), ("JWKS_URL", self.oidc_jwks_url)):
            if url and not is_secure_url(url):
                raise ValueError(f"KEFU_GATEWAY_OIDC_{variable} must begin with https://")
        if self.oidc_issuer and not self.oidc_tenant and not self.oidc_tenant_claim:
            raise ValueError(
                "KEFU_GATEWAY_OIDC_ISSUER needs KEFU_GATEWAY_OIDC_TENANT or KEFU_GATEWAY_OIDC_TENANT_CLAIM as well; "
                "in the tenant `default`, admins rule every tenant"
            )
        if any(Scope.INTERNAL in names for names in self.oidc_roles.values()):
            raise ValueError("KEFU_GATEWAY_OIDC_ROLES must not give the scope internal")
        return self

    def scopes_of(self, issuer_role: str) -> frozenset[Scope]:
        """The scopes of one of the issuer's roles; none for a role that `oidc_roles` does not name."""
        names = self.oidc_roles.get(issuer_role, frozenset())
        given = (SCOPES_OF_ROLE[name] if isinstance(name, Role) else {name} for name in names)
        return expanded(scope for scopes in given for scope in scopes)

    @property
    def visitor_secrets(self) -> tuple[str, ...]:
        """The secrets of visitors' tokens. The first one signs; empty when there are no visitors."""
        return comma_separated(self.visitor_secret.get_secret_value()) if self.visitor_secret else ()


def comma_separated(value: str) -> tuple[str, ...]:
    """The entries between the commas of a value, without spaces around them and without empty ones."""
    return tuple(part for part in (each.strip() for each in value.split(",")) if part)
