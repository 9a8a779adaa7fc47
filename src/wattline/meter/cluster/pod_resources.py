"""Which container has which device: the kubelet's pod resources, over gRPC on its socket.

The messages are those of kubelet's podresources API, v1 (pod_resources 1: name 1, namespace 2, containers 3: name 1,
devices 2: resource_name 1, device_ids 2); they are read by field number, so that nothing need be generated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError, shorten

SOCKET = Path("/var/lib/kubelet/pod-resources/kubelet.sock")
METHOD = "/v1.PodResourcesLister/List"
TIMEOUT_S = 5.0
MAX_SHIFT = 63  # bits of a number on the wire


@dataclass(frozen=True)
class PodDevices:
    """A container with its devices, by the identifiers that their device plugin gives."""

    namespace: str
    pod: str
    container: str
    devices: tuple[str, ...]


def list_pods(socket: Path = SOCKET) -> list[PodDevices]:
    """Every container of the node with its devices.

    Parameters
    ----------
    socket : of the kubelet

    Returns
    -------
    The containers, those without a device too. Raises WattlineError where the kubelet does not answer.
    """
    try:
        import grpc
    except ImportError:
        raise WattlineError("cluster: gRPC is not installed: pip install 'wattline[cluster]'") from None
    try:
        with grpc.insecure_channel(f"unix://{socket}", options=[("grpc.default_authority", "localhost")]) as channel:
            call: Any = channel.unary_unary(METHOD, request_serializer=bytes, response_deserializer=bytes)
            return parse_pods(call(b"", timeout=TIMEOUT_S))
    except grpc.RpcError as error:
        details = getattr(error, "details", None)
        why = shorten(str(details() if details is not None else error), 120)
        raise WattlineError(f"cluster: the kubelet does not answer at {socket}: {why}") from None


def parse_pods(data: bytes) -> list[PodDevices]:
    """The containers of an answer.

    Parameters
    ----------
    data : of the message ListPodResourcesResponse

    Returns
    -------
    The containers with their devices. Raises WattlineError for bytes that are no such message.
    """
    out = []
    for pod in _messages(data, 1):
        name, namespace = _text(pod, 1), _text(pod, 2)
        for container in _messages(pod, 3):
            ids = [_decoded(each) for devices in _messages(container, 2) for each in _messages(devices, 2)]
            out.append(PodDevices(namespace, name, _text(container, 1), tuple(ids)))
    return out


def _text(data: bytes, field: int) -> str:
    return _decoded(next(iter(_messages(data, field)), b""))


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _messages(data: bytes, field: int) -> Sequence[bytes]:
    return [value for number, value in _fields(data) if number == field]


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each field that has a length; the others are passed over."""
    at = 0
    while at < len(data):
        key, at = _number(data, at)
        kind = key & 7
        if kind == 0:
            _, at = _number(data, at)
            continue
        length, at = _number(data, at) if kind == 2 else ({1: 8, 5: 4}.get(kind, -1), at)
        if length < 0 or at + length > len(data):
            raise WattlineError("cluster: the kubelet's answer is cut short")
        if kind == 2:
            yield key >> 3, data[at : at + length]
        at += length


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift <= MAX_SHIFT:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise WattlineError("cluster: the kubelet's answer is cut short")
