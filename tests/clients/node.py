"""A real node with the models of these tests, for as long as a `with` lasts."""

import pathlib
import subprocess
import tempfile
import time

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 60


class Node:
    """Runs `troupe node` on ports that the kernel gives, in a folder of its own. Its log is shown if the tests end badly."""

    def __init__(self, program, models):
        self.program = program
        self.models = models  # folders; each is deployed by its name
        self.scratch = tempfile.TemporaryDirectory(prefix="troupe-clients-")
        self.folder = pathlib.Path(self.scratch.name)
        self.process = None
        self.http = None  # HOST:PORT

    def __enter__(self):
        try:
            self._start()
            for folder in self.models:
                self.troupe("deploy", folder.name, str(folder))
        except BaseException:
            self.show_log()
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
            finally:
                self.process = None
                self.scratch.cleanup()

    def troupe(self, *arguments):
        address = (self.folder / "address").read_text().strip()
        subprocess.run([self.program, "--node", address, *arguments], check=True, stdout=subprocess.DEVNULL)

    def show_log(self):
        print((self.folder / "node.log").read_text(), end="")

    def _start(self):
        addresses = self.folder / "address", self.folder / "http_address"
        command = [self.program, "node", "--data", self.folder / "data", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"]
        command += ["--address-file", addresses[0], "--http-address-file", addresses[1]]
        with open(self.folder / "node.log", "wb") as log:
            self.process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS_MAX
        while not all(path.exists() for path in addresses):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the node does not come up")
            time.sleep(0.02)
        self.http = addresses[1].read_text().strip()
