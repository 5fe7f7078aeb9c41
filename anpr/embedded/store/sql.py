"""What the front must know of a statement: where it ends, where its data begins, which format it names.

This is a lexer and no parser: whether SQL is right is the engine's to say. Everything is bytes, since data
that follows an INSERT need not be text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from anpr.embedded.store.errors import BAD_ARGUMENTS, NOT_IMPLEMENTED, SYNTAX_ERROR, store_error

_TOKEN = re.compile(
    rb"""(?P<space>\s+|--[^\n]*|\#[ !][^\n]*|/\*.*?\*/)
    |(?P<quoted>'(?:[^'\\]|\\.|'')*+'|"(?:[^"\\]|\\.|"")*+"|`(?:[^`\\]|\\.|``)*+`)
    |(?P<heredoc>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<number>\d[\w.]*)
    |(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<semicolon>;)|(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
_NAME_FOLLOWS = {"INTO", "TABLE", "FUNCTION", "."}  # the word after these is a name, whatever it reads
_DATA_START = re.compile(rb"[ \t\f]*\r?\n?")  # what ClickHouse skips between a format's name and the data
_KILL_BY_ID = re.compile(rb"\bquery_id\s*=\s*('(?:[^'\\]|\\.|'')*')", re.IGNORECASE)


class Kind(Enum):
    """How the engine must run a statement."""

    QUERY = "query"
    INSERT_DATA = "insert"
    INSERT_INPUT = "insert_input"
    KILL = "kill"


@dataclass(frozen=True)
class Token:
    """One lexeme; text is upper-cased for words. depth: brackets open around it."""

    kind: str
    text: str
    start: int
    end: int
    depth: int


@dataclass(frozen=True)
class Statement:
    """One statement, apart from its data.

    sql: for INSERT_DATA up to, but without, FORMAT or VALUES; for INSERT_INPUT with FILE_MARK inside
    `file(…)` in the place of `input(…)`. format: of the data for inserts, else of the answer; "" where none
    is named.
    """

    kind: Kind
    sql: bytes
    format: str = ""
    data: bytes = b""
    several: bool = False
    """More than one statement, as far as a lexer can see."""
    selects: bool = False
    """Begins like a SELECT, which is what chdb can answer in chunks."""


FILE_MARK = b"__ANPR_STORE_INPUT__"
"""Stands for the path and format of the data in an INSERT_INPUT statement."""


def tokens(sql: bytes) -> Iterator[Token]:
    """Lex without white space and comments, lazily: what follows an INSERT's head is never looked at."""
    depth = 0
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup
        if kind is None or kind == "space":
            continue
        depth -= kind == "close"
        text = match[0].decode("utf-8", "replace")
        yield Token(kind, text.upper() if kind == "word" else text, match.start(), match.end(), depth)
        depth += kind == "open"


def first_word(sql: bytes) -> str:
    """The first word in upper case, "" when there is none near the beginning."""
    first = next(tokens(sql[:4096]), None)
    return first.text if first else ""


def parse_statement(sql: bytes) -> Statement:
    """Classify a request's SQL and cut inline data off. Raises StoreError for what a server never accepts."""
    first = next(tokens(sql), None)
    if first is None:
        raise store_error(SYNTAX_ERROR, "Empty query")
    if first.text == "INSERT":
        return _parse_insert(sql)
    if first.text == "KILL":
        sql = _KILL_BY_ID.sub(rb"(query_id = \1 OR Settings['log_comment'] = \1)", sql)
        return Statement(Kind.KILL, sql, several=_has_several(list(tokens(sql))))
    return _parse_query(sql)


def _parse_query(sql: bytes) -> Statement:
    found = list(tokens(sql))
    _refuse_files(found)
    selects = found[0].text in ("SELECT", "WITH")
    return Statement(Kind.QUERY, sql, _last_format(sql, found), several=_has_several(found), selects=selects)


def _last_format(sql: bytes, found: list[Token]) -> str:
    for word, name in zip(reversed(found[:-1]), reversed(found[1:]), strict=True):
        if word.text == "FORMAT" and word.depth == 0 and name.kind == "word":
            return _spelt(sql, name)
    return ""


def _has_several(found: list[Token]) -> bool:
    ends = [i for i, token in enumerate(found) if token.kind == "semicolon"]
    return bool(ends) and any(token.kind != "semicolon" for token in found[ends[0] :])


def _refuse_files(found: list[Token]) -> None:
    for word, name in pairwise(found):
        if (word.text, name.text) in (("INTO", "OUTFILE"), ("FROM", "INFILE")):
            raise store_error(NOT_IMPLEMENTED, f"{word.text} {name.text} belongs to a client, not to a server")


def _parse_insert(sql: bytes) -> Statement:
    """Walk the head of an INSERT until its data, a SELECT's end, or the end of text."""
    head: list[Token] = []
    selects = False
    for token in tokens(sql):
        previous = head[-1] if head else None
        head.append(token)
        if token.depth or previous is None or _is_name(previous, token):
            continue
        selects = selects or token.text in ("SELECT", "WITH")
        if previous.text == "FORMAT" and token.kind == "word" and not _is_name(head[-3], previous):
            return _with_data(sql, head, previous.start, token, selects)
        if token.text == "VALUES" and not selects:
            _refuse_files(head)
            return Statement(Kind.INSERT_DATA, sql[: token.start], "Values", sql[token.end :])
    return _without_data(sql, head, selects)


def insert_from_file(statement: Statement, path: str) -> bytes:
    """An INSERT_DATA statement that reads its data from a file; FROM INFILE has to stand before SETTINGS."""
    head = list(tokens(statement.sql))
    clause = [t.start for t, before in zip(head[1:], head, strict=False) if _is_settings(before, t)]
    at = clause[0] if clause else len(statement.sql)
    parts = (statement.sql[:at], f"FROM INFILE {quote(path)} ".encode(), statement.sql[at:])
    return b" ".join((*parts, f"FORMAT {statement.format}".encode()))


def _is_settings(previous: Token, token: Token) -> bool:
    return token.text == "SETTINGS" and token.depth == 0 and not _is_name(previous, token)


def _is_name(previous: Token, token: Token) -> bool:
    if previous.text == "INSERT":  # INTO is optional
        return token.text not in ("INTO", "TABLE", "FUNCTION")
    return previous.text in _NAME_FOLLOWS and token.text not in ("TABLE", "FUNCTION")


def _with_data(sql: bytes, head: list[Token], cut: int, name: Token, selects: bool) -> Statement:
    _refuse_files(head)
    skipped = _DATA_START.match(sql, name.end)
    data = sql[skipped.end() if skipped else name.end :]
    if not selects:
        return Statement(Kind.INSERT_DATA, sql[:cut], _spelt(sql, name), data)
    marked = _mark_input(sql[:cut], head)
    if marked is None:
        return Statement(Kind.QUERY, sql[:cut], several=bool(data.strip(b"; \t\r\n")))
    return Statement(Kind.INSERT_INPUT, marked, _spelt(sql, name), data)


def _without_data(sql: bytes, head: list[Token], selects: bool) -> Statement:
    _refuse_files(head)
    if selects and _mark_input(sql, head) is not None:
        raise store_error(BAD_ARGUMENTS, "INSERT … SELECT … FROM input(…) needs a FORMAT for its data")
    return Statement(Kind.QUERY, sql, several=_has_several(head))


def _mark_input(sql: bytes, head: list[Token]) -> bytes | None:
    """Make `input('structure')` read file(FILE_MARK, 'structure'); None where there is no input()."""
    for word, bracket, structure in zip(head, head[1:], head[2:], strict=False):
        if word.text == "INPUT" and bracket.text == "(":
            if structure.kind != "quoted":
                raise store_error(NOT_IMPLEMENTED, "input() needs the structure of its data: input('a UInt8, …')")
            return sql[: word.start] + b"file(" + FILE_MARK + b", " + sql[structure.start :]
    return None


def _spelt(sql: bytes, name: Token) -> str:
    return sql[name.start : name.end].decode()


def quote(value: str) -> str:
    """A SQL string literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quote_name(value: str) -> str:
    """A quoted SQL identifier."""
    return "`" + value.replace("\\", "\\\\").replace("`", "\\`") + "`"
