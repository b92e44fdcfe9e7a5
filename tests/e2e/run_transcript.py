#!/usr/bin/env python3
"""Runs what a README of examples/ shows, in a scratch folder, and compares what comes with what stands there. examples/README.md has the rules.

    run_transcript.py BUILD_FOLDER README     exit code 1 and both texts where they differ
    run_transcript.py --self-test             checks the comparison
"""

import collections
import os
import pathlib
import re
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import time

COMMAND_SECONDS_MAX = 90
STOP_SECONDS_MAX = 10
MARK = "end of command"

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# -- what a README shows ---------------------------------------------------------------------------------------------------

Step = collections.namedtuple("Step", "line command shown")


def steps_of(text):
    """The commands of all blocks fenced by ```console, each with the output behind it."""
    steps, within = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            within = line == "```console"
        elif within and line.startswith("$ "):
            steps.append(Step(number, line[2:], []))
        elif within and not steps:
            raise ValueError(f"line {number}: expected a command, which begins with \"$ \", before its output")
        elif within:
            steps[-1].shown.append(line)
    return steps


NUMBER = r"\d+(?:\.\d+)?"
UNIT = NUMBER + r" ?(?:ns|us|µs|ms|s|m|h)\b"
DURATION = f"{UNIT}(?: ?{UNIT})*"
PARTS = re.compile(rf"(?P<rest>\.\.\.)|(?P<duration>{DURATION})|(?P<number>{NUMBER})|(?P<blanks>[ \t]+)|.")


def pattern_of(part):
    """What a part of a shown line stands for."""
    if part["rest"]:
        return ".*"
    if part["duration"]:
        return DURATION
    if part["number"]:
        return part[0] if len(part[0]) == 1 else NUMBER
    return "[ \t]+" if part["blanks"] else re.escape(part[0])


def matches(shown, got):
    """Whether the lines that came are the ones that are shown, but for what varies."""
    pattern = ""
    for line in shown:
        line = line.strip()
        pattern += r"(?:.*\n)*" if line == "..." else "".join(map(pattern_of, PARTS.finditer(line))) + "\n"
    return re.fullmatch(pattern, "".join(line.strip() + "\n" for line in got)) is not None


# -- running it ------------------------------------------------------------------------------------------------------------


class Shell:
    """One bash for a whole transcript, so that a command sees what those before it set. Whatever it started goes with it."""

    def __init__(self, build, scratch):
        (scratch / "examples").symlink_to(ROOT / "examples")
        known = {name: value for name, value in os.environ.items() if not name.startswith(("TROUPE_", "XDG_"))}
        known.update(PATH=f"{build / 'bin'}:{known['PATH']}", HOME=str(scratch), TMPDIR=str(scratch), PYTHONDONTWRITEBYTECODE="1")
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd=scratch, env=known, start_new_session=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Ends it as a terminal that is closed does, and kills what is left of its session's processes."""
        self.process.stdin.close()
        pidfd = os.pidfd_open(self.process.pid)
        select.select([pidfd], [], [], STOP_SECONDS_MAX)
        os.close(pidfd)
        os.killpg(self.process.pid, signal.SIGKILL) # which is there as long as we haven't waited for it
        self.process.wait()

    def run(self, command):
        """What the command printed, stdout and stderr in the order in which they came, and its exit code."""
        asked = f"eval {shlex.quote(command)} </dev/null; printf '\\n%s %s\\n' {shlex.quote(MARK)} $?\n"
        self.process.stdin.write(asked.encode())
        self.process.stdin.flush()
        text, deadline = b"", time.monotonic() + COMMAND_SECONDS_MAX
        while not (end := re.search(rb"\n%s (\d+)\n\Z" % MARK.encode(), text)):
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            more = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not more:
                why = "the shell ended" if ready else f"it has not ended within {COMMAND_SECONDS_MAX} s"
                raise RuntimeError(f"{why}; so far it printed:\n{text.decode(errors='replace')}")
            text += more
        return text[: end.start()].decode(errors="replace"), int(end[1])


def objection(step, text, code):
    """What is wrong with what a command did, or None."""
    if code != 0:
        return f"exit code {code}; a command that shall fail is written with || behind it"
    return None if matches(step.shown, text.splitlines()) else "prints something else"


def run(build, readme):
    steps = steps_of(readme.read_text())
    if not steps:
        sys.exit(f"{readme}: shows no command")
    with tempfile.TemporaryDirectory(prefix="troupe-transcript-") as scratch, Shell(build, pathlib.Path(scratch)) as shell:
        for step in steps:
            print(f"$ {step.command}", flush=True)
            text, code = shell.run(step.command)
            print(text, flush=True)
            if why := objection(step, text, code):
                sys.exit(f"{readme}:{step.line}: {step.command}: {why}; shown is\n" + "\n".join(step.shown))


# (shown, got, whether that is the same)
CASES = [
    ("live", "live", True),
    ("live", "failed", False),
    ("live", "", False),
    ("", "live", False),
    ("a\nb", "a", False),
    ("a   b", "a b", True),
    ("ab", "a b", False),
    ("digits@2", "digits@3", False),
    ("digits@2", "digits@22", False),
    ("5 %", "50 %", False),
    ("12 requests", "4711 requests", True),
    ("12 requests", "7 requests", True),
    ("12 requests", "no requests", False),
    ("0.25 %", "4 %", True),
    ("after 347 ms", "after 1.2 s", True),
    ("after 9 s", "after 1m 3s", True),
    ("after 9 s", "after all", False),
    ("9 steps", "8 steps", False),
    ("127.0.0.1:7550", "127.0.0.1:42017", True),
    ("error: ... why", "error: for 3 reasons, that is why", True),
    ("error: ...", "warning: no", False),
    ("a\n...\nb", "a\nx\ny\nb", True),
    ("a\n...\nb", "a\nb", True),
    ("a\n...\nb", "a\nx", False),
    (".*", "anything", False),
]


def self_test():
    wrong = [case for case in CASES if matches(case[0].splitlines(), case[1].splitlines()) != case[2]]
    if steps_of("```console\n$ a\nb\n```\nc\n```\nd\n```\n```console\n$ e\n```\n") != [(2, "a", ["b"]), (10, "e", [])]:
        wrong.append("commands are not found where they are")
    print(f"{len(CASES)} cases, {len(wrong)} wrong", *wrong, sep="\n")
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number)) # unwinds, so that the shell goes, too
    run(*(pathlib.Path(each).resolve() for each in sys.argv[1:3]))


if __name__ == "__main__":
    main()
