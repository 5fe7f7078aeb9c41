"""`anpr cameras key add | list | revoke`: which device may upload for which cameras. Each change is recorded first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from anpr.camera_keys import known_keys, known_uploads
from anpr.cli.app import settings_of
from anpr.cli.cameras import group as cameras
from anpr.cli.console import OUT, print_json, say
from anpr.door.tokens import hashed, make_token
from anpr.known_cameras import known_cameras
from anpr.platform import open_platform
from anpr.registering import register
from anpr.settings import Settings, SettingsFault
from pipeline.runtime.clock import SystemClock
from schemas.camera_key import CameraKey
from schemas.upload import Upload
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.audit.records import Action, Audit, instant
from sinks.clickhouse.client import connect
from sinks.clickhouse.officers import Register

group = typer.Typer(help="Keys of cameras and patrol cars at the ingest door.", no_args_is_help=True)
cameras.add_typer(group, name="key")
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
Device = Annotated[str, typer.Argument(metavar="DEVICE", help="Who uploads: up to 64 of A-Z a-z 0-9 . _ : -")]


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the commands work with."""

    settings: Settings
    officers: Register
    audit: Audit

    def change(self, action: Action, key: CameraKey) -> None:
        """Record it, then do it."""
        self.officers.require("administrator")
        about: dict[str, Any] = {"device": key.device, "cameras": list(key.cameras), "given_at": instant(key.given_at)}
        self.audit.append(action, self.settings.officer, about)
        register(self.settings.kafka(), [key])


@group.command("add")
def add(
    context: typer.Context,
    device: Device,
    camera: Annotated[
        list[str] | None, typer.Option("--camera", help="A camera that it may upload for; else the device is one.")
    ] = None,
    json: Json = False,
) -> None:
    """Give a device a token, and show it: once, it is kept nowhere. A token that it had before holds no longer.

    Only an administrator may. It is recorded in the audit.

    [bold]anpr cameras key add car-12 --camera car-12-front --camera car-12-rear[/bold]
    """
    token = make_token(device)
    key = _checked(device, tuple(dict.fromkeys(camera or [device])), token)
    with _desk(context) as desk:
        desk.change("camera_key_added", key)
        unknown = sorted(set(key.cameras) - set(known_cameras(desk.settings.kafka())))
    if json:
        print_json({**_content(key), "token": token, "unregistered": unknown})
        return
    OUT.print(f"{escape(device)} may upload for {', '.join(key.cameras)}", soft_wrap=True)
    OUT.print(f"token   {token}", soft_wrap=True, highlight=False)
    say("it is shown this once: `anpr cameras key add` makes a new one")
    if unknown:
        say(f"not registered, their reads will be dead letters until they are: {', '.join(unknown)}")


def _checked(device: str, cameras: tuple[str, ...], token: str) -> CameraKey:
    """Raises SettingsFault."""
    try:
        return CameraKey(device=device, token_sha256=hashed(token), cameras=cameras, given_at=datetime.now(UTC))
    except ValidationError as error:
        raise SettingsFault(
            "a device or camera has 1 to 64 of A-Z a-z 0-9 . _ : - and begins with a letter or digit; a device has at "
            "most 1000 cameras"
        ) from error


@group.command("list")
def list_keys(context: typer.Context, json: Json = False) -> None:
    """Show who may upload, who might, and how far the uploads of each have come."""
    with _desk(context) as desk:
        keys, uploads = known_keys(desk.settings.kafka()), known_uploads(desk.settings.kafka())
    last = _last_of(uploads)
    if json:
        print_json({"keys": [{**_content(key), "last_upload": _told(last.get(key.device))} for key in keys]})
        return
    table = Table("device", "cameras", "since", "until", "last upload", "its clock, s")
    for key in keys:
        until = "no end" if key.revoked_at is None else f"revoked {key.revoked_at:%Y-%m-%d %H:%M}"
        upload = last.get(key.device)
        when = "-" if upload is None else f"{upload.opened_at:%Y-%m-%d %H:%M}, number {upload.number}"
        skew = "-" if upload is None or upload.clock_skew_s is None else f"{upload.clock_skew_s:+.1f}"
        table.add_row(key.device, ", ".join(key.cameras), f"{key.given_at:%Y-%m-%d %H:%M}", until, when, skew)
    OUT.print(table)


@group.command("revoke")
def revoke(context: typer.Context, device: Device, json: Json = False) -> None:
    """End a device's token: within a second no door takes anything from it. Only an administrator may."""
    with _desk(context) as desk:
        found = next((key for key in known_keys(desk.settings.kafka()) if key.device == device), None)
        if found is None or found.revoked_at is not None:
            raise SettingsFault(f"{device} has no key; `anpr cameras key list` shows who has one")
        ended = CameraKey.model_validate({**found.model_dump(), "revoked_at": datetime.now(UTC)})
        desk.change("camera_key_revoked", ended)
    if json:
        print_json(_content(ended))
    else:
        OUT.print(f"{escape(device)} may upload no more")


@contextmanager
def _desk(context: typer.Context) -> Iterator[_Desk]:
    with open_platform(settings_of(context), broker="none", say=say) as platform:
        settings, clock = platform.settings, SystemClock()
        settings.kafka()
        client, chain = connect(settings.dsn()), ChainFile(settings.data_dir)
        officers = Register(client, clock.now, settings.officer, chain)
        yield _Desk(settings, officers, Audit(client, clock.now, chain))


def _last_of(uploads: Sequence[Upload]) -> dict[str, Upload]:
    """The newest of each device, which may have had several spools."""
    return {one.device: one for one in sorted(uploads, key=lambda one: one.opened_at)}


def _content(key: CameraKey) -> dict[str, Any]:
    return {
        "device": key.device,
        "cameras": key.cameras,
        "given_at": key.given_at,
        "revoked_at": key.revoked_at,
    }


def _told(upload: Upload | None) -> dict[str, Any] | None:
    if upload is None:
        return None
    names = ("spool", "number", "state", "opened_at", "clock_skew_s")
    return {name: getattr(upload, name) for name in names}
