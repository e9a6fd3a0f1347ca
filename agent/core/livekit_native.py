"""Starts the native library of LiveKit's SDK without its log.

The library sends every line of its log to Python, down to the lowest level, and Python drops nearly
all of them: 3,900 until the agent's first word, and 200 a second while it speaks. The SDK has no
option (https://github.com/livekit/python-sdks/blob/rtc-v1.1.21/livekit-rtc/livekit/rtc/_ffi_client.py).
"""

from __future__ import annotations

import os
from functools import cache

from livekit.rtc import _ffi_client
from livekit.rtc.version import __version__


@cache
def start_native_library() -> None:
    """Start the library in this process; a repeat does nothing. Call it after a fork.

    Its log is lost, unless RUST_LOG names a level: it is then written to standard error.
    """
    os.environ.setdefault("RUST_LOG", "off")
    library = _ffi_client.FfiClient.instance._ffi_lib
    # The SDK has started it with True: send the log to the callback.
    library.livekit_ffi_initialize(
        _ffi_client.ffi_event_callback, False, b"python", __version__.encode()
    )
