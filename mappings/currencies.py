"""How many decimal places an amount has in its currency, by ISO 4217: what "minor units" means.

Not as people write amounts: there the dinar of Serbia has no places and that of Iraq has none either, while a
payment provider counts in para and in fils, a hundredth and a thousandth.
"""

from __future__ import annotations

from functools import lru_cache

from babel import Locale

USUAL = 2
_OTHERS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_PLACES = {code: places for places, codes in _OTHERS.items() for code in codes.split()}


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(Locale("en").currencies) | _PLACES.keys()


def places_of(currency: str) -> int | None:
    """None for a code that is no currency: its places are not guessed."""
    code = currency.upper()
    return _PLACES.get(code, USUAL) if code in _known() else None
