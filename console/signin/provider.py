"""OpenID Connect: who somebody is, as the organisation's own sign-in says (authorization code with PKCE).

Only that: roles and zones come from our register of officers. A signature counts by a key that the provider publishes
now; what it says counts only for us, for this journey, and now.
"""

from __future__ import annotations

import base64
import hashlib
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

__all__ = ["Provider", "ProviderAway", "ProviderConfig", "ProviderRefused"]

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""Signatures by a key that only the provider has: never `none`, never a shared secret."""
LEEWAY_S = 30
"""Clocks differ."""
ANSWER_S = 10.0
KEYS_AGAIN_S = 30.0
"""How soon unknown keys may be asked for again: who makes up keys must not make us ask all the time."""
DESCRIBED_S = 3600.0
MOST_BYTES = 1_000_000
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ProviderRefused(ValueError):
    """This is no sign-in; one sentence, that repeats nothing of it."""


class ProviderAway(RuntimeError):
    """The provider does not answer, or not as one."""


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """Which provider, and what we are to it."""

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    """None: a public client, by PKCE alone."""
    claim: str = "preferred_username"
    """Which of its claims is the officer's name in our register."""
    ca_file: Path | None = None
    """Certificate authority of the provider; None: those that Mozilla trusts."""

    def __post_init__(self) -> None:
        """Raises ValueError for an issuer that anybody on the way could play."""
        found = urlsplit(self.issuer)
        if found.scheme != "https" and not (found.scheme == "http" and found.hostname in LOOPBACK):
            raise ValueError("the issuer's address begins with https://")


@dataclass(frozen=True, slots=True)
class _Description:
    """What the provider says of itself."""

    authorization: str
    token: str
    keys: str


class Provider:
    """One issuer. Blocking; threads may share it."""

    def __init__(self, config: ProviderConfig, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._config, self._now, self._monotonic = config, now, monotonic
        verify = ssl.create_default_context(cafile=config.ca_file) if config.ca_file else True
        self._http = httpx.Client(timeout=ANSWER_S, follow_redirects=False, trust_env=False, verify=verify)
        self._turn = threading.Lock()
        self._description: _Description | None = None
        self._described_s = self._keys_s = float("-inf")
        self._keys = KeySet([])

    def address(self, *, back: str, state: str, nonce: str, verifier: str, again: bool) -> str:
        """Where the browser goes to sign in. back: our address to return to. again: even if it is signed in there.

        Raises ProviderAway.
        """
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._config.client_id,
            "redirect_uri": back,
            "scope": "openid profile email",
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            **({"prompt": "login"} if again else {}),
        }
        place = self._described().authorization
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    def officer(self, *, code: str, back: str, nonce: str, verifier: str) -> str:
        """The name of who came back with this code. Raises ProviderRefused, ProviderAway."""
        return self._name(self._claims(self._token(code, back, verifier), nonce))

    def close(self) -> None:
        """Let go of its connections."""
        self._http.close()

    def _token(self, code: str, back: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": self._config.client_id,
            "code_verifier": verifier,
        }
        secret = self._config.client_secret
        auth = httpx.BasicAuth(self._config.client_id, secret) if secret is not None else None
        answer = self._asked("POST", self._described().token, data=form, auth=auth)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderRefused("the provider did not confirm this sign-in")
        return token

    def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        """What a token says, if it may be believed."""
        claims = self._verified(token)
        registry = jwt.JWTClaimsRegistry(
            now=int(self._now().timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._config.issuer},
            aud={"essential": True, "value": self._config.client_id},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        try:
            registry.validate(claims)
        except JoseError as error:
            raise ProviderRefused("what the provider said does not count for this sign-in") from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self._config.client_id) != self._config.client_id:
            raise ProviderRefused("what the provider said is for another program")
        return claims

    def _verified(self, token: str) -> dict[str, Any]:
        """Raises ProviderRefused. A key that we do not know may be new: then the provider is asked once more."""
        for fresh in (False, True):
            try:
                return jwt.decode(token, self._known_keys(fresh=fresh), algorithms=ALGORITHMS).claims
            except (JoseError, ValueError) as error:
                if fresh:
                    raise ProviderRefused("the provider's signature is not right") from error
        raise AssertionError("unreachable")

    def _known_keys(self, *, fresh: bool) -> KeySet:
        with self._turn:
            if not self._keys or (fresh and self._monotonic() - self._keys_s > KEYS_AGAIN_S):
                self._keys = self._asked_keys()
                self._keys_s = self._monotonic()
            return self._keys

    def _asked_keys(self) -> KeySet:
        answer = self._asked("GET", self._described().keys)
        try:
            return KeySet.import_key_set({"keys": _for_signatures(answer["keys"])})
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise ProviderAway("the provider's keys cannot be read") from error

    def _name(self, claims: Mapping[str, Any]) -> str:
        name = claims.get(self._config.claim)
        if not isinstance(name, str) or not 1 <= len(name) <= 64:
            raise ProviderRefused(f"the provider does not say the officer's name: the claim {self._config.claim}")
        if self._config.claim == "email" and claims.get("email_verified") is not True:
            raise ProviderRefused("the provider has not verified this e-mail address")
        return name

    def _described(self) -> _Description:
        known = self._description
        if known is None or self._monotonic() - self._described_s > DESCRIBED_S:
            known = self._description = self._ask_description()
            self._described_s = self._monotonic()
        return known

    def _ask_description(self) -> _Description:
        answer = self._asked("GET", f"{self._config.issuer.rstrip('/')}/.well-known/openid-configuration")
        if answer.get("issuer") != self._config.issuer:
            raise ProviderAway("the provider names another issuer than ANPR_OIDC_ISSUER")
        try:
            places = [str(answer[name]) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        except KeyError as error:
            raise ProviderAway("the provider's description lacks an address") from error
        for place in places:
            _check_place(place, self._config.issuer)
        return _Description(*places)

    def _asked(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, url, headers={"Accept": "application/json"}, **more)
            content = answer.json() if len(answer.content) <= MOST_BYTES else None
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderAway("the sign-in of your organisation does not answer: try again") from error
        if method == "POST" and 400 <= answer.status_code < 500:
            raise ProviderRefused("the provider did not confirm this sign-in")
        if answer.status_code != httpx.codes.OK or not isinstance(content, dict):
            raise ProviderAway("the sign-in of your organisation does not answer: try again")
        return content


def _check_place(place: str, issuer: str) -> None:
    """Raises ProviderAway for one that is less safe than the issuer's."""
    if urlsplit(place).scheme not in ("https", urlsplit(issuer).scheme):
        raise ProviderAway("the provider's description names an address without https")


def _for_signatures(keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Public keys that are not meant for something else, of kinds that we know."""
    return [one for one in keys if one.get("use", "sig") == "sig" and one.get("kty") in ("RSA", "EC", "OKP")]
