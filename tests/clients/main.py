"""main.py BUILD_FOLDER [NAME…]: asks a real node through clients that others made. Names are unittest's (triton_test.Infer), all without any."""

import os
import pathlib
import signal
import sys
import unittest

from node import Node

HERE = pathlib.Path(__file__).resolve().parent


def stop(number, _):
    sys.exit(128 + number)  # unwinds, so that the node goes, too


def load(names):
    loader = unittest.defaultTestLoader
    return loader.loadTestsFromNames(names) if names else loader.discover(str(HERE), "*_test.py")


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    models = sorted(path.parent for path in build.glob("client_models/*/model.toml"))
    models.append(HERE.parent.parent / "examples" / "digits" / "cnn")
    signal.signal(signal.SIGTERM, stop)
    with Node(build / "bin" / "troupe", models) as node:
        os.environ["TROUPE_HTTP"] = node.http
        outcome = unittest.TextTestRunner(verbosity=2).run(load(sys.argv[2:]))
        if not outcome.wasSuccessful():
            node.show_log()
    sys.exit(0 if outcome.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
