"""The cities that are greeted if nobody names others."""

CITIES = ["Tokyo", "Seattle", "London"]
