"""Support staff reach the desk from inside the company, and nobody does from the internet (B7)."""

import ipaddress

import pytest

from kefu.testing.kustomize import K8S, containers, named, of_kind, pod_labels, selects

YOURS = K8S / "checks" / "your-cluster"
BEHIND_A_GATEWAY = K8S / "checks" / "everything-else"
INTERNAL = {
    "GKE": ("networking.gke.io/load-balancer-type", "Internal"),
    "EKS": ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"),
    "AKS": ("service.beta.kubernetes.io/azure-load-balancer-internal", "true"),
    "ACK": ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", "intranet"),
    "OpenStack": ("service.beta.kubernetes.io/openstack-internal-load-balancer", "true"),
}
"""By the clouds' documentation, which the component's README names."""


def admitted(address: str, port: int) -> bool:
    """Whether an address outside the cluster may speak to nginx at a port."""
    nginx = named(YOURS, "Deployment", "kefu-nginx")
    for policy in of_kind(YOURS, "NetworkPolicy"):
        if not selects(policy["spec"]["podSelector"], pod_labels(nginx)):
            continue
        for rule in policy["spec"].get("ingress", []):
            if any(one["port"] == port for one in rule["ports"]):
                blocks = [peer["ipBlock"]["cidr"] for peer in rule.get("from", []) if "ipBlock" in peer]
                if "from" not in rule or any(
                    ipaddress.ip_address(address) in ipaddress.ip_network(one) for one in blocks
                ):
                    return True
    return False


@pytest.mark.parametrize("cloud", INTERNAL)
def test_b7_every_cloud_is_told_in_its_own_words_that_the_balancer_is_internal(cloud: str) -> None:
    key, value = INTERNAL[cloud]
    desk = named(YOURS, "Service", "kefu-desk")
    assert desk["metadata"]["annotations"][key] == value
    gateway = named(BEHIND_A_GATEWAY, "Gateway", "kefu-desk")
    assert gateway["spec"]["infrastructure"]["annotations"] == desk["metadata"]["annotations"]


def test_b7_the_balancer_leads_to_the_port_for_operations_and_keeps_the_callers_addresses() -> None:
    spec = named(YOURS, "Service", "kefu-desk")["spec"]
    assert (spec["type"], spec["externalTrafficPolicy"]) == ("LoadBalancer", "Local")
    [port] = spec["ports"]
    [nginx] = containers(named(YOURS, "Deployment", "kefu-nginx"))
    assert {one["name"]: one["containerPort"] for one in nginx["ports"]}[port["targetPort"]] == 8444
    assert all(ipaddress.ip_network(one).is_private for one in spec["loadBalancerSourceRanges"])


def test_b7_offices_get_in_and_the_internet_does_not() -> None:
    assert all(admitted(address, 8444) for address in ("10.20.0.7", "172.20.1.1", "192.168.4.4"))
    assert not any(admitted(address, 8444) for address in ("203.0.113.9", "8.8.8.8", "172.32.0.1"))
    assert admitted("203.0.113.9", 8443), "customers"


def test_b7_no_overlay_shows_the_desk_outside_the_cluster_by_itself() -> None:
    for overlay in ("cpu-demo", "gpu-small", "gpu-production"):
        for one in of_kind(K8S / "overlays" / overlay, "Service"):
            outside = one["spec"].get("type", "ClusterIP") != "ClusterIP"
            assert not outside or {port["targetPort"] for port in one["spec"]["ports"]} == {"grpcs"}


def test_b7_behind_a_gateway_the_desk_has_an_address_of_its_own_and_customers_do_not_reach_it() -> None:
    desk = named(BEHIND_A_GATEWAY, "HTTPRoute", "kefu-desk")
    [parent] = desk["spec"]["parentRefs"]
    gateway = named(BEHIND_A_GATEWAY, "Gateway", parent["name"])
    [listener] = gateway["spec"]["listeners"]
    assert (listener["name"], listener["protocol"], listener["port"]) == (parent["sectionName"], "HTTPS", 443)
    assert desk["spec"]["hostnames"] == [listener["hostname"]]
    [rule] = desk["spec"]["rules"]
    assert rule["backendRefs"] == [{"name": "kefu-gateway", "port": 8080}]
    assert [match["path"]["value"] for match in rule["matches"]] == ["/"], "as nginx' port for operations"
    for route in of_kind(BEHIND_A_GATEWAY, "HTTPRoute", "GRPCRoute"):
        if route["metadata"]["name"] != "kefu-desk":
            assert {one["name"] for one in route["spec"]["parentRefs"]} == {"kefu"}
            paths = [match.get("path", {}) for one in route["spec"]["rules"] for match in one["matches"]]
            open_to_all = [one["value"] for one in paths if one.get("type") == "PathPrefix"]
            assert not any("/desk".startswith(one) or "/mcp".startswith(one) for one in open_to_all)


def test_b7_behind_a_gateway_people_sign_in_at_the_issuer_and_the_desk_still_says_who_calls() -> None:
    [policy] = of_kind(BEHIND_A_GATEWAY, "SecurityPolicy")
    assert policy["spec"]["targetRefs"] == [
        {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "kefu-desk"}
    ]
    oidc = policy["spec"]["oidc"]
    [listener] = named(BEHIND_A_GATEWAY, "Gateway", "kefu-desk")["spec"]["listeners"]
    assert oidc["redirectURL"] == f"https://{listener['hostname']}/oauth2/callback"
    assert oidc["forwardAccessToken"] is False, "it would replace the header by which the desk's calls say who calls"


def test_acme_over_http_has_a_port_a_way_to_its_solver_and_nothing_else() -> None:
    listeners = {one["name"]: one for one in named(BEHIND_A_GATEWAY, "Gateway", "kefu")["spec"]["listeners"]}
    assert (listeners["acme"]["protocol"], listeners["acme"]["port"]) == ("HTTP", 80)
    for route in of_kind(BEHIND_A_GATEWAY, "HTTPRoute", "GRPCRoute"):
        assert all(one["sectionName"] != "acme" for one in route["spec"]["parentRefs"]), "no page without TLS"
    policy = named(BEHIND_A_GATEWAY, "NetworkPolicy", "kefu-acme")["spec"]
    assert policy["podSelector"] == {"matchLabels": {"acme.cert-manager.io/http01-solver": "true"}}
    [rule] = policy["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8089}]
    namespaces = {one["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for one in rule["from"]}
    assert namespaces == {"envoy-gateway-system", "cert-manager"}
