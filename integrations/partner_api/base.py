"""The class that every view of the partner API is made from (those of `monitoring` too)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from django.db.models import QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.models import Partner, SyncJob

from . import throttling
from .auth import BearerKey, Caller, HasScope
from .parsing import CappedJson, OnlyJson, check_length
from .problems import answer_problem
from .schema import PartnerSchema


class PartnerView(APIView):
    """Key, scope, limits and problem+json; the caller's own jobs, and nothing of anybody else's.

    A subclass names the `scope` that the key must hold, and its `query` where it takes parameters.
    """

    scope = "read"
    query: type[serializers.Serializer[Any]] = serializers.Serializer

    authentication_classes = [BearerKey]
    permission_classes = [HasScope]
    throttle_classes = [throttling.PerPartner]
    renderer_classes = [JSONRenderer]
    parser_classes = [CappedJson]
    content_negotiation_class = OnlyJson
    schema = PartnerSchema()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_length(request)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response]:
        return answer_problem

    def throttled(self, request: Request, wait: float) -> NoReturn:
        raise throttling.refuse(wait)

    @property
    def partner(self) -> Partner:
        caller = self.request.user
        if not isinstance(caller, Caller):
            raise TypeError("A view of the partner API was reached without a partner's key.")
        return caller.partner

    def jobs(self) -> QuerySet[SyncJob]:
        """The jobs that this partner may see; every other query starts from them."""
        return SyncJob.objects.filter(partners=self.partner)

    def job(self, key: str) -> SyncJob:
        job = self.jobs().filter(key=key).first()
        if job is None:
            raise Http404
        return job

    def parameters(self) -> dict[str, Any]:
        """The checked query parameters. One that is not known is refused: a misspelt filter shows too much."""
        given = self.request.query_params
        checked = self.query(data=given.dict())
        unknown = sorted(set(given) - set(checked.fields) - {"cursor", "page_size"})
        if unknown:
            known = ", ".join([*sorted(checked.fields), "cursor", "page_size"])
            raise serializers.ValidationError(
                {name: [f"There is no such parameter. Known are: {known}."] for name in unknown}
            )
        checked.is_valid(raise_exception=True)
        return {name: value for name, value in checked.validated_data.items() if value not in ("", None)}
