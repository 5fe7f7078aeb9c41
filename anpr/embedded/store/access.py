"""Roles of the embedded store: the same list as a server's, enforced by the engine.

chdb keeps no users of its own and every connection is its user `default`. But it reads a users.xml, in which `default`
may hold roles, and `SET ROLE r` leaves a connection with the rights of r alone. A request in a role is one statement
on a connection of its own, which can not take the step back. So tables, files, addresses and other servers are closed
by the engine's own rights, in subqueries as in arguments.

Three things the engine closes to a server's users, but not to chdb's, are looked for in the statement's words:
functions that reach out (`file('/etc/passwd')`), system tables that show other people's queries, and settings that
would lift a limit. The words are those of the engine's own formatter, and what it wrote is what runs: no spelling,
quoting or comment means one thing here and another there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from anpr.embedded.store.errors import (
    ACCESS_DENIED,
    SET_NON_GRANTED_ROLE,
    SETTING_CONSTRAINT_VIOLATION,
    UNKNOWN_ROLE,
    store_error,
)
from anpr.embedded.store.options import StoreOptions
from anpr.embedded.store.sql import Token, tokens
from sinks.clickhouse.access import SYSTEM, grants_of
from sinks.clickhouse.controllers import CONTROLLERS, LIMITED, controller_of_role

__all__ = [
    "ROLES",
    "check_names",
    "check_plain_names",
    "check_settings",
    "check_words",
    "database_of",
    "limits_of",
    "role_of",
    "write_access",
]

ROLES = {role: grants for controller in CONTROLLERS for role, grants in controller.roles.items()}
"""Of both controllers: one process serves both databases, and a role has rights in one of them."""
OWNER = "anpr_owner"
"""The role of callers that name none."""
READS = frozenset({"SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXISTS", "("})
SHOWN = frozenset({"TABLES", "CREATE", "DATABASES", "COLUMNS", "GRANTS", "SETTINGS"})
"""What SHOW may show: PROCESSLIST would show what others ask."""
WRITERS = frozenset(role for role, grants in ROLES.items() if any(g.privilege.startswith("INSERT") for g in grants))
REACH_OUT = frozenset(
    {
        *("file", "python", "eval", "executable", "merge", "fuzzquery", "fuzzjson", "catboostevaluate", "evalmlmethod"),
        *("logtrace", "generateserialid", "getserversetting", "getmacro", "showcertificate", "getclienthttpheader"),
        *("aigenerate", "aiclassify", "aiextract", "aitranslate", "aiembed", "airedact", "aifilter", "aisimilarity"),
        *("addresstoline", "addresstolinewithinlines", "addresstosymbol", "demangle", "icebergbucket"),
        *("filesystem", "joinget", "joingetornull", "viewexplain", "formatqueryfromjson", "trap", "initialqueryid"),
    }
)
"""Functions, by their names in lower case, that read what no grant covers, write, or run text as a query."""
CATALOGS = frozenset({"system", "information_schema"})
FORBIDDEN_SETTINGS = (
    *("dialect", "allow_", "enable_", "format_schema", "format_template", "format_avro", "readonly", "profile", "log_"),
    "input_format_values",
)
"""Begins of settings that no role may give: another grammar, files and addresses, a way around the rights."""
NO_EXPRESSIONS = {
    "input_format_values_interpret_expressions": 0,
    "input_format_values_deduce_templates_of_expressions": 0,
}
"""For inserts of a role: `VALUES (file('/etc/passwd'))` is data, whose words nobody checks."""
OF_ANALYSTS = (
    *("output_format_", "date_time_", "max_block_size", "session_timezone", "final", "join_use_nulls", "async_insert"),
    *(
        "wait_async_insert",
        "limit",
        "format_csv_delimiter",
        "cast_string_to_",
        "float_",
        "bool_",
        "interval_output_format",
    ),
)
"""Begins of the settings that people who write SQL may give; limits they may lower as well."""


def database_of(role: str) -> str:
    """The one database in which a role has rights."""
    return controller_of_role(role).database


def limits_of(role: str, options: StoreOptions) -> dict[str, int]:
    """Settings of a role's connections: smaller for people who write SQL, so that one query cannot take it all."""
    whole = {"max_threads": options.max_threads, "max_memory_usage": options.max_memory_bytes}
    if role not in LIMITED:
        return whole | (NO_EXPRESSIONS if role else {})
    return {
        "max_threads": 1,
        "max_memory_usage": options.analyst_memory_bytes,
        "max_execution_time": options.analyst_seconds,
        "max_bytes_to_read": options.analyst_read_bytes,
    }


def role_of(token_role: str, asked: str) -> str:
    """The role a request runs in; empty: all rights. Raises StoreError for an unknown one and for somebody else's."""
    if asked and asked not in ROLES:
        raise store_error(UNKNOWN_ROLE, f"There is no role {asked[:64]!r}: {', '.join(ROLES)}")
    if token_role and asked not in ("", token_role):
        raise store_error(SET_NON_GRANTED_ROLE, f"This token is for the role {token_role}, not for {asked}")
    return token_role or asked


def check_words(sql: bytes, role: str) -> None:
    """Refuse what grants do not cover. sql: as the engine's formatter writes it. Raises StoreError."""
    found = list(tokens(sql))
    first = found[0].text if found else ""
    if first not in READS and not (first == "INSERT" and role in WRITERS):
        raise _denied(f"{first} is not for the role {role}: it reads, with one SELECT")
    if first == "SHOW" and found[1].text not in SHOWN:
        raise _denied(f"SHOW {found[1].text} would show what others do")
    for name in map(_name, found):
        if name in REACH_OUT:
            raise _denied(f"{name} reaches outside the database")
    _check_catalogs(found)
    _check_clause(found, role)


def check_plain_names(sql: bytes) -> None:
    """Refuse names with escapes in the head of an INSERT, which the formatter never sees. Raises StoreError."""
    for token in tokens(sql):
        if token.kind == "quoted" and token.text[0] in '"`' and "\\" in token.text:
            raise _denied(f"the name {token.text} is to be written without escapes")


def _name(token: Token) -> str:
    """The word or quoted identifier in lower case; empty for anything else, string literals too."""
    if token.kind == "word":
        return token.text.lower()
    return token.text[1:-1].lower() if token.kind == "quoted" and token.text[0] in '"`' else ""


def _check_catalogs(found: list[Token]) -> None:
    for place, token in enumerate(found):
        if _name(token) not in CATALOGS:
            continue
        follows = [_name(one) or one.text for one in found[place + 1 : place + 3]]
        if _name(token) != "system" or follows not in ([".", name] for name in SYSTEM):
            raise _denied(f"of the catalogue, system.{{{','.join(SYSTEM)}}} may be read")


def _check_clause(found: list[Token], role: str) -> None:
    """A SETTINGS clause would come after the limits of the connection."""
    for word, name, sign in zip(found, found[1:], found[2:], strict=False):
        if role in LIMITED and word.text == "SETTINGS" and sign.text == "=":
            raise _forbidden("no SETTINGS in the query; send them with the request")
        if sign.text == "=" and _name(name).startswith(FORBIDDEN_SETTINGS):
            raise _forbidden(f"the role {role} may not set {_name(name)}")


def check_names(sql: bytes, params: Mapping[str, str]) -> None:
    """Refuse parameters of the type Identifier that lead where words may not. Raises StoreError."""
    found = list(tokens(sql))
    for name, colon, kind in zip(found, found[1:], found[2:], strict=False):
        if (colon.text, kind.text) != (":", "IDENTIFIER"):
            continue
        spelt = sql[name.start : name.end].decode()
        value = params.get(spelt, spelt)
        if not value.isidentifier() or value.lower() in CATALOGS | REACH_OUT:
            raise _denied(f"the parameter {spelt} names no table of this database")


def check_settings(settings: Mapping[str, str], role: str, limits: Mapping[str, int]) -> None:
    """Refuse settings that a role may not give. limits: of `limits_of`, which may be lowered. Raises StoreError."""
    for name, value in settings.items():
        lowered = name in limits and value.isdigit() and 0 < int(value) <= limits[name]
        if (name == "readonly" and value in ("1", "2")) or lowered:
            continue
        if name.startswith(FORBIDDEN_SETTINGS) or (role in LIMITED and not name.startswith(OF_ANALYSTS)):
            above = f" above {limits[name]}" if name in limits else ""
            raise _forbidden(f"the role {role} may not set {name}{above}")


def _denied(why: str) -> Exception:
    return store_error(ACCESS_DENIED, f"Not enough privileges: {why}")


def _forbidden(what: str) -> Exception:
    return store_error(SETTING_CONSTRAINT_VIOLATION, f"Setting refused: {what}")


def write_access(folder: Path, options: StoreOptions) -> Path:
    """Write the engine's configuration with its roles, whole or not at all; returns its path.

    Written at each start, so that a new program brings its new grants to an old folder.
    """
    users, config = folder / "users.xml", folder / "config.xml"
    _write(users, "\n".join(_users()))
    _write(config, "\n".join(_config(users, options)))
    return config


def _write(path: Path, text: str) -> None:
    if path.exists() and path.read_text() == text + "\n":  # so that a full disk does not keep a store from starting
        return
    draft = path.with_name(f"{path.name}.part")
    draft.write_text(text + "\n")
    os.replace(draft, path)


def _config(users: Path, options: StoreOptions) -> Iterator[str]:
    yield "<clickhouse>"
    yield f"<user_directories><users_xml><path>{escape(str(users))}</path></users_xml></user_directories>"
    yield "<backups><allowed_path>/</allowed_path></backups>"
    yield (
        "<merge_tree><min_free_disk_bytes_to_perform_insert>"
        f"{options.min_free_bytes}</min_free_disk_bytes_to_perform_insert>"
    )
    for what in ("lower_max_size_of_merge", "execute_mutation", "execute_optimize_entire_partition"):
        # Their defaults are for a pool of sixteen merges, and more than the whole of ours.
        yield f"<number_of_free_entries_in_pool_to_{what}>1</number_of_free_entries_in_pool_to_{what}>"
    yield "</merge_tree>"
    yield "</clickhouse>"


def _users() -> Iterator[str]:
    yield "<clickhouse><profiles><default/></profiles><quotas><default/></quotas><roles>"
    yield f"<{OWNER}><grants><query>GRANT ALL ON *.* WITH GRANT OPTION</query></grants></{OWNER}>"
    for role in ROLES:
        grants = grants_of(role, database_of(role), ROLES)
        queries = "".join(f"<query>GRANT {escape(grant)}</query>" for grant in grants)
        yield f"<{role}><grants>{queries}</grants></{role}>"
    yield "</roles><users><default><no_password/><networks><ip>::/0</ip></networks>"
    yield "<profile>default</profile><quota>default</quota><grants>"
    yield "".join(f"<query>GRANT {role}</query>" for role in (OWNER, *ROLES))
    yield "</grants></default></users></clickhouse>"
