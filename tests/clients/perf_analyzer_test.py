"""Triton's perf_analyzer measures a node, and gets from it what it asks Triton for: metadata, configuration, and statistics for its server's side."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

from asked import URL

FOLDER = pathlib.Path(sys.prefix) / "perf_analyzer"
PROGRAM = FOLDER / "bin" / "perf_analyzer"
REQUESTS = 200  # a window
SECONDS_MAX = 100


@unittest.skipUnless(PROGRAM.exists(), "there is no perf_analyzer for this machine")
class PerfAnalyzer(unittest.TestCase):
    def measure(self, model, *arguments):
        """Its report, one window a level: whether figures are stable is not what is tested."""
        command = [PROGRAM, "-m", model, "-u", URL, "-i", "http", "--measurement-mode", "count_windows"]
        command += ["--measurement-request-count", str(REQUESTS), "--stability-percentage", "999", "--max-trials", "5", *arguments]
        environment = {**os.environ, "LD_LIBRARY_PATH": str(FOLDER / "nvidia" / "cuda_runtime" / "lib")}
        done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True, timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def check_server_report(self, report):
        """Of the last level."""
        server = report[report.rindex("Server:") :]
        for line in ("Inference count", "Execution count", "Successful request count"):
            self.assertGreater(int(re.search(line + r": (\d+)", server)[1]), 0, report)
        latency = re.search(
            r"Avg request latency: (\d+) usec \(overhead (\d+) usec \+ queue (\d+) usec \+ "
            r"compute input (\d+) usec \+ compute infer (\d+) usec \+ compute output (\d+) usec\)",
            server,
        )
        self.assertIsNotNone(latency, report)
        total, _, _, _, infer, _ = map(int, latency.groups())
        self.assertTrue(0 < infer <= total, report)

    def test_simple_with_one_client_and_with_four(self):
        report = self.measure("simple", "--concurrency-range", "1:4:3")
        self.assertIn("Concurrency: 1, throughput:", report)
        self.assertIn("Concurrency: 4, throughput:", report)
        self.check_server_report(report)

    def test_batches_go_as_batches(self):
        report = self.measure("simple", "-b", "4", "--concurrency-range", "2")
        server = report[report.rindex("Server:") :]
        inferences = int(re.search(r"Inference count: (\d+)", server)[1])
        requests = int(re.search(r"Successful request count: (\d+)", server)[1])
        # the statistics are read while two requests are under way
        self.assertAlmostEqual(inferences, 4 * requests, delta=4 * 2, msg=report)

    def test_a_free_dimension_takes_the_shape_that_the_user_names(self):
        self.check_server_report(self.measure("identity_fp32", "--shape", "INPUT0:100", "--concurrency-range", "2"))

    def test_json_tensors(self):
        arguments = ["--input-tensor-format", "json", "--output-tensor-format", "json", "--concurrency-range", "2"]
        self.check_server_report(self.measure("simple", *arguments))

    def test_requests_at_a_rate(self):
        self.assertRegex(self.measure("simple", "--request-rate-range", "200"), r"Request Rate: 200(\.00)?, throughput:")

    def test_an_unknown_model_is_told(self):
        done = subprocess.run(
            [str(PROGRAM), "-m", "nothing", "-u", URL, "-i", "http"],
            env={**os.environ, "LD_LIBRARY_PATH": str(FOLDER / "nvidia" / "cuda_runtime" / "lib")},
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Request for unknown model", done.stdout + done.stderr)
