"""Users and groups in the same look as everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from .frame import DialogForm, PortalAdmin, action, display

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


# (label, what it means) in the portal's words.
WORDS = {
    "is_staff": ("Works in this portal", "Without it somebody can sign in and is shown no page."),
    "is_active": (
        "May sign in",
        "Take this away instead of deleting somebody who leaves: what they did stays under their name.",
    ),
    "groups": (
        "Groups",
        "Viewers only look, On duty settle what is open, Operators set up jobs too, Integrators connect systems too.",
    ),
    "is_superuser": (
        "Administrator",
        "May do everything, users and groups too. A group is enough for most people.",
    ),
    "user_permissions": ("Single permissions", "On top of those of the groups. Hardly anybody needs one."),
}


@admin.register(User)
class UserAdmin(DjangoUserAdmin, PortalAdmin):  # type: ignore[misc]  # both name the model, in two ways
    form = UserChangeForm  # type: ignore[assignment]  # generic over the user model, which is User here
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "first_name", "last_name", "works_here")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "first_name", "last_name", "email")}),
        ("What they may do", {"fields": ("is_active", "is_staff", "groups", "is_superuser")}),
        ("Single permissions", {"classes": ("collapse",), "fields": ("user_permissions",)}),
        ("Since when", {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "password1", "password2")}),
        ("What they may do", {"fields": ("is_staff", "groups")}),
    )
    actions_detail = ("remove_second_factor",)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field is not None and db_field.name in WORDS:
            field.label, field.help_text = WORDS[db_field.name]
        return field

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Administrators alone give away what no group has."""
        readonly = super().get_readonly_fields(request, obj)
        return (
            readonly if self.person(request).is_superuser else (*readonly, "is_superuser", "user_permissions")
        )

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """An administrator's password is nobody's to set but an administrator's."""
        may = super().has_change_permission(request, obj)
        return may and self._is_in_reach(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_in_reach(request, obj)

    def _is_in_reach(self, request: HttpRequest, user: User | str | None) -> bool:
        """`user`: unfold asks by the number that stands in the address."""
        if user is None or self.person(request).is_superuser:
            return True
        if isinstance(user, User):
            return not user.is_superuser
        return not User.objects.filter(pk=user, is_superuser=True).exists()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True, **super().get_changeform_initial_data(request)}

    @display("Works in this portal", boolean=True, ordering="is_staff")
    def works_here(self, user: User) -> bool:
        return user.is_staff and user.is_active

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
