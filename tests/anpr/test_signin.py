"""Settings of sign-in that cannot work are told before anything is waited for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from anpr.settings import Settings, SettingsFault
from anpr.signin import check_sign_in, provider_of, site_of


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"oidc_issuer": "https://login.example"}, "ANPR_OIDC_CLIENT_ID"),
        ({"oidc_client_id": "anpr"}, "ANPR_OIDC_ISSUER"),
        ({"oidc_issuer": "http://login.example", "oidc_client_id": "anpr"}, "ANPR_OIDC_ISSUER: .* https"),
        ({"api_url": "console.example"}, "ANPR_API_URL"),
        ({"tiles": "https://tiles.example/map.png"}, "ANPR_TILES needs {z}, {x} and {y}"),
        ({"tiles": "https://tiles.example; script-src *;/{z}/{x}/{y}"}, "ANPR_TILES is no address"),
    ],
    ids=str,
)
def test_what_cannot_work_is_named(given: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match=words):
        check_sign_in(Settings(data_dir=tmp_path, **given))


def test_a_secret_stays_hidden() -> None:
    given = {"oidc_issuer": "https://login.example", "oidc_client_id": "anpr", "oidc_client_secret": "s3cret"}
    settings = Settings.model_validate(given)
    config = provider_of(settings)
    assert config is not None
    assert config.client_secret == "s3cret"
    assert "s3cret" not in f"{settings!r}{config!r}"


def test_without_any_of_it_local_users_sign_in_and_nothing_comes_from_outside() -> None:
    settings = Settings()
    check_sign_in(settings)
    assert provider_of(settings) is None
    assert "http" not in site_of(settings).policy()
