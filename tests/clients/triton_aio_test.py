"""tritonclient.http.aio: what its sync sister does, in coroutines over aiohttp."""

import asyncio
import unittest

import numpy as np
import tritonclient.http.aio as aio
from tritonclient.utils import InferenceServerException

from asked import A, URL, check_simple, simple_inputs, simple_outputs
from triton_control_test import MODEL_FILE, digits_config

PACKINGS = (None, "gzip", "deflate")


class Aio(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.client = aio.InferenceServerClient(URL)
        self.addAsyncCleanup(self.client.close)

    async def refused(self, words, call):
        with self.assertRaises(InferenceServerException) as raised:
            await call
        self.assertIn(words, raised.exception.message())

    async def test_health_metadata_configuration_index_and_statistics(self):
        client = self.client
        self.assertTrue(await client.is_server_live(query_params={"test_1": 1}))
        self.assertTrue(await client.is_server_ready())
        self.assertTrue(await client.is_model_ready("simple", "1"))
        self.assertFalse(await client.is_model_ready("nothing"))
        self.assertEqual((await client.get_server_metadata())["name"], "troupe")
        self.assertEqual((await client.get_model_metadata("simple"))["inputs"][0]["shape"], [-1, 16])
        self.assertEqual((await client.get_model_config("simple"))["max_batch_size"], 8)
        self.assertIn("simple", [model["name"] for model in await client.get_model_repository_index()])
        self.assertEqual(len((await client.get_inference_statistics("simple"))["model_stats"]), 1)

    async def test_tensors_go_and_come_in_binary_and_in_json_packed_and_not(self):
        for binary_in in (True, False):
            for binary_out in (True, False):
                for request in PACKINGS:
                    for response in PACKINGS:
                        with self.subTest(binary_in=binary_in, binary_out=binary_out, request=request, response=response):
                            check_simple(
                                await self.client.infer(
                                    "simple",
                                    simple_inputs(aio, binary=binary_in),
                                    outputs=simple_outputs(aio, binary_out),
                                    headers={"X-Mine": "1"},
                                    query_params={"test_1": 1},
                                    request_compression_algorithm=request,
                                    response_compression_algorithm=response,
                                )
                            )

    async def test_a_hundred_requests_under_way_together_each_get_their_own_answer(self):
        async def ask(number):
            a = np.full((1, 16), number, dtype=np.int32)
            answer = await self.client.infer("simple", simple_inputs(aio, a=a), request_id=str(number), priority=number % 2)
            check_simple(answer, a=a)
            self.assertEqual(answer.get_response()["id"], str(number))

        await asyncio.gather(*(ask(number) for number in range(100)))

    async def test_errors_are_told(self):
        await self.refused("Request for unknown model", self.client.infer("nothing", simple_inputs(aio)))
        await self.refused("Request for unknown model", self.client.get_model_metadata("nothing"))
        await self.refused("INPUT0", self.client.infer("simple", simple_inputs(aio, a=A[:, :3])))
        await self.refused("failed to load 'nothing'", self.client.load_model("nothing"))

    async def test_a_model_is_loaded_serves_and_is_unloaded(self):
        await self.client.load_model("aio", config=digits_config(), files={"file:1/model.pt": MODEL_FILE})
        self.assertTrue(await self.client.is_model_ready("aio"))
        await self.client.unload_model("aio")
        self.assertFalse(await self.client.is_model_ready("aio"))

    async def test_what_is_not_supported_says_so(self):
        await self.refused("shared memory is not supported", self.client.get_system_shared_memory_status())
        await self.refused("shared memory is not supported", self.client.get_cuda_shared_memory_status())
        await self.refused("tracing is not supported", self.client.get_trace_settings("simple"))
        await self.refused("log settings are not supported", self.client.get_log_settings())
