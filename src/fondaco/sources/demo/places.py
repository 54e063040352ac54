"""Countries that the shop sells to: their money, taxes, towns, names and telephone numbers. Data, and draws from it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from fondaco.sources.demo.schema import Row


@dataclass(frozen=True)
class Country:
    """How a country's people are called and what its orders cost to tax and to send.

    Attributes:
        weight: share of the shop's customers, in thousandths.
        tax: sales tax on goods and shipping, as a fraction.
        shipping: EUR cents for a parcel.
        phone: pattern of telephone numbers as people write them; each # is a digit.
        postal_code: the same for postal codes; @ is a letter.
    """

    weight: int
    currency: str
    tax: Decimal
    shipping: int
    phone: str
    postal_code: str
    street: str
    cities: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]


def _country(weight: int, currency: str, tax: str, shipping: int, phone: str, postal_code: str, street: str, *names: str) -> Country:
    cities, first_names, last_names = (tuple(name.split(",")) for name in names)
    return Country(weight, currency, Decimal(tax), shipping, phone, postal_code, street, cities, first_names, last_names)


COUNTRIES: dict[str, Country] = {
    "DE": _country(
        400, "EUR", "0.19", 490, "+49 1## #######", "#####", "{name}straße {number}",
        "Berlin,Hamburg,München,Köln,Leipzig,Münster", "Anna,Jörg,Mia,Käthe,Ben,Emil,Lea", "Müller,Schmidt,Groß,Weber,Wagner,Jäger,Koch",
    ),
    "FR": _country(
        120, "EUR", "0.20", 990, "0# ## ## ## ##", "#####", "{number} rue {name}",
        "Paris,Lyon,Marseille,Nîmes,Besançon", "Chloé,Hugo,Zoé,Léo,Inès,Noël", "Martin,Lefèvre,Dubois,Garçon,Moreau,D'Angelo",
    ),
    "NL": _country(
        90, "EUR", "0.21", 790, "06-########", "#### @@", "{name}laan {number}",
        "Amsterdam,Utrecht,Den Haag,'s-Hertogenbosch", "Sanne,Daan,Fleur,Bram,Noor", "de Vries,van den Berg,Jansen,Bakker",
    ),
    "AT": _country(
        50, "EUR", "0.20", 890, "+43 6## ######", "####", "{name}gasse {number}",
        "Wien,Graz,Linz,Sankt Pölten", "Sophie,Maximilian,Lena,Jakob", "Gruber,Huber,Pichler,Strauß",
    ),
    "ES": _country(
        45, "EUR", "0.21", 990, "+34 6## ### ###", "#####", "Calle {name} {number}",
        "Madrid,Sevilla,A Coruña,Málaga", "Lucía,Martín,Begoña,Álvaro", "García,Muñoz,López,Ibáñez",
    ),
    "GB": _country(
        100, "GBP", "0.20", 1290, "07### ######", "@@# #@@", "{number} {name} Road",
        "London,Leeds,Bristol,Stoke-on-Trent", "Olivia,George,Amelia,Harry,Siân", "Smith,O'Brien,Taylor,Evans,Fitz-Gerald",
    ),
    "US": _country(
        90, "USD", "0.0725", 1990, "(###) ###-####", "#####", "{number} {name} Ave",
        "New York,Austin,Portland,St. Louis", "Emma,Liam,Ava,Noah,José", "Johnson,Williams,Nguyen,Miller,Washington",
    ),
    "CH": _country(
        45, "CHF", "0.081", 1490, "+41 7# ### ## ##", "####", "{name}weg {number}",
        "Zürich,Genève,Bern,Neuchâtel", "Nina,Luca,Reto,Béatrice", "Meier,Keller,Rochat,Bühler",
    ),
    "PL": _country(
        40, "PLN", "0.23", 890, "+48 ### ### ###", "##-###", "ul. {name} {number}",
        "Warszawa,Kraków,Łódź,Gdańsk", "Zofia,Łukasz,Małgorzata,Jan", "Nowak,Wiśniewski,Wójcik,Żak",
    ),
    "JP": _country(
        15, "JPY", "0.10", 2490, "090-####-####", "###-####", "{name} {number}-2",
        "東京,大阪,京都,札幌", "陽葵,蓮,さくら,大翔", "佐藤,鈴木,高橋,田中",
    ),
    "KW": _country(
        5, "KWD", "0", 2990, "+965 #### ####", "#####", "Block {number}, {name}",
        "Kuwait City,Salmiya,Hawalli", "فاطمة,Yousef,Noura,Abdullah", "Al-Sabah,Al-Mutairi,العنزي",
    ),
}  # fmt: skip

#: EUR for one unit on the shop's first day.
FIRST_RATES: dict[str, Decimal] = {
    "USD": Decimal("0.92350000"),
    "GBP": Decimal("1.17420000"),
    "JPY": Decimal("0.00613750"),
    "KWD": Decimal("3.00520000"),
    "CHF": Decimal("1.05610000"),
    "PLN": Decimal("0.23180000"),
}

_STREET_NAMES = ("Garten", "Linden", "Victor Hugo", "Kastanje", "Mill", "Station", "Lipowa", "Sakura", "Rose", "Harbour")
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def some_country(random: Random) -> str:
    """A country as the shop's customers are spread over them."""
    (country,) = random.choices(tuple(COUNTRIES), weights=[country.weight for country in COUNTRIES.values()])
    return country


def filled(random: Random, pattern: str) -> str:
    """The pattern with digits for # and letters for @."""
    return "".join(random.choice("0123456789") if mark == "#" else random.choice(_LETTERS) if mark == "@" else mark for mark in pattern)


def address(random: Random, country: str) -> Row:
    """Columns street, city, postal_code and country."""
    place = COUNTRIES[country]
    return {
        "street": place.street.format(name=random.choice(_STREET_NAMES), number=random.randint(1, 180)),
        "city": random.choice(place.cities),
        "postal_code": filled(random, place.postal_code),
        "country": country,
    }


def phone(random: Random, country: str) -> str:
    """A telephone number as someone there would type it."""
    return filled(random, COUNTRIES[country].phone)
