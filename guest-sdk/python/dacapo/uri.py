"""References resolved against the URI that they came from."""

from __future__ import annotations

from urllib.parse import urldefrag, urljoin, urlsplit


def resolve(base: str, reference: str) -> str:
    """What `reference` means in a response from `base`, which is absolute. Without its fragment."""
    return urldefrag(urljoin(base, reference)).url


def is_same_origin(a: str, b: str) -> bool:
    """Whether two absolute URIs have the same scheme, host and port.

    Ports are compared as written: one that is left out differs from the same one written out, which errs on the safe
    side.
    """
    left, right = urlsplit(a), urlsplit(b)
    return (left.scheme, left.netloc.lower()) == (right.scheme, right.netloc.lower())
