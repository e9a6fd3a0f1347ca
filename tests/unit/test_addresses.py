"""Private and public host names and addresses."""

from __future__ import annotations

import pytest

from agent.core.addresses import is_private_host


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.",
        "app.localhost",
        "livekit",
        "",
        "mac.local",
        "livekit.svc.cluster.local",
        "host.docker.internal",
        "ip-10-0-0-1.ec2.internal",
        "router.lan",
        "nas.home.arpa",
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.20",
        "169.254.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "[::1]",
        "::",
        "fe80::1%eth0",
        "fd12:3456::1",
        "::ffff:10.0.0.1",
    ],
)
def test_is_private_host_is_true_for_local_names_and_addresses(host: str) -> None:
    assert is_private_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "project.livekit.cloud",
        "Example.com.",
        "localhost.example.com",
        "internal.example",
        "172.32.0.1",
        "8.8.8.8",
        "2606:4700:4700::1111",
        "[2a00:1450:4001:80b::200e]",
        "::ffff:8.8.8.8",
    ],
)
def test_is_private_host_is_false_for_public_names_and_addresses(host: str) -> None:
    assert not is_private_host(host)
