"""Makes the models that clients made by others ask in tests/clients: make_client_models.py FOLDER.

`simple` is what Triton's own examples ask for, by its names and shapes; the others have a datatype or a shape each that clients treat in a way of
its own.
"""

import sys
from typing import List, Tuple

import torch
from torch import Tensor, nn

from model_folder import tensor, write_model


class SumAndDifference(nn.Module):
    def forward(self, a: Tensor, b: Tensor) -> Tuple[Tensor, Tensor]:
        return a + b, a - b


class Identity(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x


class SumAndDifferenceOfTexts(nn.Module):
    """Of whole numbers written as texts."""

    def forward(self, a: List[str], b: List[str]) -> Tuple[List[str], List[str]]:
        return [str(int(x) + int(y)) for x, y in zip(a, b)], [str(int(x) - int(y)) for x, y in zip(a, b)]


class IdentityOfTexts(nn.Module):
    def forward(self, x: List[str]) -> List[str]:
        return x


class Not(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.logical_not(x)


class Joined(nn.Module):
    """Each row of the three, one behind the other, and how long it is."""

    def forward(self, a: Tensor, b: Tensor, c: Tensor) -> Tuple[Tensor, Tensor]:
        row = torch.cat([a, b, c.to(torch.float32)], dim=1)
        return row, torch.full([row.size(0), 1], row.size(1), dtype=torch.int64)


class Spin(nn.Module):
    """Some tens of milliseconds a call, by turns of the interpreter."""

    def forward(self, x: Tensor) -> Tensor:
        turn = 0
        for i in range(1_000_000):
            turn = (turn + i) % 7
        return x + turn * 0


def main():
    root = sys.argv[1]
    simple = (
        ("simple", "INT32", SumAndDifference()),
        ("simple_int8", "INT8", SumAndDifference()),
        ("simple_string", "BYTES", SumAndDifferenceOfTexts()),
    )
    for name, datatype, module in simple:
        inputs = [tensor(f"INPUT{i}", datatype, [-1, 16]) for i in range(2)]
        outputs = [tensor(f"OUTPUT{i}", datatype, [-1, 16]) for i in range(2)]
        write_model(root, name, module, inputs, outputs, 8)
    texts = [tensor("INPUT0", "BYTES", [-1, -1])], [tensor("OUTPUT0", "BYTES", [-1, -1])]
    write_model(root, "simple_identity", IdentityOfTexts(), *texts, 8)
    write_model(root, "identity_fp32", Identity(), [tensor("INPUT0", "FP32", [-1, -1])], [tensor("OUTPUT0", "FP32", [-1, -1])], 64)
    write_model(root, "identity_fp16", Identity(), [tensor("INPUT0", "FP16", [-1, 4])], [tensor("OUTPUT0", "FP16", [-1, 4])], 8)
    write_model(root, "not", Not(), [tensor("INPUT0", "BOOL", [-1, 4])], [tensor("OUTPUT0", "BOOL", [-1, 4])], 8)
    write_model(
        root,
        "joined",
        Joined(),
        [tensor("A", "FP32", [-1, -1]), tensor("B", "FP32", [-1, -1]), tensor("C", "INT64", [-1, -1])],
        [tensor("ROW", "FP32", [-1, -1]), tensor("LENGTH", "INT64", [-1, 1])],
        8,
    )
    write_model(root, "slow", Spin(), [tensor("INPUT0", "FP32", [-1, 1])], [tensor("OUTPUT0", "FP32", [-1, 1])], 1)


if __name__ == "__main__":
    main()
