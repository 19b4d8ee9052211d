"""Readings that follow from a number, so that whoever finds one stored knows what was sent."""
import datetime

DAY = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)
NUMBERS_MAX = 24 * 60 * 60 * 1000000
MEASURES = ("temperature", "vibration", "pressure", "humidity", "voltage")


def reading_of(number):
    """The body of reading `number`; the number is the microsecond of the day in its timestamp."""
    assert 0 <= number < NUMBERS_MAX
    seconds, microseconds = divmod(number, 1000000)
    return {
        "equipment_id": "PUMP-A%d-%03d" % (number % 7, number % 1000),
        "temperature": 20.0 + number % 500 / 8,
        "vibration": 0.5 + number % 10 / 16,
        "pressure": 1.0 + number % 30 / 4,
        "humidity": number % 799 / 8,
        "voltage": 200.0 + number % 301 / 4,
        "timestamp": "2026-03-01T%02d:%02d:%02d.%06dZ" % (seconds // 3600, seconds // 60 % 60,
                                                          seconds % 60, microseconds),
    }


def number_of(when):
    """The number behind a stored timestamp; None if it is none of ours."""
    since = when.astimezone(datetime.timezone.utc) - DAY
    number = (since.days * 86400 + since.seconds) * 1000000 + since.microseconds
    return number if 0 <= number < NUMBERS_MAX else None


def differences(number, stored):
    """The fields of `stored` (a dict without the timestamp) that are not as they were sent."""
    sent = reading_of(number)
    return {field: [sent[field], stored.get(field)] for field in ("equipment_id",) + MEASURES
            if stored.get(field) != sent[field]}
