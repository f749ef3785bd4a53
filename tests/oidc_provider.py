"""An OpenID Connect provider on this machine: discovery, authorization with PKCE, tokens, keys. What it says can be made wrong.

It checks what a real one checks (client, redirect URI, code once, verifier), so that a client that leaves something out fails.
"""

import base64
import contextlib
import hashlib
import html
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey
from litestar import Litestar, Request, Response, get, post
from litestar.response import Redirect

CLIENT, SECRET = "plenaria", "a-secret-of-the-installation"
Anything = Request[Any, Any, Any]


@dataclass
class Provider:
    """One provider and the one person who is signed in there."""

    issuer: str = ""
    redirect_uris: list[str] = field(default_factory=list)
    user: dict[str, Any] = field(
        default_factory=lambda: {"sub": "ana-1", "email": "ana@example.mx", "email_verified": True}
    )
    wrong: dict[str, Any] = field(default_factory=dict)
    """Claims that stand instead of the right ones; None: left out."""
    algorithm: str = "RS256"
    now: Callable[[], float] = time.time
    asks: bool = False
    """Whether a page with a button comes before the answer, as with a real one."""
    hangs_s: float = 0.0
    broken: dict[str, Any] = field(default_factory=dict)
    """Path → what is answered there instead."""
    names_itself: bool = True
    """Whether answers carry `iss` (RFC 9207)."""
    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first"}))
    asked: list[str] = field(default_factory=list)
    """The paths that were asked for, in order."""
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def change_key(self) -> None:
        """As providers do every few weeks: the old key is gone."""
        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4)})

    def app(self) -> Litestar:
        handlers = [self._discovery(), self._authorize(), self._approve(), self._token(), self._jwks()]
        return Litestar(handlers, openapi_config=None, before_request=self._mood, logging_config=None)

    async def _mood(self, request: Anything) -> Response[Any] | None:
        import asyncio

        self.asked.append(request.url.path)
        if self.hangs_s:
            await asyncio.sleep(self.hangs_s)
        if request.url.path in self.broken:
            return Response(self.broken[request.url.path], media_type="application/json")
        return None

    def _discovery(self) -> Any:
        @get("/.well-known/openid-configuration")
        async def discovery() -> dict[str, Any]:
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "authorization_response_iss_parameter_supported": self.names_itself,
            }

        return discovery

    def _authorize(self) -> Any:
        @get("/authorize")
        async def authorize(request: Anything) -> Response[Any]:
            asked = dict(request.query_params)
            assert asked["client_id"] == CLIENT
            assert asked["redirect_uri"] in self.redirect_uris
            assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
            assert "openid" in asked["scope"].split()
            if not self.asks:
                return self._approved(asked)
            fields = "".join(
                f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in asked.items()
            )
            head = '<!doctype html><link rel="icon" href="data:,">'
            page = f'{head}<form method="post" action="/approve">{fields}<button>Continue as Ana</button></form>'
            return Response(page, media_type="text/html")

        return authorize

    def _approve(self) -> Any:
        @post("/approve")
        async def approve(request: Anything) -> Response[Any]:
            return self._approved({name: str(value) for name, value in (await request.form()).items()})

        return approve

    def _approved(self, asked: dict[str, str]) -> Response[Any]:
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        answer = {"code": code, "state": asked["state"]} | ({"iss": self.issuer} if self.names_itself else {})
        return Redirect(f"{asked['redirect_uri']}?{urlencode(answer)}", status_code=302)

    def _token(self) -> Any:
        @post("/token", status_code=200)
        async def token(request: Anything) -> Response[Any]:
            sent = await request.form()
            kind, _, credentials = request.headers.get("authorization", "").partition(" ")
            asked = self._codes.pop(str(sent.get("code", "")), None)
            challenge = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest())
            is_right = (
                asked is not None
                and kind == "Basic"
                and base64.b64decode(credentials).decode() == f"{CLIENT}:{SECRET}"
                and sent["redirect_uri"] == asked["redirect_uri"]
                and challenge.rstrip(b"=").decode() == asked["code_challenge"]
            )
            if asked is None or not is_right:
                return Response({"error": "invalid_grant"}, status_code=400)
            return Response(
                {"access_token": "an-access-token", "token_type": "Bearer", "id_token": self._signed(asked)}
            )

        return token

    def _signed(self, asked: dict[str, str]) -> str:
        now = int(self.now())
        digest = hashlib.sha256(b"an-access-token").digest()[:16]
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "at_hash": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            **self.user,
            **self.wrong,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm == "none":
            parts = [{"alg": "none"}, claims]
            return ".".join(_base64(part) for part in parts) + "."
        key = OctKey.import_key(SECRET) if self.algorithm.startswith("HS") else self.key
        return jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, claims, key, algorithms=[self.algorithm])

    def _jwks(self) -> Any:
        @get("/jwks")
        async def jwks() -> dict[str, Any]:
            return dict(KeySet([self.key, ECKey.generate_key("P-256", {"kid": "other"})]).as_dict(private=False))

        return jwks


def _base64(value: dict[str, Any]) -> str:
    import json

    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@contextlib.contextmanager
def served(provider: Provider) -> Iterator[Provider]:
    """The provider on a port of its own, in a thread, until the block ends."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    provider.issuer = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(provider.app(), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield provider
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)
        listening.close()
