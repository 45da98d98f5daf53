"""unfold's inputs by our names, so that forms built at run time look like the others."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
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


class Boxes(widgets.UnfoldAdminCheckboxSelectMultipleWidget):  # type: ignore[misc]  # unfold has no types
    """Several of a list that may be long: one that stays low, with a search from a dozen on, and those chosen first."""

    template_name = "admin/boxes.html"

    def __init__(self, called: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.called = called

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        shown = context["widget"]
        # Stable: within both, the order of the list stays.
        shown["optgroups"].sort(key=lambda group: not any(option["selected"] for option in group[1]))
        return {"widget": {**shown, "called": self.called, "search_classes": " ".join(widgets.INPUT_CLASSES)}}

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:
        """By the portal's templates: a form's own renderer knows those of apps alone."""
        return render_to_string(template_name, context)


def boxes(called: str = "", choices: list[tuple[str, str]] | None = None) -> forms.Widget:
    """`called`: the field's name, for whoever hears the page."""
    return cast(forms.Widget, Boxes(called, choices=choices or ()))


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
