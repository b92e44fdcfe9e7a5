"""Makes the models that the benchmarks serve: make_bench_models.py FOLDER. Weights are random; only sizes and shapes matter."""

import sys

import torch
from torch import Tensor, nn

from model_folder import tensor, write_model

SEED = 20240229


class Identity(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x


class Picky(nn.Module):
    """Fails what is below 0."""

    def forward(self, x: Tensor) -> Tensor:
        if bool((x < 0).any()):
            raise ValueError("below 0")
        return x


class First1024(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x[:, :1024]


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al. 2015, figure 5, left)."""

    def __init__(self, channels_in: int, channels: int, stride: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or channels_in != channels:
            self.shortcut = nn.Sequential(nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet18():
    """He et al. 2015, table 1: 11.7 million parameters."""
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [BasicBlock(channels, width, stride), BasicBlock(width, width, 1)]
        channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))


def main():
    torch.manual_seed(SEED)
    root = sys.argv[1]
    mlp = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
    tiny = nn.Linear(4, 2)
    # Costs a core some 0.5 ms a row, so that the model limits a node, and not its doors.
    wide = nn.Sequential(nn.Linear(784, 4096), nn.ReLU(), nn.Linear(4096, 2048), nn.ReLU(), nn.Linear(2048, 10))

    def make(name, module, shape_in, shape_out, max_batch, cache=None, **limits):
        inputs = [tensor("x", "FP32", shape_in)]
        folder = write_model(root, name, module, inputs, [tensor("y", "FP32", shape_out)], max_batch, **limits)
        if cache:
            with open(folder / "model.toml", "a") as toml:
                toml.write(f'\n[cache]\nbytes = "{cache}"\n')

    make("noop", Identity(), [-1, 1], [-1, 1], 64)
    make("picky", Picky(), [-1, 1], [-1, 1], 64)
    make("mlp", mlp, [-1, 784], [-1, 10], 64)
    make("wide", wide, [-1, 784], [-1, 10], 16)
    make("cached", mlp, [-1, 784], [-1, 10], 64, cache="16MiB")
    make("tiny", tiny, [-1, 4], [-1, 2], 8)
    make("echo600k", First1024(), [-1, 150_000], [-1, 1024], 4)
    make("resnet18", resnet18(), [-1, 3, 224, 224], [-1, 1000], 8, memory="1GiB", batch_timeout="10s")


if __name__ == "__main__":
    main()
