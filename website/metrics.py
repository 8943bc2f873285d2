"""What Prometheus reads at `/metrics`: this process, the lanes, the mail that waits."""

from collections.abc import Iterator

from prometheus_client import GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from website.pulse import Pulse, take_pulse

REGISTRY = CollectorRegistry()


class PulseCollector(Collector):
    """The pulse as gauges, taken when somebody asks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        pulse = take_pulse()
        yield GaugeMetricFamily("comm100_healthy", "1 when nothing is wrong", not pulse.wrong)
        yield _gauge("probe_age_seconds", "Since a probe came through", _probes(pulse))
        counts = {lane: waiting.count for lane, waiting in pulse.unsent.items()}
        yield _gauge("mail_due", "Mail that is due and has not left", counts)
        oldest = {lane: waiting.oldest_seconds for lane, waiting in pulse.unsent.items()}
        yield _gauge("mail_due_oldest_seconds", "How long the oldest of it waits", oldest)


def _probes(pulse: Pulse) -> dict[str, float]:
    return {lane: float("inf") if age is None else age for lane, age in pulse.probe_seconds.items()}


def _gauge(name: str, text: str, lanes: dict[str, float] | dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"comm100_{name}", text, labels=["lane"])
    for lane, value in lanes.items():
        family.add_metric([lane], value)
    return family


for part in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR, PulseCollector()):
    REGISTRY.register(part)
