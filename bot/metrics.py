"""What /metrics tells. Each application has its own registry: nothing global, so tests can run several."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = Counter("retencao_inbox_received", "Webhook bodies and updates kept", registry=self.registry)
        self.filed = Counter("retencao_inbox_filed", "Contacts recorded from outside", registry=self.registry)
        self.quarantined = Counter(
            "retencao_inbox_quarantined", "Contacts that wait for a person to file them", registry=self.registry
        )
        self.outbox = Counter(
            "retencao_outbox", "Messages to dentists by what became of them", ["status"], registry=self.registry
        )
        self.files = Counter(
            "retencao_files", "Tries to fetch dentists' files by outcome", ["outcome"], registry=self.registry
        )
        self.inbox_waiting = Gauge("retencao_inbox_waiting", "Kept and not yet filed", registry=self.registry)
        self.followups_due = Gauge("retencao_followups_due", "Follow-ups due and not done", registry=self.registry)

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self.registry)
