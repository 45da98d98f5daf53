"""TRANSFORMS: named pure functions over one value. Bad input is refused with a sentence; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import UnknownLocaleError
from babel.numbers import NumberFormatError, parse_decimal

from .currencies import places_of
from .dotnet_times import parse_dotnet, write_dotnet
from .people import NotAnAddress, NotANumber, email_form, phone_form
from .records import ABSENT

# No amount, weight or count has more digits; a number with an exponent of a million would fill the memory.
MOST_DIGITS = 40


class TransformError(ValueError):
    """Why a value cannot be transformed, in a sentence without the value itself."""


@dataclass(frozen=True)
class Argument:
    name: str
    required: bool = False
    description: str = ""


@dataclass(frozen=True)
class Transform:
    """`apply(value, arguments)`; None and ABSENT pass through unless `takes_empty`."""

    apply: Callable[[Any, Mapping[str, Any]], Any]
    description: str
    arguments: tuple[Argument, ...] = ()
    takes_empty: bool = False


def _text(value: Any, _: Mapping[str, Any]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        raise TransformError("It is a list or an object, not a text.")
    return str(value)


def _on_text(change: Callable[[str], str]) -> Callable[[Any, Mapping[str, Any]], Any]:
    return lambda value, arguments: change(_text(value, arguments))


def _decimal(value: Any, arguments: Mapping[str, Any]) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise TransformError("It is not a number.")
    locale = arguments.get("locale")
    try:
        if locale and isinstance(value, str):
            return parse_decimal(value.strip(), locale=str(locale), strict=True)
        number = Decimal(str(value).strip())
    except (InvalidOperation, NumberFormatError):
        raise TransformError("It is not a number.") from None
    except (UnknownLocaleError, ValueError):
        raise TransformError(f"There is no locale “{locale}”. Use one such as “de” or “en_GB”.") from None
    if not number.is_finite():
        raise TransformError("It is not a number.")
    return bounded(number)


def bounded(number: Decimal) -> Decimal:
    """Raises TransformError for a number that would be written with more digits than any real one has."""
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > MOST_DIGITS or number.adjusted() > MOST_DIGITS:
        raise TransformError(f"It is a number of more than {MOST_DIGITS} digits.")
    return number


def _integer(value: Any, arguments: Mapping[str, Any]) -> int:
    number = _decimal(value, arguments)
    if number != number.to_integral_value():
        raise TransformError("It is not a whole number.")
    return _in_json(int(number))


def _in_json(number: int) -> int:
    """JSON readers keep 64 bits; nothing that is counted needs more."""
    if abs(number) >= 2**63:
        raise TransformError("It is too large for a whole number.")
    return number


def _places(arguments: Mapping[str, Any]) -> int:
    currency = arguments.get("currency")
    places = places_of(currency) if isinstance(currency, str) else None
    if places is None:
        raise TransformError("The currency is not known, so its number of decimal places is not either.")
    return places


def _from_minor_units(value: Any, arguments: Mapping[str, Any]) -> Decimal:
    return Decimal(_integer(value, {})).scaleb(-_places(arguments))


def _to_minor_units(value: Any, arguments: Mapping[str, Any]) -> int:
    units = _decimal(value, arguments).scaleb(_places(arguments))
    if units != units.to_integral_value():
        raise TransformError("It has more decimal places than its currency.")
    return _in_json(int(units))


def _wrapped_decimal(value: Any, arguments: Mapping[str, Any]) -> Decimal:
    if not isinstance(value, dict):
        raise TransformError("It is not an object that holds a number.")
    for name in ("decimal", "amount", "value"):
        if name in value:
            return _decimal(value[name], arguments)
    raise TransformError("The object holds no decimal, amount or value.")


def _zone(arguments: Mapping[str, Any]) -> ZoneInfo | None:
    name = arguments.get("zone")
    if not name:
        return None
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        raise TransformError(f"There is no time zone “{name}”. Use one such as “Europe/Berlin”.") from None


def _time(value: Any, arguments: Mapping[str, Any]) -> datetime:
    """A time without a zone is in `zone`; an hour that a clock shows twice is taken as the first of them."""
    form = str(arguments.get("format") or "iso")
    try:
        moment = _parse_time(value, form)
    except (ValueError, TypeError, OverflowError, OSError):
        raise TransformError(f"It is not a time in the form “{form}”.") from None
    if moment.tzinfo is not None:
        return moment
    zone = _zone(arguments)
    if zone is None:
        raise TransformError("It is a time without a zone. Name the shop's zone in the rule's arguments.")
    return moment.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _parse_time(value: Any, form: str) -> datetime:
    if form == "unix":
        return datetime.fromtimestamp(float(value), UTC)
    if form == "unix_ms":
        return datetime.fromtimestamp(float(value) / 1000, UTC)
    if form == "dotnet":
        return parse_dotnet(str(value))
    if form == "rfc2822":
        return parsedate_to_datetime(str(value))
    if form == "iso":
        return datetime.fromisoformat(str(value))
    return datetime.strptime(str(value), form)  # noqa: DTZ007  # its zone is added where the text has none


def _to_time(value: Any, arguments: Mapping[str, Any]) -> Any:
    moment = value if isinstance(value, datetime) else _time(value, {})
    zone = _zone(arguments)
    moment = moment.astimezone(zone or UTC)
    form = str(arguments.get("format") or "iso")
    if form == "unix":
        return int(moment.timestamp())
    if form == "unix_ms":
        return int(moment.timestamp() * 1000)
    if form == "dotnet":
        return write_dotnet(moment)
    if form == "iso":
        return moment.isoformat().replace("+00:00", "Z")
    return moment.strftime(form)


def _boolean(value: Any, _: Mapping[str, Any]) -> bool:
    known = {
        "true": True,
        "yes": True,
        "1": True,
        "on": True,
        "false": False,
        "no": False,
        "0": False,
        "off": False,
    }
    found = known.get(str(value).strip().lower())
    if found is None:
        raise TransformError("It is neither yes nor no.")
    return found


def _first_name(value: Any, arguments: Mapping[str, Any]) -> str:
    return _text(value, arguments).strip().partition(" ")[0]


def _last_name(value: Any, arguments: Mapping[str, Any]) -> str:
    return _text(value, arguments).strip().partition(" ")[2]


def _join(value: Any, arguments: Mapping[str, Any]) -> str:
    parts = value if isinstance(value, list) else [value]
    glue = str(arguments.get("with", " "))
    return glue.join(str(part) for part in parts if part not in (None, "", ABSENT))


def _replace(value: Any, arguments: Mapping[str, Any]) -> str:
    return _text(value, arguments).replace(str(arguments["find"]), str(arguments.get("with", "")))


def _truncate(value: Any, arguments: Mapping[str, Any]) -> str:
    return _text(value, arguments)[: _integer(arguments["length"], {})]


def _concat(value: Any, arguments: Mapping[str, Any]) -> str:
    return f"{arguments.get('before', '')}{_text(value, {})}{arguments.get('after', '')}"


def _tail_of_link(value: Any, _: Mapping[str, Any]) -> str:
    tail = str(value).rstrip("/").rpartition("/")[2].partition("?")[0]
    if not tail:
        raise TransformError("The link has no end to take an id from.")
    return tail


def _total(value: Any, arguments: Mapping[str, Any]) -> Decimal | int:
    if not isinstance(value, list):
        raise TransformError("It is not a list.")
    return _less(sum((_decimal(part, {}) for part in value if part is not None), Decimal(0)), arguments)


def _count(value: Any, _: Mapping[str, Any]) -> int:
    if not isinstance(value, (list, dict)):
        raise TransformError("It is not a list.")
    return len(value)


GRAMS = {"g": Decimal(1), "kg": Decimal(1000), "lb": Decimal("453.59237"), "oz": Decimal("28.349523125")}


def _weight(value: Any, arguments: Mapping[str, Any]) -> Decimal:
    units = [str(arguments.get("from", "g")), str(arguments.get("to", "g"))]
    for unit in units:
        if unit not in GRAMS:
            raise TransformError(f"There is no unit “{unit}”. Known are g, kg, lb and oz.")
    return _decimal(value, {}) * GRAMS[units[0]] / GRAMS[units[1]]


def _country(value: Any, arguments: Mapping[str, Any]) -> str:
    text = _text(value, arguments).strip().upper()
    if not re.fullmatch("[A-Z]{2}", text):
        raise TransformError("It is not a country's two letters. Use a value map for names.")
    return text


def _email(value: Any, arguments: Mapping[str, Any]) -> str:
    """Of blanks alone nothing is told, as of an empty text."""
    text = _text(value, arguments).strip()
    try:
        found = email_form(text) if text else ""
    except NotAnAddress as error:
        found = _kept(text, arguments, error)
    return found.lower() if arguments.get("case") == "lower" else found


def _phone(value: Any, arguments: Mapping[str, Any]) -> str:
    text = _text(value, arguments).strip()
    try:
        return phone_form(text, str(arguments.get("country") or "")) if text else ""
    except NotANumber as error:
        return _kept(text, arguments, error)


def _kept(text: str, arguments: Mapping[str, Any], error: ValueError) -> str:
    """Where people type freely, one odd text must not keep the whole record out."""
    if arguments.get("unreadable") == "keep":
        return text
    raise TransformError(str(error)) from None


def _less(value: Any, arguments: Mapping[str, Any]) -> Decimal | int:
    taken = arguments.get("minus")
    left = _decimal(value, {}) - (Decimal(0) if taken is None or taken is ABSENT else _decimal(taken, {}))
    return _integer(left, {}) if arguments.get("as") == "integer" else left


TEXT_OF = Argument("locale", description="How numbers are written there, such as “de”.")
CURRENCY = Argument("currency", required=True, description="ISO code; “= currency” takes it from the record.")
FORMAT = Argument("format", description="iso, unix, unix_ms, dotnet, rfc2822 or a pattern such as %d.%m.%Y.")
REGION = Argument(
    "country", description="Two letters; “= address.country” takes it from the record, for numbers without +."
)
UNREADABLE = Argument(
    "unreadable", description="“keep” leaves a text that is none as it stands; else it is an error."
)
CASE = Argument("case", description="“lower” writes the whole address in small letters.")
ZONE = Argument("zone", description="Time zone, such as Europe/Berlin.")

TRANSFORMS: dict[str, Transform] = {
    "text": Transform(_text, "As text."),
    "strip": Transform(_on_text(str.strip), "Without spaces at both ends."),
    "upper": Transform(_on_text(str.upper), "In capitals."),
    "lower": Transform(_on_text(str.lower), "In small letters."),
    "title": Transform(_on_text(str.title), "Each Word With A Capital."),
    "decimal": Transform(_decimal, "As a number, exactly.", (TEXT_OF,)),
    "integer": Transform(_integer, "As a whole number.", (TEXT_OF,)),
    "minus": Transform(_less, "Less another number.", (Argument("minus", required=True), Argument("as"))),
    "from_minor_units": Transform(_from_minor_units, "Cents to an amount, by currency.", (CURRENCY,)),
    "to_minor_units": Transform(_to_minor_units, "An amount to cents, by currency.", (CURRENCY,)),
    "wrapped_decimal": Transform(_wrapped_decimal, "The number inside an object."),
    "time": Transform(_time, "As a time.", (FORMAT, ZONE)),
    "to_time": Transform(_to_time, "A time, written out.", (FORMAT, ZONE)),
    "boolean": Transform(_boolean, "As yes or no."),
    "country": Transform(_country, "As a country's two letters."),
    "email": Transform(_email, "An e-mail address in its normal form.", (CASE, UNREADABLE)),
    "phone": Transform(_phone, "A phone number with its country's code: +49….", (REGION, UNREADABLE)),
    "first_name": Transform(_first_name, "The first word of a name."),
    "last_name": Transform(_last_name, "The rest of a name."),
    "join": Transform(_join, "A list as one text.", (Argument("with"),)),
    "concat": Transform(_concat, "With a text before or after it.", (Argument("before"), Argument("after"))),
    "replace": Transform(
        _replace, "One text in place of another.", (Argument("find", required=True), Argument("with"))
    ),
    "truncate": Transform(_truncate, "Cut to a length.", (Argument("length", required=True),)),
    "tail_of_link": Transform(_tail_of_link, "The id at the end of a link."),
    "sum": Transform(_total, "The sum of a list of numbers, less another one.", (Argument("minus"),)),
    "count": Transform(_count, "How many there are."),
    "negate": Transform(lambda value, _: -_decimal(value, {}), "With the other sign."),
    "absolute": Transform(lambda value, _: abs(_decimal(value, {})), "Without its sign."),
    "weight": Transform(_weight, "In another unit of weight.", (Argument("from"), Argument("to"))),
    "constant": Transform(
        lambda _, arguments: arguments.get("value", ABSENT),
        "Always the same.",
        (Argument("value", required=True),),
        True,
    ),
}
