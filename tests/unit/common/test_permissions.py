"""The table of RPCs and scopes is whole, roles are what they are said to be, and the page shows both."""

from kefu.common.permissions import ALL_SCOPES, PERMISSIONS, SCOPES_OF_ROLE, Role, Scope, expanded, roles_of
from kefu.gateway import grpc_backends
from kefu.gateway.auth import visitor_policy
from kefu.generation.v1 import generation_pb2
from tests import permissions


def test_every_rpc_of_the_contracts_has_a_line_and_every_line_an_rpc() -> None:
    served = {(method.service, method.name) for method in grpc_backends.methods().values()}
    served |= {
        (service.full_name, method.name)
        for service in generation_pb2.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert {(service, method) for service, methods in PERMISSIONS.items() for method in methods} == served
    assert all(needed for methods in PERMISSIONS.values() for needed in methods.values())


def test_no_rpc_asks_for_the_scope_that_only_old_keys_have() -> None:
    asked = {service: methods for service, methods in PERMISSIONS.items() if not service.endswith(".IdentityService")}
    assert not any(Scope.OPERATOR in needed for methods in asked.values() for needed in methods.values())


def test_the_page_shows_every_rpc_and_role() -> None:
    assert permissions.PAGE.read_text("utf-8") == permissions.current(), "Run: make permissions"


def test_a_visitor_may_call_nothing_that_an_app_may_not() -> None:
    for service, methods in PERMISSIONS.items():
        for method, needed in methods.items():
            if visitor_policy.may_call(service, method):
                assert permissions.may_call(SCOPES_OF_ROLE[Role.APP], needed), method


def test_people_have_roles_that_grow_and_none_has_the_services_own_scope() -> None:
    assert SCOPES_OF_ROLE[Role.AGENT] < SCOPES_OF_ROLE[Role.LEAD] < SCOPES_OF_ROLE[Role.ADMIN]
    assert Scope.ADMIN not in SCOPES_OF_ROLE[Role.LEAD]
    assert set().union(*SCOPES_OF_ROLE.values()) == ALL_SCOPES


def test_the_strongest_roles_of_some_scopes_are_named() -> None:
    for role in Role:
        assert roles_of(SCOPES_OF_ROLE[role]) == [role]
    assert roles_of({Scope.CHAT, Scope.DESK}) == [Role.APP, Role.AGENT]
    assert roles_of({Scope.KNOWLEDGE}) == []
    assert roles_of({Scope.CHAT, Scope.KNOWLEDGE, Scope.OPERATOR}) == [Role.ADMIN], "a key of an earlier release"


def test_a_key_of_an_earlier_release_has_what_operator_stood_for() -> None:
    assert expanded({Scope.OPERATOR}) == {Scope.OPERATOR, Scope.DESK, Scope.SETTINGS, Scope.ADMIN}
    assert expanded({Scope.CHAT}) == {Scope.CHAT}
