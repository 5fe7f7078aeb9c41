"""The program `anpr`: one command per file, errors as one sentence that says what to do."""

from __future__ import annotations

import sys

from confluent_kafka import KafkaException

from anpr.cli.app import app
from anpr.cli.console import complain

__all__ = ["main"]

USAGE = frozenset(
    {
        "anpr.cli.export.ExportRefused",
        "anpr.edge.door.DoorRefused",
        "anpr.evaluate.labels.LabelsFault",
        "console.hotlist.fields.LineRefused",
        "console.hotlist.files.FileRefused",
        "anpr.lez.question.AskedWrongly",
        "anpr.pictures.NothingToIngest",
        "anpr.replay.faults.ReplayRefused",
        "anpr.settings.SettingsFault",
        "anpr.simulate.plan.SimulationRefused",
        "console.case_desk.CaseRefused",
        "console.dead_letters.letter.LetterRefused",
        "console.signin.passwords.PasswordRefused",
        "console.webhooks.target.TargetRefused",
        "pipeline.vision.engines.UnknownEngine",
        "replay.recording.format.RecordingFault",
        "replay.truth.TruthError",
        "replay.scenarios.asked.ScenarioError",
        "sinks.clickhouse.audit.heads.HeadsUnreadable",
        "sinks.clickhouse.audit.report.PlatesUnreadable",
        "sinks.clickhouse.officers.OfficerRefused",
        "sinks.clickhouse.refusal.SearchRefused",
        "sinks.clickhouse.retention.holds.HoldRefused",
        "sinks.clickhouse.subscribers.SubscriberRefused",
        "topics.access.model.RoleError",
    }
)
"""Errors of who asked. By name, as a command that was not loaded cannot raise its own: the program starts faster."""
FAULTS = frozenset(
    {
        "anpr.bench.failed.BenchFailed",
        "anpr.bench.profiles.ProfileRefused",
        "anpr.chaos.run.ChaosFault",
        "anpr.edge.spool.SpoolUnusable",
        "anpr.embedded.child.ChildError",
        "anpr.platform.PlatformFault",
        "anpr.replay.faults.ReplayFault",
        "clickhouse_connect.driver.exceptions.ClickHouseError",
        "console.case_answers.CaseUnanswered",
        "console.signin.file.SignInUnusable",
        "pipeline.runtime.drain.NotDrained",
        "pipeline.runtime.kafka.KafkaUnusable",
        "pipeline.runtime.output.DeliveryFailed",
        "pipeline.vision.models.ModelMissing",
        "sinks.clickhouse.audit.chain.ChainFileBroken",
        "sinks.clickhouse.migrate.MigrationChanged",
        "sinks.clickhouse.retention.proof.ProofBroken",
        "sinks.clickhouse.unreachable.StoreUnreachable",
        "sinks.evidence.EvidenceUnusable",
        "topics.spec.TopicError",
    }
)
"""Something does not work."""


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 something does not work, 2 asked wrongly, 130 interrupted."""
    try:
        app()
    except KafkaException as error:
        complain(f"Kafka: {error.args[0]}; is the broker up, is ANPR_KAFKA_BOOTSTRAP right?")
        sys.exit(1)
    except KeyboardInterrupt:
        complain("interrupted")
        sys.exit(130)
    except Exception as error:
        code = _code(error)
        if code is None:
            raise
        complain(str(error).strip())
        sys.exit(code)


def _code(error: Exception) -> int | None:
    """Exit code for an error that is told in its own sentence; None: it is a defect of the program."""
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    return 2 if names & USAGE else 1 if names & FAULTS else None
