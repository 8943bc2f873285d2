"""People who do not exist: names in many scripts, addresses in domains that are kept for examples.

The same list every time (RFC 2606 domains only, a fixed seed).
"""

import random
import unicodedata
from collections.abc import Iterator
from csv import DictReader
from dataclasses import dataclass
from pathlib import Path

SEED = 20100518
DOMAINS = ("example.com", "example.net", "example.org", "mail.example", "post.example")
# city, given names, family names; `=` gives the Latin spelling of another script
NAMES = Path(__file__).with_name("names.csv")
BIKES = ("City", "Gravel", "Touring", "Cargo", "Mountain", "Folding", "Racing", "Child’s")

FAMILY_FIRST = {"Chengdu", "Sendai", "Daegu", "Huế"}
WITHOUT_SPACE = {"Chengdu", "Sendai", "Daegu"}
SPELLED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "ß": "ss"})


@dataclass(frozen=True)
class Person:
    email: str
    name: str
    city: str
    bike: str
    since: str


def people(count: int) -> Iterator[Person]:
    """`count` people with different addresses, the same ones every time."""
    chance = random.Random(SEED)  # noqa: S311  nobody's secret
    with NAMES.open(encoding="utf-8", newline="") as file:
        places = list(DictReader(file))
    taken: set[str] = set()
    while len(taken) < count:
        place = chance.choice(places)
        city = place["city"]
        given, family = (chance.choice(place[key].split()) for key in ("given", "family"))
        email = _address(chance, _latin(given), _latin(family))
        if email not in taken:
            taken.add(email)
            since = f"{chance.randint(2015, 2026)}-{chance.randint(1, 10):02}"
            name = _name(city, given.split("=")[0], family.split("=")[0])
            yield Person(email, name, city, chance.choice(BIKES), since)


def _name(city: str, given: str, family: str) -> str:
    between = "" if city in WITHOUT_SPACE else " "
    return between.join((family, given) if city in FAMILY_FIRST else (given, family))


def _latin(name: str) -> str:
    native, _, latin = name.partition("=")
    bare = unicodedata.normalize("NFKD", (latin or native).lower().translate(SPELLED))
    return "".join(c for c in bare if c.isascii())


def _address(chance: random.Random, given: str, family: str) -> str:
    year = str(chance.randint(50, 99))
    shapes = (f"{given}.{family}", f"{given[:1]}.{family}{year}", f"{given}{year}",
              f"{family}.{given}", f"{given}.{family}{year}")  # fmt: skip
    return f"{chance.choice(shapes)}@{chance.choice(DOMAINS)}"
