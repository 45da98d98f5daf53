"""unfold's inputs by our names, so that forms built at run time look like the others."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from unfold import widgets


def text(**attrs: Any) -> forms.Widget:
    return cast(forms.Widget, widgets.UnfoldAdminTextInputWidget(attrs=attrs))


def integer(**attrs: Any) -> forms.Widget:
    return cast(forms.Widget, widgets.UnfoldAdminIntegerFieldWidget(attrs=attrs))


def area(rows: int = 6, **attrs: Any) -> forms.Widget:
    return cast(forms.Widget, widgets.UnfoldAdminTextareaWidget(attrs={"rows": rows, **attrs}))


def code(rows: int = 18, **attrs: Any) -> forms.Widget:
    """For JSON and YAML: fixed width, no spelling."""
    return area(rows, spellcheck="false", autocomplete="off", **{"data-code": "1"}, **attrs)


def switch(**attrs: Any) -> forms.Widget:
    return cast(forms.Widget, widgets.UnfoldBooleanSwitchWidget(attrs=attrs))


def checkbox(**attrs: Any) -> forms.Widget:
    return cast(forms.Widget, widgets.UnfoldBooleanWidget(attrs=attrs))


def checkboxes(choices: list[tuple[str, str]]) -> forms.Widget:
    return cast(forms.Widget, widgets.UnfoldAdminCheckboxSelectMultipleWidget(choices=choices))


def select(choices: list[tuple[str, str]] | None = None) -> forms.Widget:
    return cast(forms.Widget, widgets.UnfoldAdminSelectWidget(choices=choices or ()))


def moment() -> forms.Widget:
    return cast(forms.Widget, widgets.UnfoldAdminSingleDateWidget())


def secret(**attrs: Any) -> forms.Widget:
    """Never shows what is stored: the value is not even put into the page."""
    widget = widgets.UnfoldAdminPasswordWidget(
        attrs={"autocomplete": "new-password", **attrs}, render_value=False
    )
    return cast(forms.Widget, widget)
