"""The attacks: each row is one request and the response it must get.

LiveKit is not running: a request that passes every check gets 503 `livekit_unavailable`. An attack
must be rejected before that. Unit tests try more tokens (test_token_endpoint_auth.py) and more
fields (test_token_endpoint_requests.py).
"""

from __future__ import annotations

import base64
import gzip
import json
import time
from dataclasses import dataclass, field
from typing import Any

from livekit import api

from agent.token_endpoint.tokens import generate_livekit_token
from tests.support.endpoint_app import LIVEKIT_KEY, LIVEKIT_SECRET
from tests.support.endpoint_requests import API_KEY, BACKEND, bearer, browser, hand_made, path_of

JSON = {"Content-Type": "application/json"}
PAST_EVERY_CHECK = (503, "livekit_unavailable")
WEBHOOK = "/livekit/webhook"
LATER = time.time() + 86_400


@dataclass
class Attack:
    name: str
    expected: tuple[int, str]
    path: str = path_of("7")
    headers: dict[str, str] | list[tuple[str, str | bytes]] = field(default_factory=dict)
    body: bytes = b""
    method: str = "POST"
    length: bool = True


def asks(
    name: str,
    expected: tuple[int, str],
    body: Any,
    *,
    caller: dict[str, str] = BACKEND,
    kind: str = "application/json",
    length: bool = True,
    **headers: str,
) -> Attack:
    """A request with this body, by default of the backend."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers = {**caller, "Content-Type": kind, **headers}
    return Attack(name, expected, headers=headers, body=content, length=length)


GOOD = {"sub": "t-1", "session_id": "7", "exp": LATER}
HS = {"alg": "HS256", "typ": "JWT"}
ROOM_TOKEN = generate_livekit_token(
    "training-session-7", "", api_key=LIVEKIT_KEY, api_secret=LIVEKIT_SECRET
)
UNAUTHORIZED, FORBIDDEN = (401, "unauthorized"), (403, "forbidden")
NOT_ALLOWED, INVALID = (403, "field_not_allowed"), (422, "invalid_request")


def bears(name: str, token: str, expected: tuple[int, str] = UNAUTHORIZED) -> Attack:
    return Attack(name, expected, headers=bearer(token))


def claims(name: str, expected: tuple[int, str] = UNAUTHORIZED, **changed: Any) -> Attack:
    """A platform's JWT for session 7 with other claims."""
    return bears(name, hand_made(HS, {**GOOD, **changed}), expected)


def head(name: str, told: Any) -> Attack:
    """A platform's JWT with this header."""
    return bears(name, hand_made(told, GOOD))


def livekit_token(**grants: Any) -> str:
    made = api.AccessToken(LIVEKIT_KEY, LIVEKIT_SECRET).with_identity("x")
    return made.with_grants(api.VideoGrants(**grants)).to_jwt()


OTHER_SESSIONS = [  # API1: broken object level authorization; API5: function level
    Attack("token of another trainee", FORBIDDEN, path_of("8"), browser("7", exp=LATER)),
    Attack(
        "token of another trainee cannot end",
        FORBIDDEN,
        path_of("8", end=True),
        browser("7", exp=LATER),
    ),
    bears("agent's token cannot start", livekit_token(room_admin=True, room="training-session-7")),
    Attack(
        "room_admin without a room",
        FORBIDDEN,
        path_of("7", end=True),
        bearer(livekit_token(room_admin=True)),
    ),
    Attack(
        "token with room-list permission",
        FORBIDDEN,
        path_of("7", end=True),
        bearer(livekit_token(room_list=True, room_create=True)),
    ),
    claims("session 7.0 is not 7", FORBIDDEN, session_id=7.0),
    Attack("session 07 is not 7", FORBIDDEN, path_of("07"), browser("7", exp=LATER)),
    claims("session wildcard", FORBIDDEN, session_id="*"),
    Attack("session prefix", FORBIDDEN, path_of("77"), browser("7", exp=LATER)),
    claims("session with NUL", FORBIDDEN, session_id="7\0"),
]
TOKENS = [  # API2: broken authentication
    Attack("no credentials", UNAUTHORIZED),
    bears("alg none", hand_made({"alg": "none"}, GOOD).rpartition(".")[0] + "."),
    head("alg none, signed", {"alg": "none"}),
    head("alg HS384", {"alg": "HS384"}),
    head("alg RS256", {"alg": "RS256"}),
    head("alg is a list", {"alg": ["HS256"]}),
    head("alg is null", {"alg": None}),
    head("head is a list", [HS]),
    bears("claims are a list", hand_made(HS, [GOOD])),
    bears("claims are null", hand_made(HS, None)),
    bears("an empty key", hand_made(HS, GOOD, b"")),
    bears("LiveKit's key", hand_made(HS, GOOD, LIVEKIT_SECRET.encode())),
    bears("the API key as a secret", hand_made(HS, GOOD, API_KEY.encode())),
    bears("the API key as Bearer", API_KEY),
    Attack("the JWT as X-API-Key", UNAUTHORIZED, headers={"X-API-Key": hand_made(HS, GOOD)}),
    claims("exp is negative", exp=-(10**30)),
    claims("exp is NaN", exp=float("nan")),
    claims("exp is null", exp=None),
    claims("exp is true", exp=True),
    claims("exp is a list", exp=[LATER]),
    claims("nbf is text", nbf="x"),
    Attack("a tab", UNAUTHORIZED, headers={"Authorization": f"Bearer\t{hand_made(HS, GOOD)}"}),
    Attack(
        "lower-case bearer",
        PAST_EVERY_CHECK,
        headers={"Authorization": f"bearer {hand_made(HS, {**GOOD, 'sub': 7, 'aud': ['x']})}"},
    ),
    head("an unknown extension", {**HS, "crit": ["x"], "x": 1}),
    head("a payload that is not encoded", {**HS, "b64": False, "crit": ["b64"]}),
    claims("a huge token", x="x" * 20_000),
    bears("five parts (JWE)", "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..a.b.c"),
    bears("two tokens in one header", f"x, Bearer {hand_made(HS, GOOD)}"),
    Attack(
        "two headers, good first",
        UNAUTHORIZED,
        headers=[
            ("Authorization", browser("7", exp=LATER)["Authorization"]),
            ("Authorization", "Bearer x"),
        ],
    ),
    Attack(
        "two keys, good first", UNAUTHORIZED, headers=[("X-API-Key", API_KEY), ("x-api-key", "x")]
    ),
    Attack("the key with a space", UNAUTHORIZED, headers={"X-API-Key": API_KEY[:-1]}),
    Attack(
        "the key in the URL", UNAUTHORIZED, path_of("7") + f"?X-API-Key={API_KEY}&api_key={API_KEY}"
    ),
    Attack(
        "the token in the URL", UNAUTHORIZED, path_of("7") + f"?access_token={hand_made(HS, GOOD)}"
    ),
    Attack("the key as a cookie", UNAUTHORIZED, headers={"Cookie": f"X-API-Key={API_KEY}"}),
    Attack(
        "Basic",
        UNAUTHORIZED,
        headers={"Authorization": "Basic " + base64.b64encode(f"x:{API_KEY}".encode()).decode()},
    ),
    Attack("non-UTF-8 bytes", UNAUTHORIZED, headers=[("X-API-Key", b"\xff\xfe\x80")]),
]
FIELDS = [  # API3: object property level (mass assignment)
    asks("another room", NOT_ALLOWED, {"room_name": "training-session-8"}),
    asks(
        "another room in a repeated field",
        NOT_ALLOWED,
        b'{"room_name": "training-session-7", "room_name": "training-session-8"}',
    ),
    asks(
        "another room in camel case",
        NOT_ALLOWED,
        b'{"room_name": "training-session-7", "roomName": "training-session-8"}',
    ),
    asks("the room in other case", NOT_ALLOWED, {"room_name": "Training-Session-7"}),
    asks("a longer lifetime", NOT_ALLOWED, {"ttl": 86_400, "exp": LATER, "valid_for": "24h"}),
    asks("a prototype", NOT_ALLOWED, {"__proto__": {"restart": True}, "constructor": 1}),
    asks(
        "a script from the browser",
        NOT_ALLOWED,
        {"training_type": "forklift"},
        caller=browser("7", exp=LATER),
    ),
    claims("continue_url with a lone surrogate", INVALID, continue_url="https://x.example/\ud800"),
]
MALFORMED, TYPE, LARGE = (400, "malformed_json"), (415, "not_json"), (413, "body_too_large")
BODIES = [  # API4: unrestricted resource consumption
    asks("nested deeply", MALFORMED, b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    asks("NaN", MALFORMED, b'{"role": NaN}'),
    asks("Infinity", MALFORMED, b'{"role": -Infinity}'),
    asks("a number of 10,000 digits", MALFORMED, b'{"role": ' + b"9" * 10_000 + b"}"),
    asks("a number of 4,000 digits", NOT_ALLOWED, b'{"session_id": ' + b"9" * 4_000 + b"}"),
    asks("an infinite number", NOT_ALLOWED, b'{"session_id": 1e999}'),
    asks("a lone surrogate", MALFORMED, b'{"role": "\\ud800"}'),
    asks("a body that is not UTF-8", MALFORMED, b'{"role": "\xff"}'),
    asks("UTF-16", MALFORMED, '{"role": "x"}'.encode("utf-16")),
    asks("a byte order mark", PAST_EVERY_CHECK, b'\xef\xbb\xbf{"role": "x"}'),
    asks("two documents", MALFORMED, b"{}{}"),
    asks("a trainee as text", INVALID, {"trainee": "Ada"}),
    asks("an unknown field with control characters", NOT_ALLOWED, {"\u202e\0x": "y"}),
    asks("the same key twice", PAST_EVERY_CHECK, b'{"role": "a", "role": 7}'),
    asks(
        "Latin-1",
        MALFORMED,
        '{"role": "Köchin"}'.encode("latin-1"),
        kind="application/json; charset=iso-8859-1",
    ),
    asks("a comment", MALFORMED, b"{/* */}"),
    asks("a string instead of an object", INVALID, b'"{}"'),
    asks("null instead of an object", INVALID, b"null"),
    asks("NUL in a name", PAST_EVERY_CHECK, {"trainee": {"name": "A\0da"}}),
    asks("a name of 60 kB", PAST_EVERY_CHECK, {"trainee": {"name": "A" * 60_000}}),
    asks(
        "a name of combining marks",
        PAST_EVERY_CHECK,
        {"trainee": {"name": "Z" + "\u0321\u0354" * 5000}},
    ),
    asks(
        "a name with right-to-left marks",
        PAST_EVERY_CHECK,
        {"trainee": {"name": "\u202eadA\u2066\u200f"}},
    ),
    asks("a name of emoji", PAST_EVERY_CHECK, {"trainee": {"name": "👩‍👩‍👧‍👦" * 500}}),
    asks("3,000 unknown fields", NOT_ALLOWED, {f"f{i}": i for i in range(3_000)}),
    asks("gzip", TYPE, gzip.compress(b"{}"), Content_Encoding="gzip"),
    asks(
        "a gzip bomb", TYPE, gzip.compress(b" " * 50_000_000, 9)[:60_000], Content_Encoding="gzip"
    ),
    asks(
        "XML",
        TYPE,
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        kind="application/xml",
    ),
    asks("a form", TYPE, b"restart=true", kind="application/x-www-form-urlencoded"),
    asks("a file", TYPE, b"--x--", kind="multipart/form-data; boundary=x"),
    asks("a content type of 5 kB", TYPE, b"{}", kind="a" * 5000),
    asks("a body of 70 kB", LARGE, b" " * 70_000),
    asks("a huge Content-Length", LARGE, b"", Content_Length="9" * 19, length=False),
    asks(
        "chunks",
        PAST_EVERY_CHECK,
        b"2\r\n{}\r\n0\r\n\r\n",
        Transfer_Encoding="chunked",
        length=False,
    ),
    asks(
        "chunks of gzip",
        TYPE,
        b"2\r\n\x1f\x8b\r\n0\r\n\r\n",
        Transfer_Encoding="chunked",
        Content_Encoding="gzip",
        length=False,
    ),
]
NOT_FOUND = (404, "not_found")
PATHS = [  # API8, API9: misconfiguration, forgotten endpoints
    Attack("an empty session id", NOT_FOUND, path_of(""), BACKEND),
    # Scanners must not fire TrainingGreeterRequestsAreInvalid, which is about the platform.
    Attack("a space, without credentials", UNAUTHORIZED, path_of("7%20")),
    Attack("an encoded slash", NOT_FOUND, path_of("7%2F8"), BACKEND),
    Attack(
        "dot segments", NOT_FOUND, "/api/users/sessions/../sessions/7/avatar-greeting/", BACKEND
    ),
    Attack("encoded dot segments", INVALID, path_of("%2e%2e"), BACKEND),
    Attack("encoded twice", INVALID, path_of("%2537"), BACKEND),
    Attack("dots and an encoded slash", NOT_FOUND, path_of("..%2f..%2fadmin"), BACKEND),
    Attack("overlong UTF-8", NOT_FOUND, path_of("%c0%ae%c0%ae%2f"), BACKEND),
    Attack("a fullwidth digit", INVALID, path_of("%EF%BC%97"), BACKEND),
    Attack("an arabic digit", INVALID, path_of("%D9%A7"), BACKEND),
    Attack("a newline", INVALID, path_of("7%0a"), BACKEND),
    Attack("a header injection", INVALID, path_of("7%0d%0aX-Evil:1"), BACKEND),
    Attack("NUL", INVALID, path_of("7%00"), BACKEND),
    Attack("a format string", INVALID, path_of("%25s%25n"), BACKEND),
    Attack("an escape sequence", INVALID, path_of("%1b%5b31m"), BACKEND),
    Attack("a matrix parameter", INVALID, path_of("7;a=b"), BACKEND),
    Attack("a space", INVALID, path_of("7%20"), BACKEND),
    Attack("a backslash", INVALID, path_of("7%5c"), BACKEND),
    Attack("a session id of 1,000 digits", INVALID, path_of("7" * 1000), BACKEND),
    Attack("two slashes", NOT_FOUND, "/" + path_of("7"), BACKEND),
    Attack("upper case", NOT_FOUND, path_of("7").upper(), BACKEND),
    Attack("a .json suffix", NOT_FOUND, path_of("7")[:-1] + ".json", BACKEND),
    Attack("an absolute URL", NOT_FOUND, "http://169.254.169.254/latest/meta-data/", BACKEND),
    Attack("redoc", NOT_FOUND, "/redoc", method="GET"),
    Attack("/docs, which loads scripts from a CDN", NOT_FOUND, "/docs", method="GET"),
    Attack("metrics", NOT_FOUND, "/metrics", method="GET"),
    Attack("git", NOT_FOUND, "/.git/config", method="GET"),
    Attack("env", NOT_FOUND, "/.env", method="GET"),
    Attack("reading a greeting", (405, "method_not_allowed"), headers=BACKEND, method="GET"),
    Attack("deleting an end", (405, "method_not_allowed"), path_of("7", end=True), method="DELETE"),
    Attack("tracing", (405, "method_not_allowed"), headers=BACKEND, method="TRACE"),
    Attack("options without an origin", (405, "method_not_allowed"), method="OPTIONS"),
    Attack(
        "a WebSocket upgrade",
        (405, "method_not_allowed"),
        headers={**BACKEND, "Upgrade": "websocket", "Connection": "Upgrade, close"},
        method="GET",
    ),
    Attack("unknown method", (400, "malformed_request"), headers=BACKEND, method="GREET"),
    Attack("unusual method", (405, "method_not_allowed"), headers=BACKEND, method="PROPFIND"),
    Attack(
        "another method by header",
        PAST_EVERY_CHECK,
        headers={**BACKEND, "X-HTTP-Method-Override": "DELETE"},
    ),
    Attack(
        "another path by header",
        NOT_FOUND,
        "/x",
        {**BACKEND, "X-Original-URL": path_of("7"), "X-Rewrite-URL": path_of("7")},
    ),
    Attack(
        "another host",
        PAST_EVERY_CHECK,
        headers={**BACKEND, "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    ),
    Attack(
        "a websocket",
        (405, "method_not_allowed"),
        headers={
            **BACKEND,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
        method="GET",
    ),
    Attack(
        "150 headers",
        PAST_EVERY_CHECK,
        headers={**BACKEND, **{f"X-{i}": "y" * 100 for i in range(150)}},
    ),
    Attack("a webhook without a signature", UNAUTHORIZED, WEBHOOK, body=b"{}"),
    Attack("a webhook with the platform's key", UNAUTHORIZED, WEBHOOK, BACKEND, body=b"{}"),
    Attack("a webhook with a room token", UNAUTHORIZED, WEBHOOK, bearer(ROOM_TOKEN), body=b"{}"),
    Attack("a large webhook", LARGE, WEBHOOK, body=b" " * 70_000),
    Attack("reading webhooks", (405, "method_not_allowed"), WEBHOOK, method="GET"),
]
ALL = [*OTHER_SESSIONS, *TOKENS, *FIELDS, *BODIES, *PATHS]
