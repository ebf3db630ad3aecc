"""Regular expressions whose strings all have a format, for formats that meet a pattern or a length."""

from __future__ import annotations

_LABEL = "[a-z0-9]+(-[a-z0-9]+)*"
_HOST = rf"({_LABEL}\.)*[a-z][a-z]+"
_DAY = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_PATH = "(/[A-Za-z0-9._~-]*)*"
_TAIL = r"(\?[A-Za-z0-9=&_.~-]*)?(#[A-Za-z0-9_.~-]*)?"
_URI = rf"(https?|ftp)://{_HOST}(:[1-9][0-9]{{0,3}})?{_PATH}{_TAIL}"
_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_EMAIL = rf"[a-zA-Z0-9_+-]+(\.[a-zA-Z0-9_+-]+)*@{_HOST}"

FORMAT_PATTERNS = {
    "date": _DAY,
    "date-time": f"{_DAY}T{_CLOCK}",
    "duration": "P([0-9]{1,4}W|[0-9]{1,4}Y([0-9]{1,2}M([0-9]{1,2}D)?)?|[0-9]{1,2}D)",
    "email": _EMAIL,
    "hostname": _HOST,
    "idn-email": _EMAIL,
    "idn-hostname": _HOST,
    "ipv4": rf"({_BYTE}\.){{3}}{_BYTE}",
    "ipv6": "([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|::|::1|([0-9a-f]{1,4}:){1,6}:[0-9a-f]{1,4}",
    "iri": _URI,
    "iri-reference": f"{_URI}|{_PATH}{_TAIL}",
    "json-pointer": "(/([A-Za-z0-9_ .-]|~[01])*)*",
    "regex": "[a-z0-9]*",
    "relative-json-pointer": "(0|[1-9][0-9]{0,2})(#|(/([A-Za-z0-9_ .-]|~[01])*)*)",
    "time": _CLOCK,
    "uri": _URI,
    "uri-reference": f"{_URI}|{_PATH}{_TAIL}",
    "uri-template": _URI,
    "uuid": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
}
