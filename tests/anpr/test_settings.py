"""Settings: defaults ← file ← environment ← flags; unknown ones are refused by name; secrets stay hidden."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from anpr.api import _shown
from anpr.cli import main
from anpr.settings import Settings, SettingsFault, resolve

SECRETS = {
    "ANPR_STORE_DSN": "http://user:s3cret-dsn@store:8123/anpr",
    "ANPR_KAFKA_PASSWORD": "s3cret-kafka",
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `anpr.toml` of the developer's."""
    monkeypatch.chdir(tmp_path)


def test_later_sources_win() -> None:
    assert resolve({}).batch_messages == 2000
    Path("anpr.toml").write_text('batch_messages = 1\nlog_level = "error"\nofficer = "file"\n')
    assert resolve({}).batch_messages == 1
    environ = {"ANPR_BATCH_MESSAGES": "2", "ANPR_LOG_LEVEL": "debug"}
    assert resolve(environ).batch_messages == 2
    settings = resolve(environ, batch_messages=3, log_level=None)
    assert (settings.batch_messages, settings.log_level, settings.officer) == (3, "debug", "file")


def test_a_named_file_is_read_instead() -> None:
    Path("anpr.toml").write_text("batch_messages = 1")
    Path("other.toml").write_text("batch_messages = 5")
    assert resolve({"ANPR_CONFIG": "other.toml"}).batch_messages == 5


def test_an_empty_variable_counts_as_not_set() -> None:
    assert resolve({"ANPR_KAFKA_BOOTSTRAP": "", "PATH": "/bin", "ANPRX": "1"}).kafka_bootstrap is None


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"ANPR_KAFKA_BOOTSTAP": "x:9092"}, "the environment sets ANPR_KAFKA_BOOTSTAP, which is no setting"),
        ({"ANPR_STORE_READS": "some"}, r"setting store_reads \(ANPR_STORE_READS\)"),
        ({"ANPR_SERVICE_PORT": "http"}, r"setting service_port \(ANPR_SERVICE_PORT\)"),
        ({"ANPR_SERVICE_PORT": "65536"}, r"setting service_port \(ANPR_SERVICE_PORT\)"),
        ({"ANPR_BATCH_MESSAGES": "0"}, r"setting batch_messages \(ANPR_BATCH_MESSAGES\)"),
        ({"ANPR_OFFICER": "x" * 65}, r"setting officer \(ANPR_OFFICER\)"),
        ({"ANPR_CONFIG": "absent.toml"}, "ANPR_CONFIG names absent.toml, which does not exist"),
    ],
)
def test_what_is_wrong_is_named(environ: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsFault, match=words):
        resolve(environ)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"batch_mesages = 1", "anpr.toml sets batch_mesages, which is no setting"),
        (b"[kafka]\nbootstrap = 'x'", "anpr.toml sets kafka, which is no setting"),
        (b"batch_messages = ", "anpr.toml cannot be read"),
        (b"\xff\xfe", "anpr.toml cannot be read"),
        (b"batch_messages = 'many'", r"setting batch_messages \(ANPR_BATCH_MESSAGES\)"),
    ],
)
def test_a_wrong_file_is_named(content: bytes, words: str) -> None:
    Path("anpr.toml").write_bytes(content)
    with pytest.raises(SettingsFault, match=words):
        resolve({})


def test_no_setting_can_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        resolve({}).batch_messages = 1  # type: ignore[misc]


def test_secrets_show_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    signed_in = {
        "SECURITY_PROTOCOL": "sasl_ssl",
        "SASL_MECHANISM": "SCRAM-SHA-512",
        "USERNAME": "w",
        "BOOTSTRAP": "k:9092",
    }
    settings = resolve({**SECRETS, **{f"ANPR_KAFKA_{name}": value for name, value in signed_in.items()}})
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("settings %s, Kafka %r", settings, settings.kafka())
    shown = [
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        json.dumps(settings.model_dump(mode="json")),
        str(settings.model_dump()),
        repr(settings.kafka()),
        caplog.text,
    ]
    assert [text for text in shown if "s3cret" in text] == []
    assert settings.dsn() == SECRETS["ANPR_STORE_DSN"]
    assert settings.kafka().extra["sasl.password"] == "s3cret-kafka"


def test_a_secret_of_a_wrong_kind_is_not_repeated_in_the_error() -> None:
    Path("anpr.toml").write_text('kafka_password = ["s3cret"]')
    with pytest.raises(SettingsFault) as caught:
        resolve({})
    assert "s3cret" not in str(caught.value)


def test_child_processes_get_the_same_settings() -> None:
    settings = resolve(
        {
            **SECRETS,
            "ANPR_KAFKA_BOOTSTRAP": "a:1,b:2",
            "ANPR_KAFKA_CA_FILE": "ca.pem",
            "ANPR_VISION_MAX_MEGAPIXELS": "12.5",
            "ANPR_TOPICS_REPLICATION": "3",
            "ANPR_OFFICER": "Zoë Ünal",
        },
        data_dir=Path("some where"),
    )
    given = settings.environment()
    assert resolve(given) == settings
    assert all(name.startswith("ANPR_") for name in given)
    assert resolve(resolve({}).environment()) == resolve({})


@pytest.mark.parametrize(("ask", "words"), [("kafka", "set ANPR_KAFKA_BOOTSTRAP="), ("dsn", "set ANPR_STORE_DSN=")])
def test_what_is_needed_and_not_set_is_said(ask: str, words: str) -> None:
    with pytest.raises(SettingsFault, match=words):
        getattr(resolve({}), ask)()


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


LOOKS_SECRET = ("password", "secret", "dsn", "token", "subscriber_key")


def test_whatever_is_secret_is_shown_nowhere(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    named = {n for n in Settings.model_fields if any(word in n for word in LOOKS_SECRET) and not n.endswith("_file")}
    assert named <= secret, "a setting that is called as a secret is one"
    for name in secret:
        monkeypatch.setenv(f"ANPR_{name.upper()}", f"hidden-{name}-{'x' * 32}")
    monkeypatch.setenv("ANPR_KAFKA_SECURITY_PROTOCOL", "sasl_ssl")
    for words in (["settings"], ["settings", "--json"]):
        monkeypatch.setattr("sys.argv", ["anpr", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        assert "hidden-" not in capsys.readouterr().out
    assert "hidden-" not in str(_shown(resolve(os.environ)))


KAFKA = {"ANPR_KAFKA_BOOTSTRAP": "k:9092"}


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"ANPR_KAFKA_SECURITY_PROTOCOL": "sasl_ssl", "ANPR_KAFKA_USERNAME": "store"}, "signs in by password: set"),
        ({"ANPR_KAFKA_PASSWORD": "s3cret"}, "ANPR_KAFKA_SECURITY_PROTOCOL=plaintext gives it to nobody"),
        ({"ANPR_KAFKA_CERTIFICATE_FILE": "a.pem"}, "are needed both, or neither"),
        ({"ANPR_KAFKA_CA_FILE": "absent.pem"}, "there is no file absent.pem, which the settings of Kafka name"),
    ],
)
def test_what_would_not_be_safe_is_told_before_anything_is_sent(environ: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsFault, match=words) as fault:
        resolve({**KAFKA, **environ}).kafka()
    assert "s3cret" not in str(fault.value)


def test_a_certificate_of_our_own_goes_to_the_client(tmp_path: Path) -> None:
    given = {f"kafka_{name}_file": tmp_path / f"{name}.pem" for name in ("ca", "certificate", "key")}
    for path in given.values():
        path.touch()
    config = resolve(KAFKA, kafka_security_protocol="ssl", **given).kafka()
    assert config.extra == {
        "security.protocol": "ssl",
        "ssl.ca.location": str(tmp_path / "ca.pem"),
        "ssl.certificate.location": str(tmp_path / "certificate.pem"),
        "ssl.key.location": str(tmp_path / "key.pem"),
    }
