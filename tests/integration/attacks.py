"""The attacks: each row is one request and the response it must get.

There is no LiveKit: a request that passes every check gets 503 `livekit_unavailable`. An attack
must be rejected before that.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Any

from livekit import api

from agent.token_endpoint.tokens import generate_livekit_token
from tests.integration.endpoint_fixtures import (
    API_KEY,
    BACKEND,
    JWT_SECRET,
    bearer,
    browser,
    path_of,
)
from tests.unit.endpoint_app import LIVEKIT_KEY, LIVEKIT_SECRET

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


def asks(name: str, expected: tuple[int, str], body: Any, **how: Any) -> Attack:
    """As the backend, with this body."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = how.pop("headers", {**BACKEND, **JSON})
    return Attack(name, expected, headers=headers, body=content, **how)


def hand_made(head: Any, claims: Any, key: bytes = JWT_SECRET.encode()) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in (head, claims)]
    mac = hmac.digest(key, b".".join(parts), hashlib.sha256)
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


GOOD = {"sub": "t-1", "session_id": "7", "exp": LATER}
HS = {"alg": "HS256", "typ": "JWT"}
NO, OTHERS = (401, "unauthorized"), (403, "forbidden")
CHOICE, ODD = (403, "field_not_allowed"), (422, "invalid_request")


def room_token(session_id: str, **more: Any) -> str:
    room = f"training-session-{session_id}"
    return generate_livekit_token(room, "", api_key=LIVEKIT_KEY, api_secret=LIVEKIT_SECRET, **more)


def livekit_token(**grants: Any) -> str:
    made = api.AccessToken(LIVEKIT_KEY, LIVEKIT_SECRET).with_identity("x")
    return made.with_grants(api.VideoGrants(**grants)).to_jwt()


SOMEBODY_ELSES = [  # API1: broken object level authorization; API5: function level
    Attack("their token, my session", OTHERS, path_of("8"), browser("7", exp=LATER)),
    Attack("their token ends mine", OTHERS, path_of("8", end=True), browser("7", exp=LATER)),
    Attack(
        "a room token of theirs ends mine", OTHERS, path_of("8", end=True), bearer(room_token("7"))
    ),
    Attack("a room token starts nothing", NO, headers=bearer(room_token("7"))),
    Attack(
        "an agent's token starts nothing",
        NO,
        headers=bearer(livekit_token(room_admin=True, room="training-session-7")),
    ),
    Attack(
        "an agent's token ends nothing",
        OTHERS,
        path_of("7", end=True),
        bearer(livekit_token(room_admin=True, room="training-session-7")),
    ),
    Attack(
        "another room's agent ends mine",
        OTHERS,
        path_of("7", end=True),
        bearer(livekit_token(room_admin=True, room="training-session-8")),
    ),
    Attack(
        "an admin of no room",
        OTHERS,
        path_of("7", end=True),
        bearer(livekit_token(room_admin=True)),
    ),
    Attack(
        "one who may list rooms",
        OTHERS,
        path_of("7", end=True),
        bearer(livekit_token(room_list=True, room_create=True)),
    ),
    Attack(
        "the avatar's seat ends nothing",
        OTHERS,
        path_of("7", end=True),
        bearer(room_token("7", identity="avatar-7")),
    ),
    Attack(
        "session 7.0 is not 7", OTHERS, headers=bearer(hand_made(HS, {**GOOD, "session_id": 7.0}))
    ),
    Attack(
        "true is not 1", OTHERS, path_of("1"), bearer(hand_made(HS, {**GOOD, "session_id": True}))
    ),
    Attack("nor is 07", OTHERS, path_of("07"), browser("7", exp=LATER)),
    Attack(
        "a list of sessions",
        OTHERS,
        headers=bearer(hand_made(HS, {**GOOD, "session_id": ["7", "8"]})),
    ),
    Attack("a wildcard", OTHERS, headers=bearer(hand_made(HS, {**GOOD, "session_id": "*"}))),
    Attack("a prefix", OTHERS, path_of("77"), browser("7", exp=LATER)),
    Attack(
        "its length cut by NUL",
        OTHERS,
        headers=bearer(hand_made(HS, {**GOOD, "session_id": "7\0"})),
    ),
    Attack("no session at all", OTHERS, headers=bearer(hand_made(HS, {"sub": "a", "exp": LATER}))),
    asks(
        "a browser restarts", CHOICE, {"restart": True}, headers={**browser("7", exp=LATER), **JSON}
    ),
]
TOKENS = [  # API2: broken authentication
    Attack("none", NO),
    Attack(
        "alg none", NO, headers=bearer(hand_made({"alg": "none"}, GOOD).rpartition(".")[0] + ".")
    ),
    Attack("alg none, signed", NO, headers=bearer(hand_made({"alg": "none"}, GOOD))),
    Attack("alg HS384 named", NO, headers=bearer(hand_made({"alg": "HS384"}, GOOD))),
    Attack("alg RS256 named", NO, headers=bearer(hand_made({"alg": "RS256"}, GOOD))),
    Attack("alg a list", NO, headers=bearer(hand_made({"alg": ["HS256"]}, GOOD))),
    Attack("alg null", NO, headers=bearer(hand_made({"alg": None}, GOOD))),
    Attack("head a list", NO, headers=bearer(hand_made([HS], GOOD))),
    Attack("claims a list", NO, headers=bearer(hand_made(HS, [GOOD]))),
    Attack("claims null", NO, headers=bearer(hand_made(HS, None))),
    Attack("a wrong key", NO, headers=bearer(hand_made(HS, GOOD, b"x" * 40))),
    Attack("an empty key", NO, headers=bearer(hand_made(HS, GOOD, b""))),
    Attack("LiveKit's key", NO, headers=bearer(hand_made(HS, GOOD, LIVEKIT_SECRET.encode()))),
    Attack("the API key as a secret", NO, headers=bearer(hand_made(HS, GOOD, API_KEY.encode()))),
    Attack("the API key as Bearer", NO, headers=bearer(API_KEY)),
    Attack("the JWT as X-API-Key", NO, headers={"X-API-Key": hand_made(HS, GOOD)}),
    Attack("expired", NO, headers=bearer(hand_made(HS, {**GOOD, "exp": 1}))),
    Attack("exp far before time", NO, headers=bearer(hand_made(HS, {**GOOD, "exp": -(10**30)}))),
    Attack("exp is text", NO, headers=bearer(hand_made(HS, {**GOOD, "exp": "never"}))),
    Attack("exp is infinite", NO, headers=bearer(hand_made(HS, {**GOOD, "exp": float("inf")}))),
    Attack("exp is NaN", NO, headers=bearer(hand_made(HS, {**GOOD, "exp": float("nan")}))),
    Attack("exp is null", NO, headers=bearer(hand_made(HS, {**GOOD, "exp": None}))),
    Attack("no exp", NO, headers=bearer(hand_made(HS, {"sub": "a", "session_id": "7"}))),
    Attack("not yet", NO, headers=bearer(hand_made(HS, {**GOOD, "nbf": LATER}))),
    Attack("issued in the future", NO, headers=bearer(hand_made(HS, {**GOOD, "iat": LATER}))),
    Attack(
        "an unknown extension", NO, headers=bearer(hand_made({**HS, "crit": ["x"], "x": 1}, GOOD))
    ),
    Attack(
        "a payload that is not encoded",
        NO,
        headers=bearer(hand_made({**HS, "b64": False, "crit": ["b64"]}, GOOD)),
    ),
    Attack("a huge one", NO, headers=bearer(hand_made(HS, {**GOOD, "x": "x" * 20_000}))),
    Attack(
        "a deep one", NO, headers=bearer(base64.urlsafe_b64encode(b"[" * 6000).decode() + ".e30.x")
    ),
    Attack(
        "five parts (JWE)", NO, headers=bearer("eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..a.b.c")
    ),
    Attack("two tokens in one header", NO, headers=bearer(f"x, Bearer {hand_made(HS, GOOD)}")),
    Attack(
        "two headers, good first",
        NO,
        headers=[
            ("Authorization", browser("7", exp=LATER)["Authorization"]),
            ("Authorization", "Bearer x"),
        ],
    ),
    Attack("two keys, good first", NO, headers=[("X-API-Key", API_KEY), ("x-api-key", "x")]),
    Attack("key and token", NO, headers={**BACKEND, **browser("7", exp=LATER)}),
    Attack("the key with a space", NO, headers={"X-API-Key": API_KEY[:-1]}),
    Attack("the key in the address", NO, path_of("7") + f"?X-API-Key={API_KEY}&api_key={API_KEY}"),
    Attack("the token in the address", NO, path_of("7") + f"?access_token={hand_made(HS, GOOD)}"),
    Attack("the key as a cookie", NO, headers={"Cookie": f"X-API-Key={API_KEY}"}),
    Attack(
        "Basic",
        NO,
        headers={"Authorization": "Basic " + base64.b64encode(f"x:{API_KEY}".encode()).decode()},
    ),
    Attack("bytes that are no text", NO, headers=[("X-API-Key", b"\xff\xfe\x80")]),
]
CHOICES = [  # API3: object property level (mass assignment)
    asks("another room", CHOICE, {"room_name": "training-session-8"}),
    asks(
        "another room the second time it is named",
        CHOICE,
        b'{"room_name": "training-session-7", "room_name": "training-session-8"}',
    ),
    asks(
        "another room by another spelling",
        CHOICE,
        b'{"room_name": "training-session-7", "roomName": "training-session-8"}',
    ),
    asks("a room of this name in other letters", CHOICE, {"room_name": "Training-Session-7"}),
    asks("the agent's identity", CHOICE, {"participant_identity": "agent"}),
    asks("to be the avatar", CHOICE, {"participant_attributes": {"lk.publish_on_behalf": "agent"}}),
    asks(
        "to be our page by attribute",
        CHOICE,
        {"participant_attributes": {"greeting.client": "avatar-greeting"}},
    ),
    asks(
        "metadata for the worker",
        CHOICE,
        {"participant_metadata": '{"v": 1, "trainee": {"name": "Eve"}}'},
    ),
    asks("another agent", CHOICE, {"room_config": {"agents": [{"agent_name": "evil"}]}}),
    asks("job metadata", CHOICE, {"room_config": {"agents": [{"metadata": "{}"}, {}]}}),
    asks("an egress", CHOICE, {"room_config": {"egress": {"room": {"room_name": "x"}}}}),
    asks("a larger room", CHOICE, {"roomConfig": {"maxParticipants": 1000}}),
    asks("grants", CHOICE, {"video": {"roomAdmin": True}, "grants": {"room_admin": True}}),
    asks("a longer life", CHOICE, {"ttl": 86_400, "exp": LATER, "valid_for": "24h"}),
    asks("another session", CHOICE, {"session_id": "8"}),
    asks("a prototype", CHOICE, {"__proto__": {"restart": True}, "constructor": 1}),
    asks(
        "a script from the browser",
        CHOICE,
        {"training_type": "forklift"},
        headers={**browser("7", exp=LATER), **JSON},
    ),
    asks(
        "a way on from the browser",
        CHOICE,
        {"continue_url": "https://evil.example/"},
        headers={**browser("7", exp=LATER), **JSON},
    ),
    asks(
        "consent from the browser",
        CHOICE,
        {"consent": {"recording": True}},
        headers={**browser("7", exp=LATER), **JSON},
    ),
    asks("a way on that is script", ODD, {"continue_url": "javascript:alert(1)"}),
    asks("a reason that is a story", ODD, {"reason": "a\nb"}, path=path_of("7", end=True)),
    Attack(
        "half a character in a token's way on",
        ODD,
        headers=bearer(hand_made(HS, {**GOOD, "continue_url": "https://x.example/\ud800"})),
    ),
]
MALFORMED, TYPE, LARGE = (400, "malformed_json"), (415, "not_json"), (413, "body_too_large")
BODIES = [  # API4: unrestricted resource consumption
    asks("nested deeply", MALFORMED, b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    asks("NaN", MALFORMED, b'{"role": NaN}'),
    asks("Infinity", MALFORMED, b'{"role": -Infinity}'),
    asks("a number of 10,000 digits", MALFORMED, b'{"role": ' + b"9" * 10_000 + b"}"),
    asks("a number of 4,000 digits", CHOICE, b'{"session_id": ' + b"9" * 4_000 + b"}"),
    asks("a number without end", CHOICE, b'{"session_id": 1e999}'),
    asks("half a character", MALFORMED, b'{"role": "\\ud800"}'),
    asks("no UTF-8", MALFORMED, b'{"role": "\xff"}'),
    asks("UTF-16", MALFORMED, '{"role": "x"}'.encode("utf-16")),
    asks("a byte order mark", MALFORMED, b'\xef\xbb\xbf{"role": "x"}'),
    asks("two documents", MALFORMED, b"{}{}"),
    asks("a comment", MALFORMED, b"{/* */}"),
    asks("text", ODD, b'"{}"'),
    asks("NUL in a name", PAST_EVERY_CHECK, {"trainee": {"name": "A\0da"}}),
    asks("a name of 60 kB", PAST_EVERY_CHECK, {"trainee": {"name": "A" * 60_000}}),
    asks(
        "a name of combining marks",
        PAST_EVERY_CHECK,
        {"trainee": {"name": "Z" + "\u0321\u0354" * 5000}},
    ),
    asks(
        "a name that runs backwards",
        PAST_EVERY_CHECK,
        {"trainee": {"name": "\u202eadA\u2066\u200f"}},
    ),
    asks("a name in pictures", PAST_EVERY_CHECK, {"trainee": {"name": "👩‍👩‍👧‍👦" * 500}}),
    asks("5,000 fields nobody knows", CHOICE, {f"f{i}": i for i in range(3_000)}),
    asks(
        "gzip", TYPE, gzip.compress(b"{}"), headers={**BACKEND, **JSON, "Content-Encoding": "gzip"}
    ),
    asks(
        "a gzip bomb",
        TYPE,
        gzip.compress(b" " * 50_000_000, 9)[:60_000],
        headers={**BACKEND, **JSON, "Content-Encoding": "gzip"},
    ),
    asks(
        "XML",
        TYPE,
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        headers={**BACKEND, "Content-Type": "application/xml"},
    ),
    asks(
        "a form",
        TYPE,
        b"restart=true",
        headers={**BACKEND, "Content-Type": "application/x-www-form-urlencoded"},
    ),
    asks(
        "a file",
        TYPE,
        b"--x--",
        headers={**BACKEND, "Content-Type": "multipart/form-data; boundary=x"},
    ),
    asks("a type of kilobytes", TYPE, b"{}", headers={**BACKEND, "Content-Type": "a" * 5000}),
    asks("large", LARGE, b" " * 70_000),
    Attack(
        "announced as huge",
        LARGE,
        headers={**BACKEND, **JSON, "Content-Length": "9" * 19},
        length=False,
    ),
    Attack(
        "chunks",
        PAST_EVERY_CHECK,
        headers={**BACKEND, **JSON, "Transfer-Encoding": "chunked"},
        body=b"2\r\n{}\r\n0\r\n\r\n",
        length=False,
    ),
    Attack(
        "chunks of gzip",
        TYPE,
        headers={**BACKEND, **JSON, "Transfer-Encoding": "chunked", "Content-Encoding": "gzip"},
        body=b"2\r\n\x1f\x8b\r\n0\r\n\r\n",
        length=False,
    ),
]
GONE = (404, "not_found")
PLACES = [  # API8, API9: misconfiguration, forgotten addresses
    Attack("an encoded slash", GONE, path_of("7%2F8"), BACKEND),
    Attack("dot segments", GONE, "/api/users/sessions/../sessions/7/avatar-greeting/", BACKEND),
    Attack("encoded dot segments", ODD, path_of("%2e%2e"), BACKEND),
    Attack("encoded twice", ODD, path_of("%2537"), BACKEND),
    Attack("dots and an encoded slash", GONE, path_of("..%2f..%2fadmin"), BACKEND),
    Attack("overlong UTF-8", GONE, path_of("%c0%ae%c0%ae%2f"), BACKEND),
    Attack("a fullwidth digit", ODD, path_of("%EF%BC%97"), BACKEND),
    Attack("an arabic digit", ODD, path_of("%D9%A7"), BACKEND),
    Attack("a newline", ODD, path_of("7%0a"), BACKEND),
    Attack("a header's end", ODD, path_of("7%0d%0aX-Evil:1"), BACKEND),
    Attack("NUL", ODD, path_of("7%00"), BACKEND),
    Attack("a format", ODD, path_of("%25s%25n"), BACKEND),
    Attack("an escape sequence", ODD, path_of("%1b%5b31m"), BACKEND),
    Attack("a matrix parameter", ODD, path_of("7;a=b"), BACKEND),
    Attack("a space", ODD, path_of("7%20"), BACKEND),
    Attack("a backslash", ODD, path_of("7%5c"), BACKEND),
    Attack("a kilobyte", ODD, path_of("7" * 1000), BACKEND),
    Attack("two slashes", GONE, "/" + path_of("7"), BACKEND),
    Attack("other letters", GONE, path_of("7").upper(), BACKEND),
    Attack("a format by ending", GONE, path_of("7")[:-1] + ".json", BACKEND),
    Attack("somewhere else whole", GONE, "http://169.254.169.254/latest/meta-data/", BACKEND),
    Attack("redoc", GONE, "/redoc", method="GET"),
    Attack("a page that brings scripts from elsewhere", GONE, "/docs", method="GET"),
    Attack("metrics", GONE, "/metrics", method="GET"),
    Attack("git", GONE, "/.git/config", method="GET"),
    Attack("env", GONE, "/.env", method="GET"),
    Attack("reading a greeting", (405, "method_not_allowed"), headers=BACKEND, method="GET"),
    Attack("tracing", (405, "method_not_allowed"), headers=BACKEND, method="TRACE"),
    Attack("a method nobody knows", (405, "method_not_allowed"), headers=BACKEND, method="GREET"),
    Attack(
        "deleting by another header",
        PAST_EVERY_CHECK,
        headers={**BACKEND, "X-HTTP-Method-Override": "DELETE"},
    ),
    Attack(
        "another address by header",
        GONE,
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
    Attack("a webhook without a signature", NO, WEBHOOK, body=b"{}"),
    Attack("a webhook with the platform's key", NO, WEBHOOK, BACKEND, body=b"{}"),
    Attack("a webhook with a room token", NO, WEBHOOK, bearer(room_token("7")), body=b"{}"),
    Attack("a large webhook", LARGE, WEBHOOK, body=b" " * 70_000),
    Attack("reading webhooks", (405, "method_not_allowed"), WEBHOOK, method="GET"),
]
ALL = [*SOMEBODY_ELSES, *TOKENS, *CHOICES, *BODIES, *PLACES]
