#!/usr/bin/env python3
"""ask.py [DEPLOYMENT]: load for the examples. Asks for the digits of the test set, an image a request, again and again, until SIGTERM, Ctrl-C or a
minute ends it; then prints, as JSON, how many answers each version gave, how many of them were wrong, and how many requests got no answer.

    {"requests": 9120, "unanswered": 0, "versions": {"1": {"answers": 9120, "wrong": 384}}}

The node's HTTP door is TROUPE_HTTP (default: 127.0.0.1:8000).
"""

import collections
import csv
import gzip
import http.client
import json
import os
import pathlib
import signal
import sys
import threading
import time

CONNECTIONS = 4
LONGEST_SECONDS = 60  # a load that is forgotten ends by itself
PAUSE_SECONDS = 0.002  # of each connection between two requests: the node shares the machine with us
PIXEL_MAX = 16


def test_set():
    """The digits that no model was trained on, every fifth: the body of a request and the right answer, of each."""
    with gzip.open(pathlib.Path(__file__).with_name("digits.csv.gz"), "rt") as file:
        rows = list(csv.reader(file))
    for row in rows[4::5]:
        pixels = [float(each) / PIXEL_MAX for each in row[:64]]
        image = {"name": "image", "datatype": "FP32", "shape": [1, 64], "data": pixels}
        yield json.dumps({"inputs": [image]}).encode(), int(float(row[64]))


class Tally:
    """What became of requests; several threads add to it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.unanswered = 0
        self.answers = collections.Counter()  # by version
        self.wrong = collections.Counter()

    def add(self, version, right):
        with self.lock:
            self.answers[version] += 1
            self.wrong[version] += not right

    def add_unanswered(self):
        with self.lock:
            self.unanswered += 1

    def told(self):
        versions = {each: {"answers": self.answers[each], "wrong": self.wrong[each]} for each in sorted(self.answers)}
        return {"requests": self.answers.total() + self.unanswered, "unanswered": self.unanswered, "versions": versions}


def ask_one(door, path, body, label, tally):
    door.request("POST", path, body)
    reply = door.getresponse()
    text = reply.read()
    if reply.status != 200:
        return tally.add_unanswered()
    answer = json.loads(text)
    scores = answer["outputs"][0]["data"]
    tally.add(answer["model_version"], scores.index(max(scores)) == label)


def ask_all(deployment, questions, ended, tally):
    """Until it is ended, or the node is gone."""
    door = http.client.HTTPConnection(os.environ.get("TROUPE_HTTP", "127.0.0.1:8000"), timeout=10)
    try:
        while not ended.is_set():
            for body, label in questions:
                if ended.wait(PAUSE_SECONDS):
                    break
                ask_one(door, f"/v2/models/{deployment}/infer", body, label, tally)
    except (OSError, http.client.HTTPException) as failure:
        tally.add_unanswered()
        print(f"the node can't be asked any more: {failure}", file=sys.stderr)


def main():
    deployment = sys.argv[1] if len(sys.argv) > 1 else "digits"
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    questions = list(test_set())
    tally = Tally()
    askers = [threading.Thread(target=ask_all, args=(deployment, questions, ended, tally)) for _ in range(CONNECTIONS)]
    for each in askers:
        each.start()
    deadline = time.monotonic() + LONGEST_SECONDS
    while any(each.is_alive() for each in askers) and not ended.wait(0.1):
        if time.monotonic() > deadline:
            ended.set()
    for each in askers:
        each.join()
    print(json.dumps(tally.told()))


if __name__ == "__main__":
    main()
