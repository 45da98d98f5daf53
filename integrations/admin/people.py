"""Users and groups in the same look as everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from .frame import DialogForm, PortalAdmin, action

if TYPE_CHECKING:
    DjangoUserAdmin = StockUserAdmin[User]
    from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
else:
    DjangoUserAdmin = StockUserAdmin
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

# What a user signs in with is the user's own; the stock pages would let others edit it, without a question.
for model in (EmailAddress, Authenticator, User, Group):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, PortalAdmin):  # type: ignore[misc]  # both name the model, in two ways
    form = UserChangeForm  # type: ignore[assignment]  # generic over the user model, which is User here
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "first_name", "last_name", "is_staff")
    actions_detail = ("remove_second_factor",)

    @action(
        "Remove second factor",
        icon="lock_reset",
        permissions=["change"],
        title="Remove this user's second factor",
        text="For somebody who lost it. Until a new one is set up, the password alone opens the account.",
        button="Remove it",
    )
    def remove_second_factor(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        user = self.object_for(request, object_id, "change")
        removed, _ = Authenticator.objects.filter(user=user).delete()
        self.log_change(request, user, "Removed the second factor.")
        sentence = "The second factor is removed." if removed else "This user had no second factor."
        return self.done(request, sentence, reverse("admin:auth_user_change", args=[user.pk]))


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, PortalAdmin):
    pass
