"""Each alert fires over series that are planted, is quiet over series like them, and says what to do.

Tried with the evaluator of these tests always, and with Prometheus' own promtool where it is installed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.alert_cases import CASES, AlertCase
from tests.deploy.alerts import RULES, Rule, filled, firing, load_rules, recorded
from tests.deploy.deployment import ROOT, load
from tests.deploy.promql import asked_metrics, promql_faults

BY_NAME = {rule.name: rule for rule in load_rules()}
WATCHING = (ROOT / "docs" / "watching.md").read_text("utf-8")


def _expected(case: AlertCase) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({**case.labels, **BY_NAME[case.alert].labels}.items()))


def test_every_alert_has_a_case_and_a_name_of_its_own() -> None:
    assert [case.alert for case in CASES] == [rule.name for rule in load_rules()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_alert_fires(case: AlertCase) -> None:
    found = firing(BY_NAME[case.alert], recorded(case.bad), case.minutes)

    assert [one.labels for one in found] == [_expected(case)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_alert_is_quiet(case: AlertCase) -> None:
    assert firing(BY_NAME[case.alert], recorded(case.good), case.minutes) == []


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.name)
def test_alert_asks_for_series_that_there_are(rule: Rule) -> None:
    assert list(promql_faults(rule.expr)) == []
    assert rule.labels["severity"] in ("critical", "warning")


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.name)
def test_alert_says_what_to_do(rule: Rule) -> None:
    page, _, anchor = rule.annotations["runbook"].partition("#")
    assert (page, anchor) == ("docs/watching.md", rule.name.lower())
    line = re.search(rf"^### {rule.name}\n\n(.+)$", WATCHING, re.MULTILINE)
    assert line is not None, "docs/watching.md has no line for it"
    assert len(line[1]) > 40
    assert filled(rule.annotations["summary"], {"worker": "match"}).count("{") == 0


def test_no_line_of_the_runbook_is_about_an_alert_that_is_gone() -> None:
    lines = re.findall(r"^### (\w+)$", WATCHING, re.MULTILINE)
    assert lines == list(BY_NAME)


def test_prometheus_is_given_the_rules() -> None:
    assert load().prometheus["rule_files"] == ["/etc/prometheus/rules.yml"]
    volumes = load().services["prometheus"]["volumes"]
    assert f"./{RULES.relative_to(ROOT)}:/etc/prometheus/rules.yml:ro" in volumes


def test_alerts_look_at_what_matters() -> None:
    asked = set().union(*(asked_metrics(rule.expr) for rule in BY_NAME.values()))
    wanted = {"anpr_lag_messages", "anpr_dead_letters_total", "anpr_age_seconds", "anpr_cameras_silent"}
    assert wanted <= asked


def _promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("no promtool on this machine: the tests above evaluate the rules themselves")
    return found


def test_promtool_accepts_the_configuration(tmp_path: Path) -> None:
    promtool = _promtool()
    text = (ROOT / "deploy" / "prometheus.yml").read_text("utf-8").replace("/etc/prometheus/rules.yml", str(RULES))
    config = tmp_path / "prometheus.yml"
    config.write_text(text, "utf-8")
    done = subprocess.run([promtool, "check", "config", str(config)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(BY_NAME)} rules found" in done.stdout


@pytest.mark.slow
def test_promtool_says_the_same_of_every_case(tmp_path: Path) -> None:
    promtool = _promtool()
    tests = [one for case in CASES for one in (_told(case, case.bad, fires=True), _told(case, case.good, fires=False))]
    file = tmp_path / "alerts.test.yml"
    content = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}
    file.write_text(yaml.safe_dump(content), "utf-8")
    done = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _told(case: AlertCase, series: Any, *, fires: bool) -> dict[str, Any]:
    """A case as promtool reads it."""
    rule = BY_NAME[case.alert]
    annotations = {name: filled(text, case.labels) for name, text in rule.annotations.items()}
    expected = {"exp_labels": {**case.labels, **rule.labels}, "exp_annotations": annotations}
    return {
        "name": f"{case.alert} {'fires' if fires else 'is quiet'}",
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {"eval_time": f"{case.minutes}m", "alertname": case.alert, "exp_alerts": [expected] if fires else []}
        ],
    }
