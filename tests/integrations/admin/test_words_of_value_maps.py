from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from integrations.models import Decision, ErrorRecord, Judgement
from mappings.models import FieldRule, Mapping, ValueMap, ValueMapEntry
from mappings.value_maps import UnknownValue
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import change_url, messages_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def states(db: None) -> ValueMap:
    made = ValueMap.objects.create(key="states", name="States")
    made.entries.create(source="PAID", target="paid")
    made.entries.create(source="OPEN", target="pending")
    return made


@pytest.fixture
def mapping(states: ValueMap) -> Mapping:
    made = factories.mapping()
    FieldRule.objects.create(mapping=made, target="payment_status", source="state", value_map="states")
    made.publish()
    return made


def url(of: ValueMap, name: str) -> str:
    return reverse(f"admin:mappings_valuemap_{name}", args=[of.pk])


def words_in_use(mapping: Mapping) -> dict[str, str]:
    words: dict[str, str] = mapping.versions.order_by("-number")[0].snapshot["value_maps"]["states"]
    return words


def waiting(word: str) -> ErrorRecord:
    sentence = f"Order 1: the payment status is one that we do not know yet. {UnknownValue('states', word)}"
    return factories.error(factories.delivery(factories.job()), code="unknown_value", sentence=sentence)


def test_all_words_are_exported(admin_client: Client, states: ValueMap) -> None:
    response = admin_client.get(url(states, "csv"))
    assert response.content.decode() == "source,target\r\nOPEN,pending\r\nPAID,paid\r\n"
    assert response["Content-Disposition"] == 'attachment; filename="states.csv"'


def test_an_imported_file_is_in_use_at_once(admin_client: Client, states: ValueMap, mapping: Mapping) -> None:
    file = SimpleUploadedFile("words.csv", "\ufeffPAID;settled\nVOID;cancelled\n".encode())
    assert admin_client.post(url(states, "import"), {"file": file}).status_code == 302
    assert states.as_dict() == {"OPEN": "pending", "PAID": "settled", "VOID": "cancelled"}
    assert words_in_use(mapping) == states.as_dict()
    assert messages_of(admin_client) == ["1 word added, 1 changed, 0 removed. In use from now on."]


def test_a_word_that_somebody_adds_during_an_import_becomes_what_the_file_says(
    admin_client: Client, states: ValueMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = states.as_dict()

    def meanwhile(_: ValueMap) -> dict[str, str]:
        monkeypatch.undo()
        states.entries.create(source="VOID", target="gone")
        return looked_at

    monkeypatch.setattr(ValueMap, "as_dict", meanwhile)
    assert admin_client.post(url(states, "import"), {"pasted": "VOID,cancelled"}).status_code == 302
    assert states.as_dict() == {**looked_at, "VOID": "cancelled"}


def test_words_that_are_not_in_the_file_are_removed_if_asked(admin_client: Client, states: ValueMap) -> None:
    admin_client.post(url(states, "import"), {"pasted": "PAID,paid", "removes": "on"})
    assert states.as_dict() == {"PAID": "paid"}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"pasted": "VOID,cancelled\nbroken"}, "Line 2: it has 1 cell."),
        ({"pasted": ""}, "Choose a file, or paste its lines"),
        ({"file": SimpleUploadedFile("w.csv", b"caf\xe9,x")}, "The file is not in UTF-8."),
    ],
)
def test_a_file_with_a_bad_line_changes_nothing(
    admin_client: Client, states: ValueMap, mapping: Mapping, sent: dict[str, Any], said: str
) -> None:
    response = admin_client.post(url(states, "import"), sent)
    assert said in response.content.decode()
    assert states.as_dict() == {"OPEN": "pending", "PAID": "paid"}
    assert mapping.versions.count() == 1


def test_words_that_records_wait_for_are_listed_and_added_with_one_click(
    admin_client: Client, states: ValueMap, mapping: Mapping
) -> None:
    for word in ("void", "chargeback", "chargeback", "PAID"):
        waiting(word)
    factories.error(factories.delivery(factories.job()), code="missing_field", sentence="There is no number.")
    page: Any = admin_client.get(change_url(states))
    assert page.context_data["unknown"] == [("chargeback", 2), ("void", 1)], "PAID is known by now"
    admin_client.post(url(states, "word"), {"source": "chargeback", "target": "disputed"})
    assert words_in_use(mapping)["chargeback"] == "disputed"
    assert admin_client.get(change_url(states)).context_data["unknown"] == [("void", 1)]  # type: ignore[index]


def test_records_that_waited_for_a_word_go_again_in_the_same_step_if_asked(
    admin_client: Client, states: ValueMap, mapping: Mapping
) -> None:
    errors = [waiting("chargeback"), waiting("chargeback"), waiting("void")]
    assert "Add and retry 2" in admin_client.get(change_url(states)).content.decode()
    admin_client.post(url(states, "word"), {"source": "void", "target": "cancelled"})
    assert messages_of(admin_client) == [
        "“void” becomes “cancelled” from now on. 1 record waits for it: not sent again yet."
    ]
    assert not Judgement.objects.exists(), "nothing is sent by itself"
    admin_client.post(url(states, "word"), {"source": "chargeback", "target": "disputed", "retry": "on"})
    assert messages_of(admin_client) == [
        "“chargeback” becomes “disputed” from now on. 2 records are on their way again."
    ]
    assert set(Judgement.objects.values_list("error", "decision")) == {
        (error.pk, Decision.RETRY) for error in errors[:2]
    }


def test_the_studio_offers_the_retry_beside_the_word(
    admin_client: Client, states: ValueMap, mapping: Mapping
) -> None:
    waiting("void")
    told = admin_client.post(
        url(states, "word"), {"source": "void", "target": "cancelled"}, headers={"HX-Request": "true"}
    )
    assert "Retry 1 record" in told.content.decode()
    words = signed_in(factories.user("mappings.view_valuemap", "mappings.change_valuemap"))
    sent = words.post(url(states, "word"), {"source": "void", "target": "cancelled", "retry": "on"})
    assert sent.status_code == 302
    assert not Judgement.objects.exists(), "who may not retry does not"


def test_a_word_that_is_there_is_not_overwritten(admin_client: Client, states: ValueMap) -> None:
    admin_client.post(url(states, "word"), {"source": "PAID", "target": "other"})
    assert states.as_dict()["PAID"] == "paid"
    assert "is there already and becomes “paid”" in messages_of(admin_client)[0]


def test_who_may_only_look_exports_and_changes_nothing(states: ValueMap) -> None:
    client = signed_in(factories.user("mappings.view_valuemap"))
    assert client.get(url(states, "csv")).status_code == 200
    assert client.post(url(states, "word"), {"source": "x", "target": "y"}).status_code == 403
    assert client.post(url(states, "import"), {"pasted": "x,y"}).status_code == 403
    page = client.get(change_url(states)).content.decode()
    assert "Export as CSV" in page
    assert url(states, "import") not in page
    assert client.get(url(states, "word")).status_code == 405
    assert states.entries.count() == 2


def test_a_large_value_map_is_edited_a_page_at_a_time(admin_client: Client, states: ValueMap) -> None:
    rows = [ValueMapEntry(value_map=states, source=f"SKU-{n:05}", target=f"W-{n}") for n in range(3_000)]
    ValueMapEntry.objects.bulk_create(rows)
    page = admin_client.get(change_url(states))
    assert page.status_code == 200
    assert len(page.content) < 1_000_000
    second: Any = admin_client.get(change_url(states), {"entries-page": "2"})
    forms = second.context_data["inline_admin_formsets"][0].formset.initial_forms
    assert len(forms) == 50
    data = {"name": "States", "key": "states", "entries-TOTAL_FORMS": 50, "entries-INITIAL_FORMS": 50}
    for place, form in enumerate(forms):
        target = "CHANGED" if place == 0 else form.instance.target
        data |= {
            f"entries-{place}-id": form.instance.pk,
            f"entries-{place}-value_map": states.pk,
            f"entries-{place}-source": form.instance.source,
            f"entries-{place}-target": target,
        }
    response = admin_client.post(f"{change_url(states)}?entries-page=2", {**data, "_continue": "1"})
    assert response.status_code == 302
    assert states.entries.filter(target="CHANGED").count() == 1
    assert states.entries.count() == 3_002


def test_a_word_of_thousands_is_found_and_changed(
    admin_client: Client, states: ValueMap, mapping: Mapping
) -> None:
    rows = [ValueMapEntry(value_map=states, source=f"SKU-{n:05}", target=f"W-{n}") for n in range(3_000)]
    ValueMapEntry.objects.bulk_create(rows)
    assert url(states, "find") in admin_client.get(change_url(states)).content.decode()
    found: Any = admin_client.post(url(states, "find"), {"text": "sku-01234"})
    assert [entry.source for entry in found.context_data["found"]] == ["SKU-01234"]
    many: Any = admin_client.post(url(states, "find"), {"text": "SKU"})
    assert (len(many.context_data["found"]), many.context_data["has_more"]) == (10, True)
    assert "Nothing here has" in admin_client.post(url(states, "find"), {"text": "nowhere"}).content.decode()
    assert admin_client.get(url(states, "find")).status_code == 405
    sent = {"source": "SKU-01234", "target": "other", "replaces": "on"}
    answer = admin_client.post(url(states, "word"), sent, headers={"HX-Request": "true"})
    assert "becomes “other” from now on" in answer.content.decode()
    assert words_in_use(mapping)["SKU-01234"] == "other"
    viewer = signed_in(factories.user("mappings.view_valuemap"))
    assert "Change</button>" not in viewer.post(url(states, "find"), {"text": "sku-01234"}).content.decode()
