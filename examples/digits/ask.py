#!/usr/bin/env python3
"""ask.py [DEPLOYMENT] [--feedback]: load for the examples. Asks for the digits of the test set, an image a request, again and again, until SIGTERM, Ctrl-C
or 80 seconds end it; then prints, as JSON, how many answers each version gave, how many of them were wrong, and how many requests got no answer. With
--feedback each request has an id, and the node is told whether its answer was right: a reward of 1 or 0, for an A/B test.

    {"requests": 9120, "unanswered": 0, "versions": {"1": {"answers": 9120, "wrong": 384}}}

The node's HTTP door is TROUPE_HTTP (default: 127.0.0.1:8000).
"""

import argparse
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
import uuid

CONNECTIONS = 4
LONGEST_SECONDS = 80  # a load that is forgotten ends by itself
PAUSE_SECONDS = 0.002  # of each connection between two requests: the node shares the machine with us
PIXEL_MAX = 16


def test_set():
    """The digits that no model was trained on, every fifth: a request and the right answer, of each."""
    with gzip.open(pathlib.Path(__file__).with_name("digits.csv.gz"), "rt") as file:
        rows = list(csv.reader(file))
    for row in rows[4::5]:
        pixels = [float(each) / PIXEL_MAX for each in row[:64]]
        image = {"name": "image", "datatype": "FP32", "shape": [1, 64], "data": pixels}
        yield {"inputs": [image]}, int(float(row[64]))


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


def post(door, path, body):
    """The answer, or None if it is an error."""
    door.request("POST", path, json.dumps(body).encode())
    reply = door.getresponse()
    text = reply.read()
    return json.loads(text) if reply.status == 200 else None


def ask_one(door, path, request, label, tally):
    """Whether the answer was right; None: there was none."""
    answer = post(door, path + "/infer", request)
    if answer is None:
        tally.add_unanswered()
        return None
    scores = answer["outputs"][0]["data"]
    right = scores.index(max(scores)) == label
    tally.add(answer["model_version"], right)
    return right


def ask_all(path, questions, feedback, ended, tally):
    """Until it is ended, or the node is gone. Before an A/B test begins, and after it, its feedback is refused, which is no matter."""
    door = http.client.HTTPConnection(os.environ.get("TROUPE_HTTP", "127.0.0.1:8000"), timeout=10)
    try:
        while not ended.is_set():
            for request, label in questions:
                if ended.wait(PAUSE_SECONDS):
                    break
                identified = {"id": str(uuid.uuid4()), **request} if feedback else request
                right = ask_one(door, path, identified, label, tally)
                if feedback and right is not None:
                    post(door, path + "/feedback", {"id": identified["id"], "reward": int(right)})
    except (OSError, http.client.HTTPException) as failure:
        tally.add_unanswered()
        print(f"the node can't be asked any more: {failure}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("deployment", nargs="?", default="digits")
    parser.add_argument("--feedback", action="store_true")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    questions = list(test_set())
    tally = Tally()
    askers = [threading.Thread(target=ask_all, args=(f"/v2/models/{options.deployment}", questions, options.feedback, ended, tally)) for _ in range(CONNECTIONS)]
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
