"""What the tests ask the node's models, through any client with the classes InferInput and InferRequestedOutput, and what must come back."""

import os

import numpy as np

URL = os.environ.get("TROUPE_HTTP", "127.0.0.1:8000")
A = np.arange(16, dtype=np.int32).reshape(1, 16)
B = np.full((1, 16), -1, dtype=np.int32)


def tensor(kit, name, array, datatype, binary=True):
    given = kit.InferInput(name, list(array.shape), datatype)
    given.set_data_from_numpy(array, binary_data=binary)
    return given


def simple_inputs(kit, a=A, b=B, datatype="INT32", binary=True):
    return [tensor(kit, "INPUT0", a, datatype, binary), tensor(kit, "INPUT1", b, datatype, binary)]


def simple_outputs(kit, binary=True):
    return [kit.InferRequestedOutput("OUTPUT0", binary_data=binary), kit.InferRequestedOutput("OUTPUT1", binary_data=binary)]


def check_simple(answer, a=A, b=B):
    np.testing.assert_array_equal(answer.as_numpy("OUTPUT0"), a + b, strict=True)
    np.testing.assert_array_equal(answer.as_numpy("OUTPUT1"), a - b, strict=True)
