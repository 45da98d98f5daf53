"""Klaviyo: https://developers.klaviyo.com/en/reference/api_overview

- Every call names the revision of the API that it was written for.
- A profile is known by its e-mail address, and writing it twice is harmless: it is made or changed, whichever is due.
- An event has no id in the answer. Klaviyo keeps the first of those with the same unique_id, profile and metric
  (https://developers.klaviyo.com/en/reference/create_event), so that is what it is called here.
"""

from __future__ import annotations

from dataclasses import replace

from integrations.connectors.base import Answer, Call, SettingField
from integrations.connectors.facts import ApiVersion, Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of

ADDRESS = "https://a.klaviyo.com"
REVISION = "2026-07-15"
# Without it Klaviyo does not tell who wants its mails.
WITH_CONSENT = {"additional-fields[profile]": "subscriptions"}
# What says that a profile is another than before: https://developers.klaviyo.com/en/docs/working_with_system_webhooks
TOPICS = (
    "subscribed_to_email_marketing",
    "unsubscribed_from_email_marketing",
    "manually_suppressed_from_email_marketing",
    "manually_unsuppressed_from_email_marketing",
    "updated_email_preferences",
    "subscribed_to_sms_marketing",
    "unsubscribed_from_sms_marketing",
    "subscribed_to_list",
    "bounced_email",
    "marked_email_as_spam",
)


class Klaviyo(DeclaredConnector):
    platform = "klaviyo"
    label = "Klaviyo"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address",
            kind="url",
            required=False,
            default=ADDRESS,
            help_text="Leave it as it is: test accounts have the same address and differ by the key.",
        ),
        SettingField("token", "Private API key", secret=True, help_text="It begins with pk_."),
        SettingField(
            "webhook_secret",
            "Secret key of the webhook",
            required=False,
            secret=True,
            help_text="As it was entered when the webhook was made; at least 16 characters.",
        ),
    )
    facts = Facts(
        group=Group.MARKETING,
        documentation="https://developers.klaviyo.com/en/reference/api_overview",
        native_integrations=native_of("klaviyo"),
        api_version=ApiVersion(
            REVISION,
            months=24,
            source="https://developers.klaviyo.com/en/docs/api_versioning_and_deprecation_policy",
        ),
        credentials=(
            "In Klaviyo open the menu at your account's name → Settings → API keys.",
            "Click “Create Private API Key” and choose “Custom Key”.",
            "Give it Full access to Profiles and to Events, and create it.",
            "Copy the key (pk_…) into “Private API key”. Klaviyo shows it once.",
        ),
        verified=Verified.CONTRACT,
        verified_against="Klaviyo's OpenAPI document, revision 2026-07-15. How webhooks are signed is in no document, "
        "and is done as other integrations do it",
        limits="Profiles: 75 calls a second, 750 a minute; Crossdock makes up to 11 a second, and up to 60 at once.",
        traps=(
            "An event is taken and worked on later: it may be some moments until it is seen in Klaviyo.",
            "Two profiles that share an address or phone number are merged by a person in Klaviyo.",
            "A phone number must be written as +441234567890, or the whole profile is refused.",
            "A known empty value clears the field in Klaviyo.",
        ),
        lacks=(
            "Who wants mails is read and not written: Klaviyo asks for a consent of the person's own for that.",
            "Events are written and not read.",
            "Klaviyo's bulk jobs are not used, since they do not say what became of each profile.",
        ),
        webhooks="For advanced plans and app partners alone: make a webhook with Klaviyo's Webhooks API, with this "
        "connection's webhook address, a secret key of your own and topics of consent such as "
        "event:klaviyo.unsubscribed_from_email_marketing. Then enter the same secret key here.",
    )
    declaration = {
        "label": "Klaviyo",
        "base_url": "{base_url}",
        "variables": {"base_url": {"default": ADDRESS}},
        "headers": {
            "revision": REVISION,
            "Accept": "application/vnd.api+json",
            "Content-Type": "application/vnd.api+json",
        },
        "auth": {"kind": "bearer", "prefix": "Klaviyo-API-Key "},
        # Of the dearest calls: https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling
        "limits": {"requests_per_second": 11, "burst": 60, "concurrent": 8},
        "timeouts": {"connect": 4, "read": 20, "total": 24},
        "test": {"path": "/api/profiles", "params": {"page[size]": 1}, "expect": "type(data) == 'array'"},
        "errors": [
            {
                "status": 409,
                "when": "errors[?code == 'duplicate_profile']",
                "kind": "data",
                "code": "duplicate_profile",
                "sentence": "=join('', ['Another profile in Klaviyo (', "
                "errors[0].meta.duplicate_profile_id || 'unknown', "
                "') has this e-mail address, phone number or id. Merge the two there, then retry.'])",
            },
        ],
        "resources": {
            "profiles": {
                "updated_at": {"at": "attributes.updated"},
                "natural_key": "email",
                "required": ["email"],
                "list": {
                    "path": "/api/profiles",
                    "params": {
                        "sort": "updated",
                        "filter": "greater-than(updated,{since})",
                        **WITH_CONSENT,
                    },
                    "records": "data",
                    "paging": {
                        "style": "link",
                        "next": "links.next",
                        "size": 100,
                        "size_param": "page[size]",
                    },
                    "since": {"granularity": 1, "strict": True, "overlap": 60},
                },
                "fetch": {"path": "/api/profiles/{external_id}", "params": WITH_CONSENT, "record": "data"},
                "lookup": {
                    "path": "/api/profiles",
                    "params": {"filter": 'equals(email,"{natural_key}")', **WITH_CONSENT},
                    "record": "data",
                    "match": "attributes.email",
                },
                "upsert": {
                    "path": "/api/profile-import",
                    "params": WITH_CONSENT,
                    "body": {"data": {"type": "profile", "attributes": "=body"}},
                    "answer": "data",
                    "repeatable": True,
                },
            },
            "events": {
                "natural_key": "unique_id",
                "required": ["metric", "unique_id", "email"],
                "upsert": {
                    "path": "/api/events",
                    "body": {
                        "data": {
                            "type": "event",
                            "attributes": {
                                "unique_id": "=body.unique_id",
                                "time": "=body.time",
                                "value": "=to_number(body.value)",
                                "value_currency": "=body.currency",
                                "properties": "=body.properties || `{}`",
                                "metric": {
                                    "data": {"type": "metric", "attributes": {"name": "=body.metric"}}
                                },
                                "profile": {
                                    "data": {"type": "profile", "attributes": {"email": "=body.email"}}
                                },
                            },
                        }
                    },
                    "repeatable": True,
                },
            },
        },
        "webhook": {
            # UNVERIFIED: Klaviyo itself says nowhere what is signed and how. The header's time was seen hours away from
            # the body's own, so it binds loosely: what is told is fetched, and to hear it again is harmless.
            "signature": {
                "header": "Klaviyo-Signature",
                "timestamp_header": "Klaviyo-Timestamp",
                "timestamp_format": "%a, %d %b %Y %H:%M:%S %Z",
                "signed": "{body}{timestamp}",
                "tolerance": 86_400,
            },
            "events": "data",
            "topic": "topic",
            "delivery_id": "external_id",
            "topics": {
                f"event:klaviyo.{name}": {
                    "resource": "profiles",
                    "id": "payload.data.relationships.profile.data.id",
                }
                for name in TOPICS
            },
        },
    }

    def send(self, call: Call) -> Answer:
        answer = super().send(call)
        if call.resource == "events":
            # Klaviyo takes an event without a word: what we call it is all that is known of it.
            return replace(answer, external_id=call.natural_key)
        return answer
