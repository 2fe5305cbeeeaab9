"""A PostgreSQL with PostGIS of the tests' own: in a temporary folder, on loopback, never as root."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

PASSWORD = "p@ss/w%rd:" + secrets.token_hex(4)


def programs():
    """The folder of the newest PostgreSQL here that has PostGIS, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    having = [
        each for each in found if list(Path("/usr/share/postgresql", each.parts[4], "extension").glob("postgis.*"))
    ]
    return having[-1].parent if having else None


def needed():
    if programs() is None:
        assert not os.environ.get("CI"), "PostGIS is missing: .ci/run installs postgresql-15-postgis-3"
        pytest.skip("PostgreSQL with PostGIS is not installed (on Debian: apt install postgresql-15-postgis-3)")


def _somebody():
    """Who runs it: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return {}
    names = {each.pw_name for each in pwd.getpwall()}
    return {"user": "postgres" if "postgres" in names else "nobody", "group": None, "extra_groups": []}


@contextmanager
def running():
    """The address of a database with PostGIS, with a password that has every difficult sign."""
    needed()
    folder = Path(tempfile.mkdtemp(prefix="gba-pg-", dir="/tmp"))
    who = _somebody()
    if who:
        account = pwd.getpwnam(who["user"])
        who["group"] = account.pw_gid
        os.chown(folder, account.pw_uid, account.pw_gid)
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    clean = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    data = folder / "data"
    subprocess.run(
        [programs() / "initdb", "-D", data, "-U", "tester", "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8",
         "--locale", "C.UTF-8", "-N"], check=True, capture_output=True, cwd=folder, env=clean, **who,
    )  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [programs() / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder, "-F"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, env=clean, **who,
    )  # fmt: skip
    try:
        yield _ready(port)
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _ready(port):
    import psycopg
    from sqlalchemy import URL

    until = time.monotonic() + 30
    while True:
        try:
            with psycopg.connect(
                host="127.0.0.1", port=port, user="tester", password=PASSWORD, dbname="postgres", autocommit=True
            ) as admin:
                admin.execute("CREATE DATABASE bay")
            break
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
    url = URL.create("postgresql", "tester", PASSWORD, "127.0.0.1", port, "bay")
    with psycopg.connect(
        host="127.0.0.1", port=port, user="tester", password=PASSWORD, dbname="bay", autocommit=True
    ) as made:
        made.execute("CREATE EXTENSION postgis")
    return url.render_as_string(hide_password=False)
