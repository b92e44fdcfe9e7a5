"""Requests of tritonclient.http: every way that it has to send tensors and to ask for them."""

import pathlib
import unittest

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

from asked import A, B, URL, check_simple, simple_inputs, simple_outputs, tensor

DIGITS = pathlib.Path(__file__).resolve().parents[2] / "examples" / "digits"
PACKINGS = (None, "gzip", "deflate")


class TritonTest(unittest.TestCase):
    def setUp(self):
        self.client = http.InferenceServerClient(URL, concurrency=4)
        self.addCleanup(self.client.close)

    def infer(self, model, *inputs, **more):
        return self.client.infer(model, list(inputs), **more)

    def refused(self, words, call, *arguments, **more):
        with self.assertRaises(InferenceServerException) as raised:
            call(*arguments, **more)
        self.assertIn(words, raised.exception.message())
        return raised.exception.status()


class Ways(TritonTest):
    def test_tensors_go_and_come_in_binary_and_in_json_packed_and_not(self):
        for binary_in in (True, False):
            for binary_out in (True, False):
                for request in PACKINGS:
                    for response in PACKINGS:
                        with self.subTest(binary_in=binary_in, binary_out=binary_out, request=request, response=response):
                            check_simple(
                                self.client.infer(
                                    "simple",
                                    simple_inputs(http, binary=binary_in),
                                    outputs=simple_outputs(http, binary_out),
                                    request_compression_algorithm=request,
                                    response_compression_algorithm=response,
                                )
                            )

    def test_one_request_may_mix_json_and_binary(self):
        inputs = [tensor(http, "INPUT0", A, "INT32", binary=False), tensor(http, "INPUT1", B, "INT32", binary=True)]
        outputs = [http.InferRequestedOutput("OUTPUT0", binary_data=True), http.InferRequestedOutput("OUTPUT1", binary_data=False)]
        answer = self.client.infer("simple", inputs, outputs=outputs)
        check_simple(answer)
        self.assertIn("binary_data_size", answer.get_output("OUTPUT0")["parameters"])
        self.assertIn("data", answer.get_output("OUTPUT1"))

    def test_who_names_no_outputs_gets_all_in_binary(self):
        answer = self.client.infer("simple", simple_inputs(http, binary=False))
        check_simple(answer)
        self.assertEqual([output["name"] for output in answer.get_response()["outputs"]], ["OUTPUT0", "OUTPUT1"])

    def test_who_names_one_output_gets_that_one(self):
        answer = self.client.infer("simple", simple_inputs(http), outputs=[http.InferRequestedOutput("OUTPUT1")])
        np.testing.assert_array_equal(answer.as_numpy("OUTPUT1"), A - B)
        self.assertIsNone(answer.get_output("OUTPUT0"))
        self.assertIsNone(answer.as_numpy("OUTPUT0"))

    def test_outputs_come_in_the_order_in_which_they_are_asked_for(self):
        answer = self.client.infer("simple", simple_inputs(http), outputs=simple_outputs(http)[::-1])
        self.assertEqual([output["name"] for output in answer.get_response()["outputs"]], ["OUTPUT1", "OUTPUT0"])
        check_simple(answer)

    def test_the_answer_names_model_version_and_the_requests_id(self):
        answer = self.client.infer("simple", simple_inputs(http), request_id="my id", model_version="1").get_response()
        self.assertEqual((answer["model_name"], answer["model_version"], answer["id"]), ("simple", "1", "my id"))
        self.assertNotIn("id", self.client.infer("simple", simple_inputs(http)).get_response())

    def test_headers_and_query_parameters_of_the_clients_own_do_no_harm(self):
        check_simple(
            self.client.infer("simple", simple_inputs(http), headers={"X-Mine": "1"}, query_params={"test_1": 1, "test_2": [2, 3]})
        )

    def test_priority_timeout_and_parameters_of_the_clients_own_are_taken(self):
        more = {"text": "a", "number": 1, "real": 0.5, "flag": True}
        check_simple(self.client.infer("simple", simple_inputs(http), priority=1, timeout=10_000_000, parameters=more))

    def test_inputs_and_outputs_serve_for_many_requests_with_other_data(self):
        inputs, outputs = simple_inputs(http), simple_outputs(http)
        check_simple(self.client.infer("simple", inputs, outputs=outputs))
        inputs[1].set_data_from_numpy(B * 2)
        check_simple(self.client.infer("simple", inputs, outputs=outputs), b=B * 2)
        inputs[1].set_data_from_numpy(B * 3, binary_data=False)
        check_simple(self.client.infer("simple", inputs, outputs=outputs), b=B * 3)

    def test_a_body_that_was_made_beforehand_is_a_request_like_another(self):
        body, length = http.InferenceServerClient.generate_request_body(simple_inputs(http), outputs=simple_outputs(http))
        headers = {"Inference-Header-Content-Length": length} if length else {}
        answer = self.client._post("v2/models/simple/infer", body, headers, None)
        length = answer.get("Inference-Header-Content-Length")
        check_simple(http.InferenceServerClient.parse_response_body(answer.read(), header_length=int(length)))

    def test_requests_that_are_under_way_together_each_get_their_own_answer(self):
        inputs = [np.full((1, 16), i, dtype=np.int32) for i in range(50)]
        waiting = [self.client.async_infer("simple", simple_inputs(http, a=a), request_id=str(a[0, 0])) for a in inputs]
        for a, request in zip(inputs, waiting):
            answer = request.get_result()
            check_simple(answer, a=a)
            self.assertEqual(answer.get_response()["id"], str(a[0, 0]))

    def test_an_error_of_a_request_under_way_comes_with_its_result(self):
        self.refused("Request for unknown model", self.client.async_infer("nothing", simple_inputs(http)).get_result)


class Kinds(TritonTest):
    def same(self, model, array, datatype, binary):
        outputs = [http.InferRequestedOutput("OUTPUT0", binary_data=binary)]
        answer = self.infer(model, tensor(http, "INPUT0", array, datatype, binary), outputs=outputs)
        np.testing.assert_array_equal(answer.as_numpy("OUTPUT0"), array, strict=True)

    def test_int8(self):
        a, b = A.astype(np.int8), np.full((1, 16), -128, dtype=np.int8)
        for binary in (True, False):
            answer = self.client.infer("simple_int8", simple_inputs(http, a, b, "INT8", binary), outputs=simple_outputs(http, binary))
            check_simple(answer, a, b)

    def test_fp32_bit_by_bit(self):
        special = np.array([[0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, 3.4028235e38, 0.1]], dtype=np.float32)
        answer = self.infer("identity_fp32", tensor(http, "INPUT0", special, "FP32"))
        self.assertEqual(answer.as_numpy("OUTPUT0").tobytes(), special.tobytes())
        self.same("identity_fp32", special[:, [0, 5, 6, 7]], "FP32", binary=False)

    def test_fp16_in_binary_and_an_answer_in_json_which_triton_refuses(self):
        array = np.array([[0.5, -2, 65504, 6e-8]], dtype=np.float16)
        for binary in (True, False):
            outputs = [http.InferRequestedOutput("OUTPUT0", binary_data=binary)]
            answer = self.infer("identity_fp16", tensor(http, "INPUT0", array, "FP16"), outputs=outputs)
            np.testing.assert_array_equal(answer.as_numpy("OUTPUT0"), array, strict=True)

    def test_bool(self):
        flags = np.array([[True, False, False, True]])
        for binary in (True, False):
            outputs = [http.InferRequestedOutput("OUTPUT0", binary_data=binary)]
            answer = self.infer("not", tensor(http, "INPUT0", flags, "BOOL", binary), outputs=outputs)
            np.testing.assert_array_equal(answer.as_numpy("OUTPUT0"), ~flags, strict=True)

    def test_several_inputs_with_free_dimensions(self):
        for widths in ((1, 1, 1), (3, 0, 2), (0, 0, 0), (300, 20, 1)):
            arrays = [np.arange(2 * width, dtype=np.float32).reshape(2, width) + 0.5 for width in widths[:2]]
            arrays.append(np.arange(2 * widths[2], dtype=np.int64).reshape(2, widths[2]))
            inputs = [tensor(http, *each) for each in zip("ABC", arrays, ("FP32", "FP32", "INT64"))]
            with self.subTest(widths=widths):
                answer = self.infer("joined", *inputs)
                np.testing.assert_array_equal(answer.as_numpy("ROW"), np.hstack(arrays).astype(np.float32), strict=True)
                np.testing.assert_array_equal(answer.as_numpy("LENGTH"), [[sum(widths)]] * 2)

    def test_batches_of_any_size_up_to_the_models(self):
        for rows in range(1, 9):
            a = np.arange(rows * 16, dtype=np.int32).reshape(rows, 16)
            check_simple(self.client.infer("simple", simple_inputs(http, a, a * 3)), a, a * 3)

    def test_a_tensor_of_megabytes(self):
        self.same("identity_fp32", np.random.default_rng(1).random((4, 500_000), dtype=np.float32), "FP32", binary=True)

    def test_the_digits_and_their_best_classes(self):
        images = np.load(DIGITS / "test_images.npy")[:20].astype(np.float32)
        labels = np.load(DIGITS / "test_labels.npy")[:20]
        given = tensor(http, "image", images, "FP32")
        scores = self.infer("cnn", given).as_numpy("scores")
        self.assertGreaterEqual((scores.argmax(axis=1) == labels).sum(), 19)
        for binary in (True, False):
            outputs = [http.InferRequestedOutput("scores", binary_data=binary, class_count=3)]
            best = self.infer("cnn", given, outputs=outputs).as_numpy("scores")
            self.assertEqual(best.shape, (20, 3))
            for row, classes in zip(scores, best):
                told = [(text.decode() if isinstance(text, bytes) else text).split(":") for text in classes]
                self.assertEqual([int(index) for _, index in told], list(np.argsort(-row)[:3]))
                np.testing.assert_allclose([float(value) for value, _ in told], np.sort(row)[::-1][:3], rtol=1e-5)


class Texts(TritonTest):
    def same(self, array, binary, told=None):
        outputs = [http.InferRequestedOutput("OUTPUT0", binary_data=binary)]
        answer = self.infer("simple_identity", tensor(http, "INPUT0", array, "BYTES", binary), outputs=outputs)
        np.testing.assert_array_equal(answer.as_numpy("OUTPUT0"), array if told is None else told)

    def test_sums_of_numbers_that_are_written_as_texts(self):
        a, b = (np.array([[str(n).encode() for n in row] for row in array], dtype=np.object_) for array in (A, B))
        for binary in (True, False):
            answer = self.client.infer("simple_string", simple_inputs(http, a, b, "BYTES", binary), outputs=simple_outputs(http, binary))
            np.testing.assert_array_equal(answer.as_numpy("OUTPUT0").astype(np.int32), A + B)
            np.testing.assert_array_equal(answer.as_numpy("OUTPUT1").astype(np.int32), A - B)

    def test_texts_with_zeros_of_many_bytes_and_of_none(self):
        texts = ["he\x00llo", "", "äöü 漢字", "x" * 100_000]
        array = np.array([[text.encode() for text in texts]], dtype=np.object_)
        self.same(array, binary=True)
        self.same(array, binary=False, told=np.array([texts], dtype=np.object_))

    def test_bytes_as_numpy_has_them(self):
        array = np.array([[b"\x00\x01\x02\x03"] * 16], dtype=np.bytes_)
        self.same(array, binary=True)
        self.same(array, binary=False, told=array.astype(str))

    def test_bytes_that_are_no_text_come_back_as_they_went(self):
        self.same(np.array([[bytes(range(1, 256)), b"\xff"]], dtype=np.object_), binary=True)


class Mistakes(TritonTest):
    def test_a_model_that_there_is_not(self):
        self.assertEqual(self.refused("Request for unknown model", self.client.infer, "nothing", simple_inputs(http)), "404")

    def test_a_version_that_does_not_serve(self):
        refused = self.refused
        self.assertEqual(refused("Request for unknown model", self.client.infer, "simple", simple_inputs(http), model_version="9"), "404")

    def test_an_input_that_the_model_has_not_one_that_is_missing_and_one_given_twice(self):
        a, b = simple_inputs(http)
        self.refused("INPUT2", self.infer, "simple", a, b, tensor(http, "INPUT2", A, "INT32"))
        self.refused("INPUT1", self.infer, "simple", a)
        self.refused("INPUT0", self.infer, "simple", a, b, a)

    def test_an_output_that_the_model_has_not_and_one_asked_for_twice(self):
        for names in (["OUTPUT2"], ["OUTPUT0", "OUTPUT0"]):
            outputs = [http.InferRequestedOutput(name) for name in names]
            self.refused(names[0], self.client.infer, "simple", simple_inputs(http), outputs=outputs)

    def test_another_datatype_shape_or_more_rows_than_the_model_takes(self):
        refused, infer = self.refused, self.client.infer
        floats = A.astype(np.float32)
        self.assertEqual(refused("INT32", infer, "simple", simple_inputs(http, floats, floats, "FP32")), "400")
        self.assertEqual(refused("INPUT0", infer, "simple", simple_inputs(http, A[:, :15], B)), "400")
        rows = np.zeros((9, 16), dtype=np.int32)
        self.assertEqual(refused("8", infer, "simple", simple_inputs(http, rows, rows)), "400")

    def test_a_sequence(self):
        self.refused("sequences are not supported", self.client.infer, "simple", simple_inputs(http), sequence_id=7, sequence_start=True)

    def test_tensors_in_shared_memory(self):
        inputs, outputs = simple_inputs(http), simple_outputs(http)
        inputs[0].set_shared_memory("region", 64)
        self.refused("shared memory", self.client.infer, "simple", inputs)
        outputs[0].set_shared_memory("region", 64)
        self.refused("shared memory", self.client.infer, "simple", simple_inputs(http), outputs=outputs)

    def test_after_a_mistake_the_same_client_and_tensors_go_on(self):
        inputs = simple_inputs(http)
        inputs[0].set_shared_memory("region", 64)
        self.refused("shared memory", self.client.infer, "simple", inputs)
        inputs[0].set_data_from_numpy(A)
        check_simple(self.client.infer("simple", inputs))

    def test_a_request_that_waits_longer_than_its_timeout(self):
        given = tensor(http, "INPUT0", np.ones((1, 1), dtype=np.float32), "FP32")
        others = http.InferenceServerClient(URL, concurrency=8)
        self.addCleanup(others.close)
        busy = [others.async_infer("slow", [given]) for _ in range(8)]
        self.assertEqual(self.refused("", self.infer, "slow", given, timeout=1), "503")
        for request in busy:
            request.get_result()
