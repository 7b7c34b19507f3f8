"""Greets."""

from ..shared.cities import CITIES


def greet(name: str) -> str:
    """Greets one city, and says if it is one of the known ones."""
    return f"Hello {name}!" if name in CITIES else f"Hello {name}, wherever you are!"
