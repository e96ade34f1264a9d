"""What is said on a machine that lacks something: no Java, one that is too old, no Maven, no network; and that the recorded comparison needs none.

Programs are tried with a PATH of their own, which has a few tools and what each test puts there.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from cases import HERE

TOOLS = ("sh", "dirname", "sed", "head", "tail", "cksum", "cut", "mkdir", "mktemp", "rm", "cat", "grep", "chmod", "mv", "tar", "psql")
JAVA = "#!/bin/sh\necho 'openjdk version \"%s\" 2024-01-01' >&2\n"
OFFLINE = "#!/bin/sh\necho '[ERROR] Could not transfer artifact io.debezium:debezium-connector-postgres: Connection refused'\nexit 1\n"
NOTHING = "http://127.0.0.1:9/"
DOWNSTREAM = HERE.parent / "downstream"


class Machine:
    """A PATH, a cache and an environment."""

    def __init__(self, folder, **programs):
        self.folder = pathlib.Path(folder)
        self.bin = self.folder / "bin"
        self.bin.mkdir(parents=True)
        for tool in TOOLS:
            found = shutil.which(tool)
            if found:
                (self.bin / tool).symlink_to(found)
        for name, text in programs.items():
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)

    def run(self, *command, **env):
        inherited = {k: v for k, v in os.environ.items() if k.startswith("PG") or k in ("LC_ALL", "LD_LIBRARY_PATH")}
        done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", env={
            **inherited, "PATH": str(self.bin), "HOME": str(self.folder), "CONFORMANCE_CACHE": str(self.folder.parent / "cache"),
            "DOWNSTREAM_CACHE": str(self.folder / "downstream"), "PIP_INDEX_URL": NOTHING, "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(self.folder), **env})
        return done.returncode, done.stdout


def run(count):
    conformance = (sys.executable, HERE / "conformance.py")
    wanted = ("The connector needs Java 19 or later", "Maven", "network")

    def expect(what, result, words, status=1):
        got, text = result
        lacks = [w for w in words if w not in text]
        if (got != 0) == (status != 0) and not lacks:
            count.passed += 1
        else:
            count.fail("needs: %s: exit status %d, no %s in: %s" % (what, got, lacks, text[-800:]))

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        bare = Machine(folder / "bare")
        expect("no Java and no network", bare.run(*conformance, "needs"), wanted)
        expect("CONFORMANCE_JAVA names nothing", bare.run(*conformance, "needs", CONFORMANCE_JAVA="/nonexistent/java"), ("is no Java",) + wanted)
        expect("the recorded comparison without Java, Maven and network", bare.run(*conformance, "recorded", "key_change"), ("1 passed, 0 failed",), 0)
        old = Machine(folder / "old", java=JAVA % "17.0.9")
        expect("Java 17, and no network to get another", old.run(*conformance, "needs"), wanted)
        expect("Java 17 by name", old.run(*conformance, "needs", CONFORMANCE_JAVA=old.bin / "java"), ("is Java 17",) + wanted)
        expect("live with Java 17", old.run(*conformance, "live", CONFORMANCE_JAVA=old.bin / "java"), ("is Java 17",) + wanted)
        new = Machine(folder / "new", java=JAVA % "21.0.1")
        expect("no Maven", new.run(*conformance, "needs"), ("building with Maven",) + wanted)
        offline = Machine(folder / "offline", java=JAVA % "21.0.1", mvn=OFFLINE)
        expect("Maven without network", offline.run(*conformance, "needs"), ("Could not transfer artifact",) + wanted)
        # a broker and a worker
        for script in ("kafka", "connect"):
            start = (DOWNSTREAM / script, "needs")
            expect(script + ", no Java", bare.run(*start), ("there is no Java: install Java 17 or later",))
            expect(script + ", Java 11", Machine(folder / (script + "11"), java=JAVA % "11.0.2").run(*start), ("needs Java 17 or later", "is version 11"))
            expect(script + ", no Maven", new.run(*start), ("there is no Maven", "install it"))
            expect(script + ", no network", offline.run(*start), ("Could not transfer artifact", "this needs the network"))
        expect("no such connector", new.run(DOWNSTREAM / "connect", "needs", "mysql"), ("jdbc or postgres",))
