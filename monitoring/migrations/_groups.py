"""Groups that a new portal has, so that nobody begins with three hundred boxes to tick."""

from django.contrib.auth.management import create_permissions

OURS = ("mappings", "integrations", "monitoring")
# What is decided about records, and what is tried or stopped when something goes wrong.
DECIDED = (
    "retry_errorrecord",
    "replay_inboundevent",
    "settle_conflict",
    "decide_mergeproposal",
    "decide_paymentmatch",
    "settle_paymentmismatch",
    "repair_auditdifference",
    "run_audit",
    "run_syncjob",
    "test_connection",
    "change_delivery",
)
# What a store's own people set, apart from the systems themselves.
SET = tuple(
    f"{verb}_{model}"
    for model in (
        "syncjob",
        "workflow",
        "workflowtarget",
        "bundle",
        "bundlepart",
        "valuemap",
        "valuemapentry",
        "audit",
        "alertrule",
        "alertchannel",
        "suitecase",
    )
    for verb in ("add", "change")
)
# A new job, and what is started from a template, come with copies of presets.
STARTED = ("launch_workflow", "preview_mapping", "test_alertchannel", "add_mapping")


def _views(codename):
    return codename.startswith("view_")


def _on_duty(codename):
    return _views(codename) or codename in DECIDED


def _operators(codename):
    return _on_duty(codename) or codename in SET or codename in STARTED


GROUPS = {
    "Viewers": _views,
    "On duty": _on_duty,
    "Operators": _operators,
    "Integrators": lambda codename: True,
}


def make(apps, schema_editor=None):
    """A group that is there already, whoever made it, stays as it is."""
    Group, Permission = (apps.get_model("auth", name) for name in ("Group", "Permission"))
    _have_permissions(apps)
    known = list(Permission.objects.filter(content_type__app_label__in=OURS))
    for name, has in GROUPS.items():
        group, is_new = Group.objects.get_or_create(name=name)
        if is_new:
            group.permissions.set([one for one in known if has(one.codename)])


def take_away(apps, schema_editor=None):
    """Those that nobody is in: what people were given stays theirs."""
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS, user__isnull=True).delete()


def _have_permissions(apps):
    """Django makes them after all migrations, which is too late here."""
    for config in apps.get_app_configs():
        if config.label in OURS:
            before, config.models_module = getattr(config, "models_module", None), True
            create_permissions(config, apps=apps, verbosity=0)
            config.models_module = before
