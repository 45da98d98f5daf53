"""Value maps: the words of one system and what they become, a page of them at a time, or all of them as CSV."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from integrations.models import ErrorRecord
from integrations.sync import retry
from mappings.models import Mapping, ValueMap, ValueMapEntry
from mappings.value_maps import LONGEST_WORD, BadWords, as_csv, from_csv, unknown_in

from . import widgets
from .frame import AnyTabularInline, Crumb, PortalAdmin, display
from .mapping_rules import NamedInputs

WORDS_ON_A_PAGE = 50
MOST_FOUND = 10
# Of open errors so many are looked at for words that are not known.
MOST_ERRORS = 5_000
LARGEST_FILE = 5_000_000


class EntryForm(NamedInputs):
    class Meta:
        model = ValueMapEntry
        fields = ("source", "target")
        labels = {"source": "Word", "target": "Becomes"}


class Entries(AnyTabularInline):
    model = ValueMapEntry
    form = EntryForm
    extra = 1
    per_page = WORDS_ON_A_PAGE
    hide_title = True
    verbose_name = "word"
    verbose_name_plural = "Words"


class ImportForm(forms.Form):
    file = forms.FileField(label="A CSV file", required=False, help_text="In UTF-8, as “Export” writes it.")
    pasted = forms.CharField(
        label="Or its lines, pasted",
        required=False,
        widget=widgets.area(8, placeholder="PAID, paid"),
        help_text="Two cells on each line: the word, and what it becomes.",
    )
    removes = forms.BooleanField(
        label="Remove the words that are not in it", required=False, widget=widgets.checkbox()
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        file, pasted = cleaned.get("file"), cleaned.get("pasted")
        if bool(file) == bool(pasted):
            raise ValidationError("Choose a file, or paste its lines: one of the two.")
        try:
            cleaned["words"] = from_csv(_text_of(file) if file else str(pasted))
        except BadWords as bad:
            raise ValidationError(bad.sentences) from bad
        return cleaned


def _text_of(file: Any) -> str:
    if file.size > LARGEST_FILE:
        raise ValidationError(
            f"The file is larger than {LARGEST_FILE // 1_000_000} MB. Take fewer words at once."
        )
    try:
        return str(file.read().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValidationError(
            "The file is not in UTF-8. Save it as “CSV UTF-8” and choose it again."
        ) from error


class WordForm(forms.Form):
    """`replaces`: a word that is there becomes something else from now on. `retry`: what waited for it goes again."""

    replaces = forms.BooleanField(required=False)
    retry = forms.BooleanField(required=False)
    source = forms.CharField(max_length=LONGEST_WORD, strip=False)
    target = forms.CharField(
        max_length=LONGEST_WORD, error_messages={"required": "Write what the word becomes."}
    )


def waiting(row: ValueMap) -> dict[str, list[int]]:
    """Word that the map does not know → the open errors of records that say it."""
    errors = ErrorRecord.objects.filter(code="unknown_value", settled_at__isnull=True).order_by(
        "-last_seen_at"
    )
    found: dict[str, list[int]] = {}
    for key, sentence in errors.values_list("pk", "sentence")[:MOST_ERRORS]:
        told = unknown_in(sentence)
        if told is not None and told[0] == row.key:
            found.setdefault(told[1], []).append(key)
    return found


def unknown_words(row: ValueMap) -> list[tuple[str, int]]:
    """What records that wait for it say and it does not know, the commonest first."""
    counts = Counter({word: len(errors) for word, errors in waiting(row).items()})
    known = set(row.entries.filter(source__in=counts).values_list("source", flat=True))
    return [(word, count) for word, count in counts.most_common() if word not in known]


@admin.register(ValueMap)
class ValueMapAdmin(PortalAdmin):
    list_display = ("name", "key", "entry_count", "used_by")
    empty_title = "No value maps yet"
    empty_text = "A value map turns the words of one system into those of another, such as payment states."
    search_fields = ("name", "key")
    prepopulated_fields = {"key": ("name",)}
    fields = ("name", "key")
    inlines = (Entries,)
    change_form_outer_before_template = "admin/mappings/valuemap/head.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ValueMap]:
        rows: QuerySet[ValueMap] = super().get_queryset(request)
        return rows.annotate(number_of_entries=Count("entries"))

    def get_prepopulated_fields(self, request: HttpRequest, obj: ValueMap | None = None) -> Any:
        return self.prepopulated_fields if obj is None else {}

    @display("Words", ordering="number_of_entries")
    def entry_count(self, row: Any) -> int:
        return int(row.number_of_entries)

    @display("Used by")
    def used_by(self, row: ValueMap) -> str:
        names = Mapping.objects.filter(rules__value_map=row.key).distinct().values_list("name", flat=True)
        return format_html("{}", ", ".join(names) or "–")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The mappings that use it get new versions: a version holds the words it was made with."""
        super().save_related(request, form, formsets, change)
        form.instance.publish(self.person(request))
        self.message_user(
            request, "The mappings that use these words use the new ones from now on.", messages.SUCCESS
        )

    # --- all words at once, and one at a time -------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        own = {"csv": self.export, "import": self.take_in, "word": self.add_word, "find": self.find_word}
        return [
            *(
                path(
                    f"<path:object_id>/{name}/",
                    self.admin_site.admin_view(view),
                    name=f"mappings_valuemap_{name}",
                )
                for name, view in own.items()
            ),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if row is not None:
            shown = {
                "unknown": unknown_words(row),
                "targets": row.entries.order_by("target").values_list("target", flat=True).distinct()[:200],
                "may_change": self.has_change_permission(request, row),
                "has_pages": row.number_of_entries > WORDS_ON_A_PAGE,
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def export(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.object_for(request, object_id, "view")
        answer = HttpResponse(as_csv(row.as_dict()), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{row.key}.csv"'
        return answer

    def take_in(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """All of the file, or nothing of it."""
        row = self.object_for(request, object_id, "change")
        back = reverse("admin:mappings_valuemap_change", args=[row.pk])
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            told = replace_words(row, form.cleaned_data["words"], form.cleaned_data["removes"])
            row.publish(self.person(request))
            self.log_change(request, row, f"Words imported: {told}.")
            return self.done(request, f"{told[:1].upper()}{told[1:]}. In use from now on.", back)
        return self.page(
            request,
            "admin/mappings/valuemap/import.html",
            "Import words",
            form=form,
            back=back,
            original=Crumb(row, row.name),
        )

    def find_word(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """In a map of thousands nobody leafs through pages. What is looked for comes by POST, as in all searches."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.object_for(request, object_id, "view")
        text = request.POST.get("text", "").strip()[:LONGEST_WORD]
        by_either = Q(source__icontains=text) | Q(target__icontains=text)
        found = list(row.entries.filter(by_either).order_by("source")[: MOST_FOUND + 1]) if text else []
        context = {
            "text": text,
            "found": found[:MOST_FOUND],
            "has_more": len(found) > MOST_FOUND,
            "row": row,
            "may_change": self.has_change_permission(request, row),
        }
        return TemplateResponse(request, "admin/mappings/valuemap/found.html", context)

    def add_word(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One word that records wait for. A word that is there already is not changed by this."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.object_for(request, object_id, "change")
        form = WordForm(request.POST)
        back = reverse("admin:mappings_valuemap_change", args=[row.pk])
        if not form.is_valid():
            sentences = [str(sentence) for found in form.errors.values() for sentence in found]
            return self._told(request, back, sentences[0], messages.ERROR)
        source, target = form.cleaned_data["source"], form.cleaned_data["target"]
        made, is_new = ValueMapEntry.objects.get_or_create(
            value_map=row, source=source, defaults={"target": target}
        )
        if form.cleaned_data["replaces"]:
            row.entries.filter(pk=made.pk).update(target=target)
        elif not is_new and made.target != target:
            sentence = (
                f"“{source}” is there already and becomes “{made.target}”. Change it in the list of words."
            )
            return self._told(request, back, sentence, messages.ERROR)
        row.publish(self.person(request))
        self.log_change(request, row, f"Word added or changed: {source} → {target}.")
        waited = retry.may_go(ErrorRecord.objects.filter(pk__in=waiting(row).get(source, [])))
        told = f"“{source}” becomes “{target}” from now on."
        if form.cleaned_data["retry"]:
            if not request.user.has_perm("integrations.retry_errorrecord"):
                return self._told(request, back, f"{told} You may not retry records.", messages.WARNING)
            sent = retry.retry(waited, self.person(request))
            told = f"{told} {counted_records(sent)} on {'its' if sent == 1 else 'their'} way again."
            return self._told(request, back, told, messages.SUCCESS)
        number = waited.count()
        if number:
            told = f"{told} {number:,} {'record waits' if number == 1 else 'records wait'} for it: not sent again yet."
        left = {"word": source, "target": target, "number": number, "url_of": row.pk}
        return self._told(request, back, told, messages.SUCCESS, left)

    def _told(
        self,
        request: HttpRequest,
        back: str,
        sentence: str,
        level: int,
        left: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """In the studio beside the word; on the map's own page as a message."""
        if request.headers.get("HX-Request"):
            is_good = level == messages.SUCCESS
            context = {"sentence": sentence, "is_good": is_good, **(left or {})}
            heads = {"HX-Trigger": "studio:added"} if is_good else None
            return TemplateResponse(request, "admin/mappings/valuemap/told.html", context, headers=heads)
        return self.done(request, sentence, back, level)


def counted_records(number: int) -> str:
    return "1 record is" if number == 1 else f"{number:,} records are"


def replace_words(row: ValueMap, words: dict[str, str], removes: bool) -> str:
    """Makes the map hold these words, in one transaction; what was done, in a sentence's part."""
    with transaction.atomic():
        before = row.as_dict()
        gone = sorted(before.keys() - words.keys()) if removes else []
        new = [source for source in words if source not in before]
        changed = [source for source in words if source in before and before[source] != words[source]]
        for chunk in _chunks(gone):
            row.entries.filter(source__in=chunk).delete()
        # Somebody may have added one of them since they were looked at.
        ValueMapEntry.objects.bulk_create(
            [ValueMapEntry(value_map=row, source=word, target=words[word]) for word in [*new, *changed]],
            batch_size=500,
            update_conflicts=True,
            unique_fields=["value_map", "source"],
            update_fields=["target"],
        )
    return f"{len(new)} {'word' if len(new) == 1 else 'words'} added, {len(changed)} changed, {len(gone)} removed"


def _chunks(words: list[str], size: int = 500) -> list[list[str]]:
    return [words[start : start + size] for start in range(0, len(words), size)]
