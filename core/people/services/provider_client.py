"""Talking to an identity provider: OpenID Connect Core, authorization code flow with PKCE (RFC 7636).

Only what the installation configured is spoken to, and what the issuer's own discovery document names; redirects are not
followed. Everything that comes back is bounded in time and size. Authlib and httpx2 are imported when the first person
signs in this way.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from msgspec import Struct

from plenaria.core.kernel.secrets import new_secret
from plenaria.core.kernel.settings import IdentityProvider, is_loopback
from plenaria.core.kernel.values import Refusal, Refused

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

Found = TypeVar("Found")
logger = logging.getLogger("plenaria.identity")

ANSWER_WITHIN_S: Final = 8.0
"""All that one half of a sign-in asks of the provider, together."""
LARGEST_ANSWER: Final = 256_000
"""Bytes. Google's keys and discovery document are some 3 kB."""
KNOWN_FOR_S: Final = 3600.0
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures with the provider's own key. Not `none`, and nothing that is signed with the shared secret."""
LEEWAY_S: Final = 60
LONGEST_SUBJECT: Final = 255


class Metadata(Struct, frozen=True):
    """What of a provider's discovery document matters here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Departure(Struct, frozen=True):
    """The way to the provider, and what has to be remembered until the person comes back."""

    address: str
    state: str
    nonce: str
    verifier: str


class _Unbelievable(Exception):
    """The provider answered with something that must not be believed."""


_MALFORMED: Final = (_Unbelievable, msgspec.MsgspecError, ValueError, TypeError, LookupError, AttributeError)
"""What reading an answer raises that is not of the promised shape."""

_metadata: dict[str, tuple[float, Metadata]] = {}
_keys: dict[str, tuple[float, "KeySet"]] = {}
"""By issuer, with the time when it was asked for: as many as the settings name, an hour each."""


async def depart(provider: IdentityProvider, *, redirect_uri: str) -> Departure:
    """Raises `Refused(provider_unreachable | provider_not_believed)`."""
    metadata = await _within_limits(provider, _metadata_of(provider))
    state, nonce, verifier = new_secret(), new_secret(), new_secret()
    async with _client(provider, metadata, redirect_uri) as client:
        address, _ = client.create_authorization_url(
            metadata.authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier
        )
    return Departure(address, state, nonce, verifier)


async def claims_of(
    provider: IdentityProvider,
    answer: Mapping[str, str],
    *,
    redirect_uri: str,
    nonce: str,
    verifier: str,
    now: datetime,
) -> dict[str, Any]:
    """The claims of a valid ID token, for the query that the provider sent the person back with.

    Raises `Refused(provider_denied | provider_unreachable | provider_not_believed)`.
    """
    trip = _identify(provider, answer, redirect_uri=redirect_uri, nonce=nonce, verifier=verifier, now=now)
    return await _within_limits(provider, trip)


async def _within_limits(provider: IdentityProvider, work: Awaitable[Found]) -> Found:
    """The provider's failures as refusals. The log names what went wrong, never what was sent."""
    import httpx2
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return await work
    except (httpx2.TransportError, TimeoutError) as error:
        _log(provider, error)
        raise Refused(Refusal("provider_unreachable", {"name": provider.name})) from None
    except (JoseError, AuthlibBaseError, httpx2.HTTPError, httpx2.InvalidURL, *_MALFORMED) as error:
        _log(provider, error)
        raise Refused(Refusal("provider_not_believed", {"name": provider.name})) from None


def _log(provider: IdentityProvider, error: Exception) -> None:
    why = str(error) if isinstance(error, _Unbelievable) else getattr(error, "error", "")
    logger.warning(
        "an identity provider failed",
        extra={"issuer": provider.issuer, "error": type(error).__name__, "why": str(why)[:200]},
    )


async def _identify(
    provider: IdentityProvider,
    answer: Mapping[str, str],
    *,
    redirect_uri: str,
    nonce: str,
    verifier: str,
    now: datetime,
) -> dict[str, Any]:
    metadata = await _metadata_of(provider)
    _check_sender(metadata, answer)
    if "code" not in answer:
        raise Refused(Refusal("provider_denied", {"name": provider.name}))
    async with _client(provider, metadata, redirect_uri) as client:
        token = await client.fetch_token(metadata.token_endpoint, code=answer["code"], code_verifier=verifier)
    if not isinstance(token.get("id_token"), str):
        raise _Unbelievable("no ID token")
    return await _checked(provider, metadata, token, nonce=nonce, now=now)


def _check_sender(metadata: Metadata, answer: Mapping[str, str]) -> None:
    """That the answer is of the provider that was asked (RFC 9207): another one would get its code."""
    sender = answer.get("iss")
    if sender is None and not metadata.authorization_response_iss_parameter_supported:
        return
    if sender != metadata.issuer:
        raise _Unbelievable("another issuer answered")


async def _checked(
    provider: IdentityProvider, metadata: Metadata, token: Mapping[str, Any], *, nonce: str, now: datetime
) -> dict[str, Any]:
    """The ID token's claims, all of them checked as OpenID Connect Core, 3.1.3.7 wants."""
    from authlib.oidc.core import CodeIDToken

    signed = await _signed_claims(metadata, token["id_token"])
    claims = CodeIDToken(
        signed.claims,
        signed.header,
        {"iss": {"essential": True, "value": metadata.issuer}, "aud": {"essential": True, "value": provider.client_id}},
        {"nonce": nonce, "client_id": provider.client_id, "access_token": token.get("access_token")},
    )
    claims.validate(now=int(now.timestamp()), leeway=LEEWAY_S)
    if not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
        raise _Unbelievable("no usable subject")
    return dict(claims)


async def _signed_claims(metadata: Metadata, id_token: str) -> Any:
    """With a key that is not known the keys are asked for once more: the provider may have changed them."""
    from joserfc import jwt
    from joserfc.errors import BadSignatureError, InvalidKeyIdError

    try:
        return jwt.decode(id_token, await _keys_of(metadata), algorithms=list(ALGORITHMS))
    except (InvalidKeyIdError, BadSignatureError):
        _keys.pop(metadata.issuer, None)
        return jwt.decode(id_token, await _keys_of(metadata), algorithms=list(ALGORITHMS))


async def _metadata_of(provider: IdentityProvider) -> Metadata:
    asked_at, known = _metadata.get(provider.issuer, (0.0, None))
    if known is None or time.monotonic() - asked_at > KNOWN_FOR_S:
        found = await _get(provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
        known = msgspec.convert(found, Metadata)
        _check_metadata(known, provider.issuer)
        _metadata[provider.issuer] = (time.monotonic(), known)
    return known


def _check_metadata(metadata: Metadata, issuer: str) -> None:
    """OpenID Connect Discovery, 4.3: the issuer that was asked, letter by letter."""
    if metadata.issuer != issuer:
        raise _Unbelievable(f"it calls itself {metadata.issuer[:100]}")
    for address in (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri):
        is_local = is_loopback(issuer) and is_loopback(address)
        if not address.startswith("https://") and not is_local:
            raise _Unbelievable("an address without https")


async def _keys_of(metadata: Metadata) -> "KeySet":
    from joserfc.jwk import KeySet

    asked_at, known = _keys.get(metadata.issuer, (0.0, None))
    if known is None or time.monotonic() - asked_at > KNOWN_FOR_S:
        found = await _get(metadata.jwks_uri)
        if not isinstance(found.get("keys"), list):
            raise _Unbelievable("no keys")
        known = KeySet.import_key_set({"keys": found["keys"]})
        _keys[metadata.issuer] = (time.monotonic(), known)
    return known


async def _get(address: str) -> dict[str, Any]:
    import httpx2

    async with httpx2.AsyncClient(**_connection()) as client:
        answer = await client.get(address)
    if answer.status_code != 200:
        raise _Unbelievable(f"it answered {answer.status_code}")
    return msgspec.json.decode(answer.content, type=dict[str, Any])


def _client(provider: IdentityProvider, metadata: Metadata, redirect_uri: str) -> Any:
    from authlib.integrations.httpx_client import AsyncOAuth2Client

    return AsyncOAuth2Client(
        provider.client_id,
        provider.client_secret or None,
        token_endpoint_auth_method=_proof_of_ourselves(provider, metadata),
        code_challenge_method="S256",
        scope=" ".join(provider.scopes),
        redirect_uri=redirect_uri,
        **_connection(),
    )


def _proof_of_ourselves(provider: IdentityProvider, metadata: Metadata) -> str:
    """How the client secret is sent; with none, the code verifier alone proves who began."""
    if not provider.client_secret:
        return "none"
    offered = metadata.token_endpoint_auth_methods_supported
    return "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"


def _connection() -> dict[str, Any]:
    from plenaria.core.people.services.bounded_transport import BoundedTransport

    return {
        "transport": BoundedTransport(LARGEST_ANSWER),
        "timeout": ANSWER_WITHIN_S,
        "follow_redirects": False,
        "trust_env": False,
    }
