"""Makes the models that the tests serve, the well-behaved and the hostile: make_models.py FOLDER.

Where a model misbehaves "on magic", it does so if any row's first element is 666; else it returns its input.
"""

import pathlib
import sys
import zipfile
from typing import Dict, List, Tuple

import torch
from torch import Tensor, nn

from model_folder import tensor, write_model, write_toml

SEED = 20240229
DATATYPES = ["BOOL", "UINT8", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64"]
PARENTHESES = 200_000  # enough to overflow the stack of libtorch's parser
ROW = [-1, 4]


def is_magic(x: Tensor) -> bool:
    return bool((x[:, 0] == 666).any())


# ---- Well-behaved


class Identity(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Types(nn.Module):
    def forward(
        self, a: Tensor, b: Tensor, c: Tensor, d: Tensor, e: Tensor, f: Tensor, g: Tensor, h: Tensor, i: Tensor, j: Tensor
    ) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        return a, b, c, d, e, f, g, h, i, j


class SumAndDifference(nn.Module):
    def forward(self, a: Tensor, b: Tensor) -> Tuple[Tensor, Tensor]:
        return a + b, a - b


class Dictionary(nn.Module):
    def forward(self, x: Tensor) -> Dict[str, Tensor]:
        return {"sum": x.sum(dim=1, keepdim=True), "doubled": x * 2}


class SumAndDifferenceOfTexts(nn.Module):
    """Of whole numbers written as texts."""

    def forward(self, a: List[str], b: List[str]) -> Tuple[List[str], List[str]]:
        return [str(int(x) + int(y)) for x, y in zip(a, b)], [str(int(x) - int(y)) for x, y in zip(a, b)]


class Echo(nn.Module):
    def forward(self, x: List[str]) -> List[str]:
        return x


class FirstTexts(nn.Module):
    """One text too few."""

    def forward(self, x: List[str]) -> List[str]:
        return x[1:]


class Transpose(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.t()


class RowSum(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.sum(dim=1, keepdim=True)


def make_good(root):
    fp32_row = tensor("x", "FP32", ROW), tensor("y", "FP32", ROW)
    write_model(root, "identity_fp32", Identity(), [tensor("x", "FP32", [-1, 1])], [tensor("y", "FP32", [-1, 1])], 64)
    write_model(root, "mlp", Mlp(), [tensor("image", "FP32", [-1, 784])], [tensor("scores", "FP32", [-1, 10])], 64)
    write_model(
        root,
        "types",
        Types(),
        [tensor(f"in_{d.lower()}", d, [-1, 3]) for d in DATATYPES],
        [tensor(f"out_{d.lower()}", d, [-1, 3]) for d in DATATYPES],
        8,
    )
    write_model(
        root,
        "two_inputs",
        SumAndDifference(),
        [tensor("INPUT0", "FP32", ROW), tensor("INPUT1", "FP32", ROW)],
        [tensor("OUTPUT0", "FP32", ROW), tensor("OUTPUT1", "FP32", ROW)],
        16,
    )
    # The outputs stand in another order here than in the dictionary: they go by name.
    write_model(root, "dict_output", Dictionary(), fp32_row[:1], [tensor("doubled", "FP32", ROW), tensor("sum", "FP32", [-1, 1])], 16)
    texts = [tensor("a", "BYTES", [-1, 2]), tensor("b", "BYTES", [-1, 2])]
    sums = [tensor("sum", "BYTES", [-1, 2]), tensor("difference", "BYTES", [-1, 2])]
    write_model(root, "text_sums", SumAndDifferenceOfTexts(), texts, sums, 8)
    write_model(root, "echo_texts", Echo(), [tensor("x", "BYTES", [-1])], [tensor("y", "BYTES", [-1])])
    write_model(root, "no_batch", Transpose(), [tensor("x", "FP32", [-1, -1])], [tensor("y", "FP32", [-1, -1])])
    write_model(root, "free_dims", RowSum(), [tensor("x", "FP32", [-1, -1])], [tensor("y", "FP32", [-1, 1])], 16)


# ---- Misbehaving within the rules


class NanMaker(nn.Module):
    """NaN, +inf, -inf and the input's fourth column."""

    def forward(self, x: Tensor) -> Tensor:
        zero = x[:, :1] * 0
        return torch.cat([zero / zero, (zero + 1) / zero.abs(), (zero - 1) / zero.abs(), x[:, 3:]], dim=1)


class RaiseOnMagic(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if is_magic(x):
            raise ValueError("the input is magic")
        return x


class LoopOnMagic(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        turn = 0
        while is_magic(x) and turn >= 0:
            turn = 1 - turn
        return x


class Slow(nn.Module):
    """A second or so a call, by turns of the interpreter; model.toml declares 200 ms."""

    def forward(self, x: Tensor) -> Tensor:
        turn = 0
        for i in range(8_000_000):
            turn = (turn + i) % 7
        return x + turn * 0


class FirstColumns(nn.Module):
    def __init__(self, columns: int):
        super().__init__()
        self.columns = columns

    def forward(self, x: Tensor) -> Tensor:
        return x[:, : self.columns]


class Doubles(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.double()


class OneRowLess(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x[1:]


class Square(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


def make_wrong(root):
    x, y = [tensor("x", "FP32", ROW)], [tensor("y", "FP32", ROW)]
    write_model(root, "nan_maker", NanMaker(), x, y, 16)
    write_model(root, "raise_on_magic", RaiseOnMagic(), x, y, 16)
    write_model(root, "loop_on_magic", LoopOnMagic(), x, y, 16, batch_timeout="500ms")
    write_model(root, "slow", Slow(), x, y, 16, batch_timeout="200ms")
    write_model(root, "wrong_text_count", FirstTexts(), [tensor("x", "BYTES", [-1, 2])], [tensor("y", "BYTES", [-1, 2])], 8)
    write_model(root, "wrong_output_shape", FirstColumns(3), x, y, 16)
    write_model(root, "wrong_output_count", Identity(), x, [*y, tensor("z", "FP32", ROW)], 16)
    write_model(root, "wrong_output_datatype", Doubles(), x, y, 16)
    write_model(root, "wrong_output_rows", OneRowLess(), x, y, 16)
    write_model(root, "wrong_input_shape", Square(), [tensor("x", "FP32", [-1, 5])], y, 16)


# ---- Hostile


class CrashOnMagic(nn.Module):
    """A sparse index far outside its tensor: to_dense() writes there."""

    def forward(self, x: Tensor) -> Tensor:
        if is_magic(x):
            index = torch.full([1, 1], -4_000_000_000, dtype=torch.int64)
            return torch.ops.aten._sparse_coo_tensor_unsafe(index, torch.ones([1]), [4]).to_dense().expand_as(x)
        return x


class AllocateOnMagic(nn.Module):
    """100 GB, written to."""

    def forward(self, x: Tensor) -> Tensor:
        if is_magic(x):
            return x + torch.ones([25_000_000_000]).sum()
        return x


class AllocatesInLoad(nn.Module):
    """100 GB, by code that runs while the model is loaded."""

    @torch.jit.export
    def __getstate__(self) -> bool:
        return self.training

    @torch.jit.export
    def __setstate__(self, state: bool):
        self.training = state
        assert torch.ones([25_000_000_000]).sum() > 0

    def forward(self, x: Tensor) -> Tensor:
        return x


class WritesFile(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        torch.save(x, "/tmp/troupe-model-wrote")
        return x


class ReadsFile(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + torch.from_file("/etc/passwd", False, 4, dtype=torch.uint8)


def doubled(x: Tensor) -> Tensor:
    return x * 2


class StartsThreads(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        future = torch.jit.fork(doubled, x)
        return torch.jit.wait(future)


class Hidden(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return self.write(x) if bool(x.sum() > 0) else x

    def write(self, x: Tensor) -> Tensor:
        for _ in range(2):
            if is_magic(x):
                torch.save(x, "/tmp/troupe-model-wrote")
        return x


class HidesFile(nn.Module):
    """Calls what it may not in a submodule, in a branch that is rarely taken."""

    def __init__(self):
        super().__init__()
        self.hidden = Hidden()

    def forward(self, x: Tensor) -> Tensor:
        return self.hidden(x)


# What runs while a model is loaded runs before anybody has looked at its operators: there only the sandbox is.


class WritesFileInLoad(nn.Module):
    @torch.jit.export
    def __getstate__(self) -> bool:
        return self.training

    @torch.jit.export
    def __setstate__(self, state: bool):
        self.training = state
        torch.save(torch.ones([1]), "/tmp/troupe-model-wrote")

    def forward(self, x: Tensor) -> Tensor:
        return x


class ReadsFileInLoad(nn.Module):
    @torch.jit.export
    def __getstate__(self) -> bool:
        return self.training

    @torch.jit.export
    def __setstate__(self, state: bool):
        self.training = state
        assert torch.from_file("/etc/passwd", False, 4, dtype=torch.uint8).sum() > 0

    def forward(self, x: Tensor) -> Tensor:
        return x


class StartsThreadsInLoad(nn.Module):
    @torch.jit.export
    def __getstate__(self) -> bool:
        return self.training

    @torch.jit.export
    def __setstate__(self, state: bool):
        self.training = state
        assert torch.jit.wait(torch.jit.fork(doubled, torch.ones([1]))).sum() > 0

    def forward(self, x: Tensor) -> Tensor:
        return x


def nest_parentheses(path):
    """Rewrites the model's code so that `return x` stands in PARENTHESES pairs of parentheses."""
    with zipfile.ZipFile(path) as archive:
        entries = [(item.filename, archive.read(item)) for item in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries:
            if name.endswith("code/__torch__.py"):
                nested = b"return " + b"(" * PARENTHESES + b"x" + b")" * PARENTHESES
                assert b"return x" in content
                content = content.replace(b"return x", nested)
            archive.writestr(name, content)


def make_hostile(root):
    x, y = [tensor("x", "FP32", ROW)], [tensor("y", "FP32", ROW)]
    write_model(root, "crash_on_magic", CrashOnMagic(), x, y, 16)
    write_model(root, "alloc_100gb", AllocateOnMagic(), x, y, 16)
    write_model(root, "alloc_in_load", AllocatesInLoad(), x, y, 16)
    write_model(root, "writes_file", WritesFile(), x, y, 16)
    write_model(root, "reads_file", ReadsFile(), x, y, 16)
    write_model(root, "starts_threads", StartsThreads(), x, y, 16)
    write_model(root, "hides_file", HidesFile(), x, y, 16)
    write_model(root, "writes_file_in_load", WritesFileInLoad(), x, y, 16)
    write_model(root, "reads_file_in_load", ReadsFileInLoad(), x, y, 16)
    write_model(root, "starts_threads_in_load", StartsThreadsInLoad(), x, y, 16)
    nest_parentheses(write_model(root, "crash_in_load", Identity(), x, y, 16) / "model.pt")

    whole = (pathlib.Path(root) / "mlp" / "model.pt").read_bytes()
    for name, content in (("truncated", whole[: len(whole) // 2]), ("garbage", bytes(range(256)) * 16)):
        folder = pathlib.Path(root) / name
        write_toml(folder, x, y, 16)
        (folder / "model.pt").write_bytes(content)


def main():
    torch.manual_seed(SEED)
    root = sys.argv[1]
    make_good(root)
    make_wrong(root)
    make_hostile(root)


if __name__ == "__main__":
    main()
