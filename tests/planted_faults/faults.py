"""The table of faults: for each a patch, the room it lies in, what goes wrong, and where it should be found first."""

from dataclasses import dataclass
from pathlib import Path

PATCHES = Path(__file__).with_name("faults")


@dataclass(frozen=True)
class Fault:
    """One fault of one or a few lines. Its patch is `faults/{name}.patch`."""

    name: str
    room: str
    """The package, as ARCHITECTURE.md has it, or a folder."""
    wrong: str
    """What a customer, a lead or an operator would notice."""
    tests: tuple[str, ...]
    """Files of tests that should find it, the quickest first: of pytest, or of the pages under `web/tests`."""

    @property
    def patch(self) -> Path:
        """The patch, for `git apply`."""
        return PATCHES / f"{self.name}.patch"


_UNIT = "tests/unit"
_SERVICE = "tests/service"
_WEB = "services/kefu/gateway/web/tests"

FAULTS = (
    Fault(
        "01-api",
        "router/api",
        "Who asks in a collection that the key may not search is not refused.",
        (f"{_SERVICE}/router/test_refusals.py",),
    ),
    Fault(
        "02-event-recorder",
        "office/event_recorder",
        "A webhook is told everything, and not only the events that it asked for.",
        (f"{_SERVICE}/office/test_webhooks.py",),
    ),
    Fault(
        "03-webhooks",
        "office/webhooks",
        "A redirect counts as delivered, and the delivery is lost.",
        (f"{_SERVICE}/office/test_webhooks.py",),
    ),
    Fault(
        "04-messages",
        "router/messages",
        "Customers read what triage noted about their messages.",
        (f"{_SERVICE}/router/test_triage.py",),
    ),
    Fault(
        "05-conversations",
        "router/conversations",
        "Another key of the tenant resumes, stops and rates a turn that is not its own.",
        (f"{_SERVICE}/router/test_refusals.py",),
    ),
    Fault(
        "06-answering",
        "router/answering",
        "A topic that the tenant wants refused is answered.",
        (f"{_UNIT}/router/answering/test_decision.py",),
    ),
    Fault(
        "07-triage",
        "router/answering/triage",
        "A rule that calls a person is overruled by another rule that applies as well.",
        (f"{_UNIT}/router/answering/triage/test_rules.py",),
    ),
    Fault(
        "08-desk",
        "router/desk",
        "Two agents hold one conversation: the second claim takes it from the first unasked.",
        (f"{_SERVICE}/router/desk/test_claims.py",),
    ),
    Fault(
        "09-admission",
        "router/admission",
        "Weights count for nothing: under load a large tenant gets the share of a small one.",
        (f"{_UNIT}/router/admission/test_fair_queue.py",),
    ),
    Fault(
        "10-actions",
        "router/actions",
        "A confirmed action is done twice, where two routers get the yes at once.",
        (f"{_SERVICE}/router/test_changes.py",),
    ),
    Fault(
        "11-guardrails",
        "router/guardrails",
        "A figure that no passage holds is said to the customer.",
        (f"{_UNIT}/router/guardrails/test_answer_filter.py",),
    ),
    Fault(
        "12-tenants",
        "router/tenants",
        "On a holiday customers are told that somebody is there.",
        (f"{_UNIT}/router/test_business_hours.py",),
    ),
    Fault(
        "13-insight",
        "office/insight",
        "Questions that were handed over count as answered.",
        (f"{_UNIT}/office/insight/test_turn_counters.py",),
    ),
    Fault(
        "14-nlu",
        "router/nlu",
        'A question back ("yes?") is taken for a yes, and the change is made.',
        (f"{_UNIT}/router/nlu/test_consent.py",),
    ),
    Fault(
        "15-grounding",
        "router/grounding",
        "Who asks which of two is cheaper is told the price of one.",
        (f"{_UNIT}/router/grounding/test_comparison.py",),
    ),
    Fault(
        "16-dispatch",
        "router/dispatch",
        "A replica with other weights goes on from token ids of a foreign vocabulary.",
        (f"{_SERVICE}/router/dispatch/test_relay.py",),
    ),
    Fault(
        "17-replicas",
        "router/replicas",
        "A sick replica whose probe fails is asked again at once.",
        (f"{_UNIT}/router/replicas/test_circuit_breaker.py",),
    ),
    Fault(
        "18-turn-stream",
        "router/turn_stream",
        "An answer that is sent again has lost its sources.",
        (f"{_SERVICE}/router/conversations/test_turns.py",),
    ),
    Fault(
        "19-storage",
        "router/storage",
        "A lease is not fenced: a router that was away writes over the turn that came after.",
        (f"{_SERVICE}/router/conversations/test_turn_leases.py", "tests/faults/test_router_faults.py"),
    ),
    Fault(
        "20-retrieval-api",
        "retrieval/api",
        "A key that is bound to some collections reads the others of its tenant.",
        (f"{_SERVICE}/retrieval/test_searching.py",),
    ),
    Fault(
        "21-sources",
        "retrieval/sources",
        "A sitemap that breaks off is taken for whole, and the pages behind the break are deleted.",
        (f"{_UNIT}/retrieval/test_sitemaps.py",),
    ),
    Fault(
        "22-ingest",
        "retrieval/ingest",
        "What left an archive is still quoted to customers.",
        (f"{_SERVICE}/retrieval/test_files.py",),
    ),
    Fault(
        "23-calibration",
        "retrieval/calibration",
        "The threshold of relevance stays that of the first import, whatever is imported later.",
        (f"{_SERVICE}/retrieval/test_calibration.py",),
    ),
    Fault(
        "24-drafts",
        "retrieval/drafts",
        "A draft of knowledge goes live although its check failed.",
        (f"{_SERVICE}/retrieval/test_drafts.py",),
    ),
    Fault(
        "25-replica",
        "retrieval/replica",
        "Synonyms that were uploaded count only once the replica starts again.",
        (f"{_SERVICE}/retrieval/test_dictionary.py",),
    ),
    Fault(
        "26-ranking",
        "retrieval/ranking",
        "Passages of one page compete with each other, and a clear answer becomes a handoff.",
        (f"{_UNIT}/retrieval/test_score_margin.py",),
    ),
    Fault(
        "27-index",
        "retrieval/index",
        "Customers get answers that were written for staff.",
        (f"{_UNIT}/retrieval/test_curated_answers.py",),
    ),
    Fault(
        "28-vectorstore",
        "retrieval/vectorstore",
        "The vectors of a document's earlier text are still found.",
        (f"{_SERVICE}/retrieval/test_vector_stores.py",),
    ),
    Fault(
        "29-documents",
        "retrieval/documents",
        "The later passages of a long table have lost the names of its columns.",
        (f"{_UNIT}/retrieval/test_documents.py",),
    ),
    Fault(
        "30-retrieval-storage",
        "retrieval/storage",
        "A document that was replaced keeps its old passages.",
        (f"{_SERVICE}/retrieval/test_importing.py",),
    ),
    Fault(
        "31-embedders",
        "retrieval/embedders",
        "In a rush every customer waits behind those who have given up.",
        (f"{_UNIT}/retrieval/test_batching.py",),
    ),
    Fault(
        "32-text",
        "retrieval/text",
        "The company's synonyms are kept, and no search uses them.",
        (f"{_UNIT}/retrieval/test_dictionary.py",),
    ),
    Fault(
        "33-decoding",
        "generation/decoding",
        "The customer reads what the model thought to itself.",
        (f"{_UNIT}/generation/test_decoding.py",),
    ),
    Fault(
        "34-models",
        "generation/models",
        "Weights that were cut short in the download are taken for whole.",
        (f"{_UNIT}/generation/test_memory_fit.py",),
    ),
    Fault(
        "35-engines",
        "generation/engines",
        "An answer that a model server cut off at its limit looks whole.",
        (f"{_SERVICE}/generation/test_openai_engine.py",),
    ),
    Fault(
        "36-gateway-auth",
        "gateway/auth",
        "Visitors read the summary that is meant for agents, in the list of their turns.",
        (f"{_SERVICE}/gateway/test_visitors.py",),
    ),
    Fault(
        "37-openai-api",
        "gateway/openai_api",
        "OpenAI clients get the text that a handoff has withdrawn.",
        (f"{_SERVICE}/gateway/test_openai.py",),
    ),
    Fault(
        "38-mcp",
        "gateway/mcp_server",
        "A page of any origin calls the tools with a key that it got hold of.",
        (f"{_SERVICE}/gateway/test_mcp.py",),
    ),
    Fault(
        "39-upload",
        "gateway/upload",
        "An upload that breaks off is imported as far as it came, and reported as done.",
        (f"{_UNIT}/gateway/test_parts.py", f"{_SERVICE}/gateway/test_http_server.py"),
    ),
    Fault(
        "40-page-headers",
        "gateway/middleware",
        "The desk may be framed by whichever site may frame the chat page.",
        (f"{_SERVICE}/gateway/test_http_server.py",),
    ),
    Fault(
        "41-page-texts",
        "gateway/web",
        "A text of the chat page is missing in Chinese.",
        (f"{_WEB}/texts.test.ts",),
    ),
    Fault(
        "42-edge",
        "edge",
        "nginx serves the desk's and the operators' pages at the customers' address.",
        (f"{_UNIT}/edge/test_config.py", f"{_SERVICE}/edge/test_gateway.py"),
    ),
    Fault(
        "43-cli",
        "cli",
        "Of two files with the same path `kefu import` drops one without a word.",
        (f"{_UNIT}/cli/test_local_files.py",),
    ),
    Fault(
        "44-local",
        "local",
        "`kefu up` gives two of its services one port.",
        (f"{_UNIT}/local/test_ports.py",),
    ),
    Fault(
        "45-client",
        "client",
        "A program shows the text that a handoff has withdrawn.",
        (f"{_SERVICE}/client/test_client.py",),
    ),
    Fault(
        "46-keys",
        "common/auth",
        "Whoever knows the id of a key, of whichever tenant, needs no secret.",
        (f"{_SERVICE}/common/test_serving.py",),
    ),
    Fault(
        "47-audit",
        "common/audit",
        "An entry of another tenant's log passes for one of this log.",
        (f"{_UNIT}/common/test_audit_chain.py",),
    ),
    Fault(
        "48-rpc",
        "common/rpc",
        "Callers read the text of an exception that nobody foresaw, with what it holds.",
        (f"{_SERVICE}/common/test_serving.py",),
    ),
    Fault(
        "49-redis",
        "common/redis",
        "At the limit of Redis' memory new work is refused and taken by turns.",
        (f"{_SERVICE}/common/test_memory_guard.py",),
    ),
    Fault(
        "50-backup",
        "backup",
        "Customers' files that only an earlier backup has are deleted.",
        (f"{_SERVICE}/redis/test_kefu_backup.py",),
    ),
    Fault(
        "51-order-system",
        "order_system",
        "A return is refunded without its fee.",
        (f"{_UNIT}/order_system/test_delivered_orders.py",),
    ),
    Fault(
        "52-manifest-label",
        "k8s",
        "A Service selects a label that no pod has, and the gateway reaches no router.",
        ("tests/manifests/test_pods.py", "tests/manifests/test_network.py"),
    ),
    Fault(
        "53-network-policy",
        "k8s",
        "Retrieval may not speak to Redis: nothing is imported or searched in the cluster.",
        ("tests/manifests/test_network.py",),
    ),
    Fault(
        "54-compose",
        "deploy",
        "compose kills a router that is about to let its answers end.",
        (f"{_UNIT}/repository/test_compose_file.py",),
    ),
    Fault(
        "55-exam",
        "router/exam",
        "A model that finds every sentence right is trusted to verify.",
        (f"{_UNIT}/router/exam/test_exam.py",),
    ),
    Fault(
        "56-proof",
        "router/answering/writing",
        "A sentence that the second reading does not find in the passages is shown.",
        (f"{_UNIT}/router/answering/writing/test_proof.py",),
    ),
    Fault(
        "57-evidence",
        "router/answering/evidence",
        "Who asks for a figure is answered with a sentence that holds none.",
        (f"{_UNIT}/router/grounding/test_evidence_ranking.py",),
    ),
    Fault(
        "58-stages",
        "router/answering/stages",
        "Who wanted none of the actions that Kefu offered is offered them again.",
        (f"{_SERVICE}/router/test_offered_actions.py",),
    ),
)
