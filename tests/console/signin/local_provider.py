"""A small OpenID Connect provider on loopback: real HTTP, its own keys, and whatever a bad one might say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT, SECRET = "anpr", "a secret of these tests"


@dataclass
class LocalProvider:
    """One issuer. Whoever is sent to it comes back as `officer` without being asked."""

    issuer: str = ""
    officer: str = "A. Peeters"
    keys: list[ECKey] = field(default_factory=lambda: [new_key("one")])
    now: Callable[[], float] = time.time
    claims: dict[str, Any] = field(default_factory=dict)
    """Said instead of what is right; None: not said."""
    sign: Callable[[dict[str, Any]], str] | None = None
    """Instead of the first key."""
    described: dict[str, Any] = field(default_factory=dict)
    asked_keys: int = 0
    left: dict[str, dict[str, str]] = field(default_factory=dict)
    """Code → what the browser came with."""

    def token(self, nonce: str) -> str:
        """What it says of who came."""
        now = int(self.now())
        right = {
            "iss": self.issuer,
            "sub": "4711",
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            "preferred_username": self.officer,
        }
        claims = {name: value for name, value in {**right, **self.claims}.items() if value is not None}
        return self.sign(claims) if self.sign else signed(claims, self.keys[0])

    def description(self) -> dict[str, Any]:
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        own = {name: f"{self.issuer}/{path}" for name, path in places.items()}
        return {"issuer": self.issuer, **own, **self.described}

    def authorize(self, query: dict[str, str]) -> str:
        """Where it sends the browser back to."""
        code = f"code-{len(self.left)}"
        self.left[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def exchange(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """None: refused. A code holds once, for who left with it."""
        asked = self.left.pop(form["code"], None)
        if asked is None or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        proof = _base64(digest) == asked["code_challenge"]
        client = authorization == "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        return {"id_token": self.token(asked["nonce"]), "token_type": "Bearer"} if proof and client else None


def new_key(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig"})


def signed(claims: dict[str, Any], key: ECKey) -> str:
    return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)


def unsigned(claims: dict[str, Any]) -> str:
    """A token of the algorithm `none`."""
    return f"{_text({'alg': 'none', 'typ': 'JWT'})}.{_text(claims)}."


def by_shared_secret(claims: dict[str, Any], public: bytes) -> str:
    """A token signed with what everybody knows, the public key, as if it were a secret."""
    text = f"{_text({'alg': 'HS256', 'kid': 'one'})}.{_text(claims)}"
    return f"{text}.{_base64(hmac.new(public, text.encode(), hashlib.sha256).digest())}"


def _text(content: dict[str, Any]) -> str:
    return _base64(json.dumps(content).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@contextmanager
def serving(provider: LocalProvider) -> Iterator[LocalProvider]:
    """It answers while this lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(provider: LocalProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = urlsplit(self.path)
            if found.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(_single(found.query)))
                self.end_headers()
            elif found.path == "/keys":
                provider.asked_keys += 1
                self._tell({"keys": [key.as_dict(private=False) for key in provider.keys]})
            else:
                self._tell(provider.description())

        def do_POST(self) -> None:
            form = _single(self.rfile.read(int(self.headers["Content-Length"])).decode())
            answer = provider.exchange(form, self.headers.get("Authorization", ""))
            self._tell(answer or {"error": "invalid_grant"}, 200 if answer else 400)

        def _tell(self, content: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    return Handler


def _single(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
