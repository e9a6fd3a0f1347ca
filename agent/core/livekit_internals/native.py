"""What the worker asks of the native library of LiveKit's SDK without a public function for it."""

from __future__ import annotations

import os
from functools import cache

from livekit.rtc import RemoteTrackPublication, _ffi_client
from livekit.rtc._proto import ffi_pb2
from livekit.rtc.version import __version__


@cache
def start_native_library() -> None:
    """Start the library in this process without its log; a repeat does nothing.

    Call it after a fork. The library sends every line of its log to Python, down to the lowest
    level, and Python drops nearly all of them: 3,900 until the agent's first word, and 200 a second
    while it speaks. The SDK has no option
    (https://github.com/livekit/python-sdks/blob/rtc-v1.1.21/livekit-rtc/livekit/rtc/_ffi_client.py).
    The log is lost, unless RUST_LOG names a level: it is then written to standard error.
    """
    os.environ.setdefault("RUST_LOG", "off")
    library = _ffi_client.FfiClient.instance._ffi_lib
    # The SDK has started it with True: send the log to the callback.
    library.livekit_ffi_initialize(
        _ffi_client.ffi_event_callback, False, b"python", __version__.encode()
    )


def receive_track(publication: RemoteTrackPublication, *, receive: bool) -> None:
    """Tell the server whether to send the media of a track to which this client is subscribed.

    LiveKit's other SDKs call it `setEnabled`; the Python SDK has no function for it
    (https://github.com/livekit/python-sdks/blob/rtc-v1.1.21/livekit-rtc/livekit/rtc/track_publication.py).
    """
    request = ffi_pb2.FfiRequest()
    request.enable_remote_track_publication.track_publication_handle = (
        publication._ffi_handle.handle
    )
    request.enable_remote_track_publication.enabled = receive
    _ffi_client.FfiClient.instance.request(request)
