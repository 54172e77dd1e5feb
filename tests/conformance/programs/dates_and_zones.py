# about: datetime, zoneinfo, calendar and time
# outcome: OUTCOME_OK
# stdout: ok
import calendar
import time
import zoneinfo
from datetime import date, datetime, timedelta, timezone

madrid = zoneinfo.ZoneInfo("Europe/Madrid")
summer = datetime(2024, 7, 1, 12, tzinfo=madrid)
assert summer.utcoffset() == timedelta(hours=2) and summer.astimezone(timezone.utc).hour == 10
assert datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo("Asia/Kolkata")).utcoffset() == timedelta(hours=5, minutes=30)
assert len(zoneinfo.available_timezones()) > 300
assert date(2024, 2, 29) + timedelta(days=366) == date(2025, 3, 1)
assert calendar.monthrange(2023, 2) == (2, 28) and calendar.isleap(2000)
assert datetime.strptime("24.12.2024 18:30", "%d.%m.%Y %H:%M").isoformat() == "2024-12-24T18:30:00"
assert date(2024, 12, 30).isocalendar().week == 1
assert datetime.now(timezone.utc).year >= 2024
assert time.localtime().tm_zone in ("UTC", "GMT"), time.localtime()
before = time.monotonic()
time.sleep(0.05)
assert 0.04 < time.monotonic() - before < 2
print("ok")
