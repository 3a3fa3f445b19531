# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""WebM (RFC 8794, RFC 9559): cuts a file into an initialization segment and clusters, and moves clusters in time."""

from collections.abc import Iterator

EBML, SEGMENT, INFO, TRACKS, CLUSTER, TIMESTAMP = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675, 0xE7
DURATION = 0x4489
UNKNOWN_SIZE = bytes.fromhex("01ffffffffffffff")


def elements(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Each element's ID, its bytes whole, and its content. Sizes must be known."""
    at = 0
    while at < len(data):
        start = at
        identifier, at = variable(data, at, keeps_marker=True)
        size, at = variable(data, at, keeps_marker=False)
        if at + size > len(data):
            raise ValueError(f"the element {identifier:x} at {start} has {size} bytes, and {len(data) - at} are left")
        yield identifier, data[start : at + size], data[at : at + size]
        at += size


def variable(data: bytes, at: int, keeps_marker: bool) -> tuple[int, int]:
    """The variable-size integer at that place, and where it ends."""
    if at >= len(data) or data[at] == 0:
        raise ValueError(f"there is no element at {at}")
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length])
    return value if keeps_marker else value & ~(1 << 7 * length), at + length


def element(identifier: int, content: bytes) -> bytes:
    """An element whose size has eight bytes."""
    return identifier.to_bytes((identifier.bit_length() + 7) // 8) + (len(content) | 1 << 56).to_bytes(8) + content


def segments(data: bytes) -> tuple[bytes, list[bytes]]:
    """The initialization segment, without a duration, and the clusters."""
    [header, (_, _, body)] = [it for it in elements(data) if it[0] in {EBML, SEGMENT}]
    initialization, clusters = [], []
    for identifier, whole, content in elements(body):
        if identifier == INFO:
            kept = b"".join(child for kind, child, _ in elements(content) if kind != DURATION)
            initialization.append(element(INFO, kept))
        elif identifier == TRACKS:
            initialization.append(whole)
        elif identifier == CLUSTER:
            clusters.append(whole)
    return header[1] + SEGMENT.to_bytes(4) + UNKNOWN_SIZE + b"".join(initialization), clusters


def timestamp(cluster: bytes) -> int:
    """When the cluster begins, in milliseconds."""
    [(_, _, body)] = elements(cluster)
    return next(int.from_bytes(content) for identifier, _, content in elements(body) if identifier == TIMESTAMP)


def moved(cluster: bytes, milliseconds: int) -> bytes:
    """The cluster later by so much."""
    [(_, _, body)] = elements(cluster)
    later = element(TIMESTAMP, (timestamp(cluster) + milliseconds).to_bytes(8))
    return element(CLUSTER, later + b"".join(whole for kind, whole, _ in elements(body) if kind != TIMESTAMP))
