"""The REST client of KServe's SDK, protocol v2."""

import unittest

import httpx
import numpy as np
from kserve import InferInput, InferRequest
from kserve.inference_client import InferenceRESTClient, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

from asked import A, B, URL

BASE = f"http://{URL}"


def inputs(binary, a=A):
    given = [InferInput(name, list(array.shape), "INT32") for name, array in (("INPUT0", a), ("INPUT1", B))]
    for each, array in zip(given, (a, B)):
        each.set_data_from_numpy(array, binary_data=binary)
    return given


class KServe(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.client = InferenceRESTClient(RESTConfig(protocol="v2", timeout=30))
        self.addAsyncCleanup(self.client.close)

    def check(self, answer):
        outputs = {output.name: output.as_numpy() for output in answer.outputs}
        np.testing.assert_array_equal(outputs["OUTPUT0"], A + B)
        np.testing.assert_array_equal(outputs["OUTPUT1"], A - B)

    async def refused(self, words, call):
        with self.assertRaises(httpx.HTTPStatusError) as raised:
            await call
        self.assertIn(words, str(raised.exception))

    async def test_the_server_is_live_and_ready_and_so_are_its_models_only(self):
        self.assertIs(await self.client.is_server_live(BASE), True)
        self.assertIs(await self.client.is_server_ready(BASE), True)
        self.assertTrue(await self.client.is_model_ready(BASE, "simple"))
        self.assertFalse(await self.client.is_model_ready(BASE, "nothing"))

    async def test_a_request_is_answered_in_binary_in_json_and_mixed(self):
        for binary_in in (True, False):
            for binary_out in (True, False, None):
                with self.subTest(binary_in=binary_in, binary_out=binary_out):
                    outputs = None
                    if binary_out is not None:
                        outputs = [RequestedOutput(f"OUTPUT{i}", parameters={"binary_data": binary_out}) for i in range(2)]
                    request = InferRequest("simple", inputs(binary_in), request_id="r1", request_outputs=outputs)
                    answer = await self.client.infer(BASE, request, model_name="simple")
                    self.check(answer)
                    self.assertEqual((answer.id, answer.model_name), ("r1", "simple"))

    async def test_a_request_may_be_a_plain_dictionary(self):
        tensors = [{"name": n, "shape": [1, 16], "datatype": "INT32", "data": a.tolist()} for n, a in (("INPUT0", A), ("INPUT1", B))]
        self.check(await self.client.infer(BASE, {"inputs": tensors}, model_name="simple"))

    async def test_errors_are_told(self):
        await self.refused("Request for unknown model", self.client.infer(BASE, InferRequest("nothing", inputs(True)), model_name="nothing"))
        await self.refused("INPUT0", self.client.infer(BASE, InferRequest("simple", inputs(True, A[:, :3])), model_name="simple"))
        await self.refused("INPUT1", self.client.infer(BASE, InferRequest("simple", inputs(False)[:1]), model_name="simple"))
