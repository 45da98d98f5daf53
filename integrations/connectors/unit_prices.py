"""Prices per unit that add up to a line's exact total, for systems that know lines as a quantity times a price."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from mappings.currencies import places_of


def left_of(total: Decimal, ordered: Decimal, quantity: Decimal, currency: str) -> Decimal:
    """What of a line's total falls to the units that are left of it, where some were cancelled."""
    if not ordered or ordered == quantity:
        return total
    return (total * quantity / ordered).quantize(_unit(currency), ROUND_HALF_UP)


def in_units(total: Decimal, quantity: Decimal, currency: str) -> list[tuple[Decimal, Decimal]]:
    """Quantities with their prices: 10.00 for 3 is 2 at 3.33 and 1 at 3.34, since 3 at any price is not 10.00.

    What cannot be parted (half a metre, a total with more places than its currency has) is left at one price."""
    unit = _unit(currency)
    exact = total / quantity
    if exact == exact.quantize(unit):
        return [(quantity, exact.quantize(unit))]
    if quantity != quantity.to_integral_value() or total != total.quantize(unit):
        return [(quantity, exact)]
    low = exact.quantize(unit, ROUND_DOWN)
    more = ((total - low * quantity) / unit).to_integral_value()
    return [(quantity - abs(more), low), (abs(more), low + unit.copy_sign(more))]


def _unit(currency: str) -> Decimal:
    """The smallest coin; of a currency that is not known, a hundredth."""
    places = places_of(currency)
    return Decimal(1).scaleb(-(2 if places is None else places))
