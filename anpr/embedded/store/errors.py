"""Errors of the store, and how ClickHouse's error codes become HTTP statuses.

StoreError          an answer to one request: code, HTTP status, ClickHouse's text
StoreUnavailable    the process cannot serve this folder or port; one sentence for the user, exit code 3
"""

import re

TIMEOUT_EXCEEDED = 159
UNKNOWN_FORMAT = 73
NOT_IMPLEMENTED = 48
SYNTAX_ERROR = 62
BAD_ARGUMENTS = 36
CANNOT_DECOMPRESS = 271
QUERY_IS_TOO_LARGE = 307
TOO_MANY_SIMULTANEOUS_QUERIES = 202
QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING = 216
AUTHENTICATION_FAILED = 516
NOT_ENOUGH_SPACE = 243
SETTING_CONSTRAINT_VIOLATION = 452
ACCESS_DENIED = 497
UNKNOWN_ROLE = 511
SET_NON_GRANTED_ROLE = 512
STD_EXCEPTION = 1001

# As `exceptionCodeToHTTPStatus` of ClickHouse, and of our own: 403 for roles, 503 for a full disk, since waiting may
# mend it. What is not listed is 500.
_STATUSES: dict[int, tuple[int, ...]] = {
    400: (6, 26, 27, 33, 36, 38, 41, 43, 53, 62, 69, 70, 72, 271),
    403: (192, 193, 452, 497, 511, 512, 516),
    404: (16, 46, 47, 50, 56, 60, 63, 73, 79, 81, 115),
    408: (159,),
    413: (307,),
    501: (48,),
    503: (202, 243),
}
_STATUS_OF = {code: status for status, codes in _STATUSES.items() for code in codes}
_NAMES = {
    NOT_IMPLEMENTED: "NOT_IMPLEMENTED",
    SYNTAX_ERROR: "SYNTAX_ERROR",
    BAD_ARGUMENTS: "BAD_ARGUMENTS",
    CANNOT_DECOMPRESS: "CANNOT_DECOMPRESS",
    QUERY_IS_TOO_LARGE: "QUERY_IS_TOO_LARGE",
    TOO_MANY_SIMULTANEOUS_QUERIES: "TOO_MANY_SIMULTANEOUS_QUERIES",
    QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
    AUTHENTICATION_FAILED: "AUTHENTICATION_FAILED",
    NOT_ENOUGH_SPACE: "NOT_ENOUGH_SPACE",
    SETTING_CONSTRAINT_VIOLATION: "SETTING_CONSTRAINT_VIOLATION",
    ACCESS_DENIED: "ACCESS_DENIED",
    UNKNOWN_ROLE: "UNKNOWN_ROLE",
    SET_NON_GRANTED_ROLE: "SET_NON_GRANTED_ROLE",
}
_CODE = re.compile(r"Code: (\d+)\. ")
_NO_SPACE = re.compile(r"No space left on device|errno: 28\b|\(NOT_ENOUGH_SPACE\)")
_REPEATED = re.compile(r"^(Code: \d+\. DB::Exception: )(?:Code: \d+\. DB::Exception: )+")


class StoreUnavailable(Exception):
    """The store cannot run here; the message is one sentence that says why and what to do."""


class StoreError(Exception):
    """A failed request. code: ClickHouse's error number; text: the whole message, "Code: … (NAME)"."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text

    @property
    def status(self) -> int:
        """HTTP status of the answer."""
        return _STATUS_OF.get(self.code, 500)


def store_error(code: int, message: str) -> StoreError:
    """An error of this front, in the shape of ClickHouse's own."""
    return StoreError(code, f"Code: {code}. DB::Exception: {message} ({_NAMES.get(code, 'STD_EXCEPTION')})")


def engine_error(err: Exception) -> StoreError:
    """Turn what chdb raised into a StoreError. chdb puts words before the code or repeats it: both go.

    A full disk has many codes, by where it was noticed; it becomes one, which says that waiting may help.
    """
    message = str(err)
    if _NO_SPACE.search(message):
        return store_error(
            NOT_ENOUGH_SPACE,
            "The disk of the store is full: make room there and send this again, nothing acknowledged is lost. "
            + message.partition("\n")[0],
        )
    found = _CODE.search(message)
    if found is None:
        return store_error(STD_EXCEPTION, message or type(err).__name__)
    return StoreError(int(found[1]), _REPEATED.sub(r"\1", message[found.start() :]).strip())
