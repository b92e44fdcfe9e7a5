"""What else tritonclient.http asks a node: whether it is well, what its models are, and to load and unload them."""

import json

import numpy as np
import tritonclient.http as http

from asked import check_simple, simple_inputs, tensor
from triton_infer_test import DIGITS, TritonTest

QUERY = {"test_1": 1, "test_2": 2}
HEADERS = {"X-Mine": "1"}
MODEL_FILE = (DIGITS / "cnn" / "model.pt").read_bytes()


def digits_config(**more):
    config = {
        "max_batch_size": 32,
        "input": [{"name": "image", "data_type": "TYPE_FP32", "dims": [64]}],
        "output": [{"name": "scores", "data_type": "TYPE_FP32", "dims": ["10"]}],
    }
    return json.dumps({**config, **more})


class Told(TritonTest):
    def test_the_server_is_live_and_ready(self):
        self.assertTrue(self.client.is_server_live(HEADERS, QUERY))
        self.assertTrue(self.client.is_server_ready(HEADERS, QUERY))

    def test_a_model_and_its_live_version_are_ready_and_nothing_else_is(self):
        ready = self.client.is_model_ready
        self.assertTrue(ready("simple", headers=HEADERS, query_params=QUERY))
        self.assertTrue(ready("simple", "1"))
        self.assertFalse(ready("simple", "2"))
        self.assertFalse(ready("nothing"))
        self.assertFalse(ready("sim ple/ä%"))

    def test_the_servers_metadata_name_the_extensions_that_it_has(self):
        metadata = self.client.get_server_metadata(HEADERS, QUERY)
        self.assertEqual(metadata["name"], "troupe")
        self.assertRegex(metadata["version"], r"^\d")
        for extension in ("binary_tensor_data", "classification", "model_configuration", "model_repository", "statistics"):
            self.assertIn(extension, metadata["extensions"])

    def test_a_models_metadata(self):
        metadata = self.client.get_model_metadata("simple", headers=HEADERS, query_params=QUERY)
        self.assertEqual((metadata["name"], metadata["versions"]), ("simple", ["1"]))
        self.assertEqual(metadata["inputs"][1], {"name": "INPUT1", "datatype": "INT32", "shape": [-1, 16]})
        self.assertEqual([output["name"] for output in metadata["outputs"]], ["OUTPUT0", "OUTPUT1"])
        self.assertEqual(self.client.get_model_metadata("simple", "1"), metadata)

    def test_a_models_configuration(self):
        config = self.client.get_model_config("simple", headers=HEADERS, query_params=QUERY)
        self.assertEqual((config["name"], config["max_batch_size"]), ("simple", 8))
        self.assertEqual(config["input"][0], {"name": "INPUT0", "data_type": "TYPE_INT32", "dims": [16]})

    def test_there_is_nothing_to_tell_of_an_unknown_model_or_version(self):
        for call in (self.client.get_model_metadata, self.client.get_model_config, self.client.get_inference_statistics):
            for model in (("nothing",), ("simple", "9")):
                self.assertEqual(self.refused("Request for unknown model", call, *model), "404")

    def test_statistics_count_the_requests_of_one_model_and_of_all(self):
        def counts():
            (stats,) = self.client.get_inference_statistics("simple", headers=HEADERS, query_params=QUERY)["model_stats"]
            inference = stats["inference_stats"]
            return np.array([stats["inference_count"], inference["success"]["count"], inference["queue"]["count"]]), stats

        before, _ = counts()
        rows = np.ones((3, 16), dtype=np.int32)
        check_simple(self.client.infer("simple", simple_inputs(http, rows, rows)), rows, rows)
        after, stats = counts()
        np.testing.assert_array_equal(after - before, [3, 1, 1])
        self.assertGreater(stats["inference_stats"]["compute_infer"]["ns"], 0)
        self.assertGreater(stats["last_inference"], 1_600_000_000_000)
        self.assertIn(3, [batch["batch_size"] for batch in stats["batch_stats"]])
        everyone = self.client.get_inference_statistics()["model_stats"]
        self.assertIn("cnn", [model["name"] for model in everyone])

    def test_the_repository_lists_every_model(self):
        index = self.client.get_model_repository_index(HEADERS, QUERY)
        self.assertIn({"name": "simple", "version": "1", "state": "READY"}, index)


class Loaded(TritonTest):
    def setUp(self):
        super().setUp()
        self.images = np.load(DIGITS / "test_images.npy")[:5].astype(np.float32)

    def load(self, name, **config):
        self.addCleanup(self.client.unload_model, name)
        self.client.load_model(name, config=digits_config(**config), files={"file:1/model.pt": MODEL_FILE})

    def scores(self, name):
        return self.infer(name, tensor(http, "image", self.images, "FP32")).as_numpy("scores")

    def test_a_model_that_is_sent_with_its_configuration_serves_once_the_call_returns(self):
        self.load("sent")
        self.assertTrue(self.client.is_model_ready("sent"))
        np.testing.assert_array_equal(self.scores("sent"), self.scores("cnn"))
        self.assertEqual(self.client.get_model_config("sent")["max_batch_size"], 32)

    def test_another_configuration_makes_another_version_of_the_same_file(self):
        self.load("again")
        self.client.load_model("again", config=digits_config(max_batch_size=16, instance_group=[{"count": 2}]), query_params=QUERY)
        config = self.client.get_model_config("again")
        self.assertEqual((config["max_batch_size"], config["instance_group"][0]["count"]), (16, 2))
        self.assertEqual(self.client.get_model_metadata("again")["versions"], ["2"])
        np.testing.assert_array_equal(self.scores("again"), self.scores("cnn"))

    def test_a_configuration_may_name_only_what_is_to_be_different(self):
        self.load("partly")
        self.client.load_model("partly", config='{"max_batch_size":"16"}')
        config = self.client.get_model_config("partly")
        self.assertEqual((config["max_batch_size"], config["input"][0]["dims"]), (16, [64]))
        np.testing.assert_array_equal(self.scores("partly"), self.scores("cnn"))

    def test_what_is_told_of_a_model_can_be_sent_back_as_its_configuration(self):
        self.load("echoed")
        self.client.load_model("echoed", config=json.dumps(self.client.get_model_config("echoed")))
        np.testing.assert_array_equal(self.scores("echoed"), self.scores("cnn"))

    def test_a_model_that_serves_can_be_loaded_as_it_is(self):
        self.client.load_model("simple")
        self.assertTrue(self.client.is_model_ready("simple", "1"))

    def test_a_load_that_fails_says_so_and_what_served_before_serves_on(self):
        self.load("kept")
        load = self.client.load_model
        wrong = {"file:1/model.pt": MODEL_FILE[:1000]}
        self.refused("failed to load 'kept'", load, "kept", config='"parameters": {"config": {{"max_batch_size": "16"}}}')
        self.refused("failed to load 'kept'", load, "kept", config=digits_config(), files=wrong)
        self.refused("failed to load 'kept'", load, "kept", config=digits_config(max_batch_size=0))
        np.testing.assert_array_equal(self.scores("kept"), self.scores("cnn"))
        self.assertEqual(self.client.get_model_metadata("kept")["versions"], ["1"])

    def test_there_is_nothing_to_load_by_an_unknown_name_or_of_a_file_without_configuration(self):
        self.assertEqual(self.refused("failed to load 'nothing'", self.client.load_model, "nothing"), "404")
        self.refused("failed to load 'nothing'", self.client.load_model, "nothing", files={"file:1/model.pt": MODEL_FILE})

    def test_what_is_unloaded_serves_no_more_and_leaves_the_index(self):
        self.client.load_model("gone", config=digits_config(), files={"file:1/model.pt": MODEL_FILE})
        self.client.unload_model("gone", headers=HEADERS, query_params=QUERY, unload_dependents=True)
        self.assertFalse(self.client.is_model_ready("gone"))
        self.refused("Request for unknown model", self.client.infer, "gone", [tensor(http, "image", self.images, "FP32")])
        self.assertNotIn("gone", [model["name"] for model in self.client.get_model_repository_index() if model["state"] == "READY"])
        self.refused("failed to unload 'gone'", self.client.unload_model, "gone")


class NotSupported(TritonTest):
    """Each is refused with 501 and a word that says what there is instead."""

    def check(self, words, *calls):
        for call in calls:
            self.assertEqual(self.refused(words, *call), "501")

    def test_system_shared_memory(self):
        client = self.client
        self.check(
            "shared memory is not supported",
            (client.get_system_shared_memory_status,),
            (client.register_system_shared_memory, "region", "/key", 64),
            (client.unregister_system_shared_memory,),
            (client.unregister_system_shared_memory, "region"),
        )

    def test_cuda_shared_memory(self):
        client = self.client
        self.check(
            "shared memory is not supported",
            (client.get_cuda_shared_memory_status,),
            (client.register_cuda_shared_memory, "region", b"handle", 0, 64),
            (client.unregister_cuda_shared_memory,),
        )

    def test_trace_settings(self):
        client = self.client
        self.check(
            "tracing is not supported",
            (client.get_trace_settings,),
            (client.get_trace_settings, "simple"),
            (client.update_trace_settings, "simple", {"trace_level": ["TIMESTAMPS"]}),
        )

    def test_log_settings(self):
        self.check("troupe log-level", (self.client.get_log_settings,), (self.client.update_log_settings, {"log_info": False}))
