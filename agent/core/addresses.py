"""Tell private host names, addresses and URLs from public ones."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_LOCAL_NAMES = (
    *("localhost", "local", "internal", "home.arpa"),  # reserved names and multicast DNS
    *("lan", "home", "corp", "intranet", "localdomain"),  # widely used, not delegated in the DNS
)


def is_private_host(host: str) -> bool:
    """Return True if a host (a name, or an address) cannot be reached from the internet.

    The function does no DNS lookup: a public name that resolves to a private address is public.
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


def is_public_url(url: str) -> bool:
    """Return True if the URL's host can be reached from the internet; False without a host."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return host is not None and not is_private_host(host)
