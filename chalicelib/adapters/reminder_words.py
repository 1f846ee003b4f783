"""What an organiser reads of a reminder beforehand: when it goes out, and how many people would get it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.adapters.language import Locale
from chalicelib.domain.batch import Plan


def sentences(at: datetime, zone: str, plan: Plan | None, locale: Locale) -> list[str]:
    """``["On Thursday 28 January at 07:30 (CET, UTC+1; 06:30 UTC), 41 people would get this."]``, in the event's zone
    and UTC: that of the organiser who reads it is not known. Without a plan nobody was counted.
    """
    local = at.astimezone(ZoneInfo(zone))
    when = {"date": locale.date(local.date(), year=False), "time": locale.clock(at, zone),
            "where": "; ".join([locale.zone_label(at, zone), *locale.brief(at, at, own_zone=zone, event_zone=zone)])}
    if plan is None:
        said = locale.gettext("On %(date)s at %(time)s (%(where)s) this would go out.") % when
        return [said[0].upper() + said[1:]]
    count = plan.to_send + plan.quiet
    said = locale.ngettext(
        "On %(date)s at %(time)s (%(where)s), %(count)d person would get this.",
        "On %(date)s at %(time)s (%(where)s), %(count)d people would get this.",
        count,
    ) % {**when, "count": count}
    later = locale.ngettext(
        "%(count)d of them would get it later, when their quiet hours are over.",
        "%(count)d of them would get it later, when their quiet hours are over.",
        plan.quiet,
    ) % {"count": plan.quiet}
    return [said[0].upper() + said[1:], *([later] if plan.quiet else [])]
