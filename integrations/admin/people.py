"""Users and groups in the same look as everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User

from .frame import PortalAdmin

if TYPE_CHECKING:
    DjangoUserAdmin = StockUserAdmin[User]
    from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
else:
    DjangoUserAdmin = StockUserAdmin
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, PortalAdmin):  # type: ignore[misc]  # both name the model, in two ways
    form = UserChangeForm  # type: ignore[assignment]  # generic over the user model, which is User here
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "first_name", "last_name", "is_staff")


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, PortalAdmin):
    pass
