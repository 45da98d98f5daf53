from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from integrations.models import BookedCustomer, Connection, Delivery, LeftContact, SamePerson, State, Thing
from integrations.sync import shared_clock
from integrations.sync.things import things_for
from mappings.search import keyed_hash
from monitoring import merges
from monitoring.models import MergeProposal, Proposed, Reason
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import act, change_url, list_url, listed

pytestmark = pytest.mark.django_db
ADA, BO = "ada@example.com", "bo@example.com"
PHONE = "+492210000123"
DAY = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def crm() -> Connection:
    made = factories.connection(key="crm", name="Sales", platform="sandbox_crm")
    books = factories.connection(key="books", name="Books", platform="books")
    factories.job(
        source=made,
        source_resource="contacts",
        destination=books,
        destination_resource="customers",
        kind="customer",
    )
    return made


def booked(source: Connection, name: str, email: str = "", phone: str = "", day: int = 0) -> None:
    now = shared_clock.now()
    BookedCustomer.objects.create(
        source=source,
        external_id=name,
        person=keyed_hash("email", email) if email else "",
        phone=keyed_hash("phone", phone) if phone else "",
        created_at=DAY + timedelta(days=day),
        read_at=now,
        booked_at=now,
    )


def proposed() -> list[tuple[str, str, str, int]]:
    rows = MergeProposal.objects.filter(state=Proposed.OPEN).order_by("first_id", "second_id")
    return [(row.first_id, row.second_id, row.reason, row.confidence) for row in rows]


def test_who_is_alike_in_one_system_is_proposed_with_its_reason(crm: Connection) -> None:
    booked(crm, "c2", ADA, PHONE, day=2)
    booked(crm, "c1", "ADA@example.com", day=1)
    booked(crm, "c3", BO, "+49 221 0000123", day=3)
    booked(crm, "c4", "", "+492210000777", day=4)
    booked(crm, "c5", "eva@example.com", "0049 221 0000777", day=5)
    booked(crm, "c6", "nobody.else@example.com", "+492210000999", day=6)
    assert merges.propose().proposed == 3
    assert proposed() == [
        ("c1", "c2", Reason.EMAIL, 95),
        ("c2", "c3", Reason.PHONE_OTHER_EMAIL, 50),
        ("c4", "c5", Reason.PHONE, 75),
    ]


def test_the_same_person_in_two_systems_is_no_double(crm: Connection) -> None:
    booked(crm, "c1", ADA, PHONE)
    booked(factories.connection(), "s1", ADA, PHONE)
    assert merges.propose().alike == 0


def test_a_phone_that_many_have_proposes_nothing(crm: Connection) -> None:
    for number in range(merges.MOST_WITH_ONE_PHONE + 1):
        booked(crm, f"c{number}", f"{number}@example.com", PHONE)
    assert merges.propose().alike == 0


def test_looking_twice_proposes_once_and_what_was_rejected_is_not_proposed_again(crm: Connection) -> None:
    booked(crm, "c1", ADA, day=1)
    booked(crm, "c2", ADA, day=2)
    merges.propose()
    assert merges.propose().proposed == 0
    assert merges.reject(MergeProposal.objects.get(), factories.administrator())
    assert merges.propose().proposed == 0
    assert proposed() == []


def test_what_is_alike_no_longer_is_told_and_comes_back(crm: Connection) -> None:
    booked(crm, "c1", ADA, day=1)
    booked(crm, "c2", ADA, day=2)
    merges.propose()
    BookedCustomer.objects.filter(external_id="c2").update(person=keyed_hash("email", BO))
    assert merges.propose().gone == 1
    assert MergeProposal.objects.get().state == Proposed.GONE
    BookedCustomer.objects.filter(external_id="c2").update(person=keyed_hash("email", ADA))
    merges.propose()
    assert MergeProposal.objects.get().state == Proposed.OPEN


def test_a_proposal_is_found_by_the_persons_digest_and_holds_nothing_of_the_person(crm: Connection) -> None:
    booked(crm, "c1", ADA, PHONE, day=1)
    booked(crm, "c2", ADA, PHONE, day=2)
    merges.propose()
    (row,) = MergeProposal.objects.filter(person=keyed_hash("email", ADA)).values()
    assert not any(told in str(row) for told in (ADA, PHONE))


@pytest.fixture
def proposal(crm: Connection) -> MergeProposal:
    booked(crm, "c1", ADA, day=1)
    booked(crm, "c2", ADA, day=2)
    merges.propose()
    return MergeProposal.objects.get()


def test_nothing_is_joined_until_somebody_says_so(proposal: MergeProposal) -> None:
    assert (SamePerson.objects.count(), LeftContact.objects.count()) == (0, 0)


def test_who_says_one_person_is_kept_with_what_was_said(proposal: MergeProposal) -> None:
    boss = factories.administrator()
    act(signed_in(boss), proposal, "one_person", kept="c2")
    proposal.refresh_from_db()
    assert (proposal.state, proposal.kept_id, proposal.decided_by) == (Proposed.ACCEPTED, "c2", boss)
    assert list(LeftContact.objects.values_list("external_id", flat=True)) == ["c1"]
    assert LogEntry.objects.get().change_message == "One person; c2 is written."


def test_who_decides_second_is_told_that_it_was_decided(proposal: MergeProposal) -> None:
    client = signed_in(factories.administrator())
    act(client, proposal, "two_people")
    act(client, proposal, "one_person", kept="c1")
    proposal.refresh_from_db()
    assert proposal.state == Proposed.REJECTED
    assert LeftContact.objects.count() == 0


def test_who_may_only_look_sees_no_names_and_decides_nothing(proposal: MergeProposal) -> None:
    client = signed_in(factories.user("monitoring.view_mergeproposal"))
    page = client.get(change_url(proposal) + "?both=1").content.decode()
    assert "you need the right to decide" in page
    assert act(client, proposal, "one_person", kept="c1").status_code == 403


def test_names_are_fetched_for_who_may_decide(
    proposal: MergeProposal, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def fetched(row: MergeProposal) -> Any:
        from monitoring.both_contacts import Both

        asked.append(row.pk)
        return Both((("Name", "Ada L", "Ada Lovelace", True),))

    monkeypatch.setattr("monitoring.admin.merges.fetch_both", fetched)
    client = signed_in(factories.user("monitoring.view_mergeproposal", "monitoring.decide_mergeproposal"))
    assert "Ada L" not in client.get(change_url(proposal)).content.decode()
    assert "Ada Lovelace" in client.get(change_url(proposal) + "?both=1").content.decode()
    assert asked == [proposal.pk]


def test_the_list_shows_what_is_to_be_decided_first(proposal: MergeProposal, client: Client) -> None:
    boss = signed_in(factories.administrator())
    assert listed(boss.get(list_url(MergeProposal))) == [proposal]
    merges.reject(proposal, factories.administrator())
    assert listed(boss.get(list_url(MergeProposal))) == []
    assert listed(boss.get(list_url(MergeProposal) + "?state=rejected")) == [proposal]
    assert client.get(reverse("admin:monitoring_mergeproposal_changelist")).status_code == 302


# --- undoing ----------------------------------------------------------------------------------------------------


def delivered(crm: Connection, name: str, at: datetime) -> Delivery:
    """A record of a shop that is the person of this contact, written there at this moment."""
    shop = factories.connection()
    job = factories.job(
        source=shop, destination=crm, destination_resource="contacts", kind="customer", key=f"to-{name}"
    )
    thing = Thing.objects.get(pk=things_for(crm.pk, "contacts", "customer", [name])[name])
    row = factories.delivery(job, thing=thing, content_hash="written", first_delivered_at=at)
    factories.outcome(row, at, state=State.DELIVERED)
    return row


def test_an_accepted_decision_is_undone_with_who_and_when(proposal: MergeProposal) -> None:
    boss, other = factories.administrator(), factories.user("monitoring.decide_mergeproposal")
    merges.accept(proposal, "c2", boss)
    row = delivered(proposal.connection, "c1", shared_clock.now())
    assert merges.undo(proposal, other) == merges.Undone(written=1)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by, proposal.undone_by) == (Proposed.UNDONE, boss, other)
    assert proposal.undone_at is not None
    assert (SamePerson.objects.count(), LeftContact.objects.count()) == (0, 0)
    row.refresh_from_db()
    assert row.content_hash == ""


def test_it_is_not_proposed_again_by_itself_and_may_be_decided_anew(proposal: MergeProposal) -> None:
    boss = factories.administrator()
    merges.accept(proposal, "c2", boss)
    merges.undo(proposal, boss)
    assert merges.propose().proposed == 0
    assert proposed() == []
    assert merges.accept(proposal, "c1", boss)
    assert list(LeftContact.objects.values_list("external_id", flat=True)) == ["c2"]


def test_what_other_decisions_say_stays(crm: Connection) -> None:
    for day, name in enumerate(("c1", "c2", "c3"), 1):
        booked(crm, name, ADA, day=day)
    merges.propose()
    first, second = MergeProposal.objects.order_by("second_id")
    boss = factories.administrator()
    merges.accept(first, "c1", boss)
    merges.accept(second, "c1", boss)
    assert "Undo that one first" in merges.undo(first, boss).problem
    assert merges.undo(second, boss).problem == ""
    assert list(LeftContact.objects.values_list("external_id", flat=True)) == ["c2"]
    assert SamePerson.objects.count() == 1
    assert merges.undo(second, boss).problem == "This is no accepted decision any more."


def test_the_page_undoes_it_and_says_what_stays_over_there(proposal: MergeProposal) -> None:
    boss = factories.administrator()
    client = signed_in(boss)
    act(client, proposal, "one_person", kept="c2")
    delivered(proposal.connection, "c1", shared_clock.now())
    act(client, proposal, "undo")
    page = client.get(change_url(proposal)).content.decode()
    assert "1 write for the other one went to Sales since the decision" in page
    assert LogEntry.objects.filter(change_message="Undone. Written to c2 meanwhile: 1.").exists()


def test_who_may_only_look_undoes_nothing(proposal: MergeProposal) -> None:
    merges.accept(proposal, "c2", factories.administrator())
    client = signed_in(factories.user("monitoring.view_mergeproposal"))
    assert act(client, proposal, "undo").status_code == 403
    assert LeftContact.objects.count() == 1
