"""Which addresses only this machine or its own network can reach."""

from __future__ import annotations

import ipaddress

_LOCAL_NAMES = (
    *("localhost", "local", "internal", "home.arpa"),  # reserved, or multicast DNS
    *("lan", "home", "corp", "intranet", "localdomain"),  # no top-level domains, and in wide use
)


def is_private_host(host: str) -> bool:
    """True where nobody on the internet can reach `host`, a name or an address without a port.

    Nothing is looked up: a public name that points to a private address counts as public. An
    IPv6 address may stand in brackets and carry a zone.
    """
    name = host.strip().removeprefix("[").removesuffix("]").rstrip(".").lower()
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        pass
    else:
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return not (mapped or address).is_global
    return "." not in name or name.endswith(tuple(f".{local}" for local in _LOCAL_NAMES))
