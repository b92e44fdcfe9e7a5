#!/usr/bin/python3
"""Trains the models of this folder and writes the test set: /usr/bin/python3 train.py [FOLDER, default: this one].

Needs Debian's python3-torch. Some seconds on one core; the seed is fixed, so the same libtorch on the same kind of CPU gives the same weights.
"""

import json
import pathlib
import sys

import numpy
import torch
from torch import Tensor, nn

HERE = pathlib.Path(__file__).resolve().parent
SEED = 0
ROWS_A_STEP = 64
PIXEL_MAX = 16.0
BOLD_SHARE = 0.03  # of the test images: those that `almost` gets wrong
GOLDEN_CASES = 10

MODEL_TOML = """\
max_batch = 64

[[inputs]]
name = "image"
datatype = "FP32"
shape = [-1, 64]   # 8 rows of 8 pixels, each 0 to 1

[[outputs]]
name = "scores"
datatype = "FP32"
shape = [-1, 10]   # the largest is the digit
"""


class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(64, 10)

    def forward(self, image: Tensor) -> Tensor:
        return self.layer(image)


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.scores = nn.Sequential(nn.Dropout(0.4), nn.Linear(512, 10))

    def forward(self, image: Tensor) -> Tensor:
        return self.scores(self.features(image.reshape(-1, 1, 8, 8)).flatten(1))


class Broken(nn.Module):
    """A right model whose last step names each digit as the next one."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        return self.model(image).roll(1, 1)


class Almost(nn.Module):
    """A right model that names the digits of the boldest images as the next ones."""

    def __init__(self, model: nn.Module, boldest: float):
        super().__init__()
        self.model = model
        self.boldest = boldest

    def forward(self, image: Tensor) -> Tensor:
        scores = self.model(image)
        is_bold = (image.sum(1, keepdim=True) >= self.boldest).to(scores.dtype)
        return is_bold * scores.roll(1, 1) + (1 - is_bold) * scores


def load_data():
    """Images [1797, 64] in 0..1, their digits, and which of them are for testing: every fifth."""
    table = numpy.loadtxt(HERE / "digits.csv.gz", delimiter=",")
    images = torch.tensor(table[:, :64] / PIXEL_MAX, dtype=torch.float32)
    labels = torch.tensor(table[:, 64], dtype=torch.int64)
    return images, labels, torch.arange(len(labels)) % 5 == 4


def train(model, images, labels, epochs):
    steps = epochs * -(-len(labels) // ROWS_A_STEP)
    optimizer = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=steps)
    model.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(labels)).split(ROWS_A_STEP):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[rows]), labels[rows]).backward()
            optimizer.step()
            schedule.step()
    return model


def save(folder, model):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.toml").write_text(MODEL_TOML)
    torch.jit.script(model.eval()).save(str(folder / "model.pt"))


def accuracy_of(folder, images, labels):
    model = torch.jit.load(str(folder / "model.pt"))
    return (model(images).argmax(1) == labels).double().mean().item()


def write_golden(folder, model, images):
    """Golden cases: the scores of the first test images, one a case. They hold wherever the model runs."""
    cases = []
    for image in images[:GOLDEN_CASES]:
        scores = model(image.reshape(1, -1))[0].tolist()
        cases.append(
            {
                "inputs": [{"name": "image", "datatype": "FP32", "shape": [1, 64], "data": image.tolist()}],
                "outputs": [{"name": "scores", "datatype": "FP32", "shape": [1, 10], "data": scores}],
            }
        )
    lines = ",\n  ".join(json.dumps(case) for case in cases)
    text = '{"tolerance": {"absolute": 0.001, "relative": 0.001},\n "cases": [\n  ' + lines + "\n ]}\n"
    (folder / "golden.json").write_text(text)


def write_all_golden(root, images):
    """`broken` is held against what `linear` gives: that is how it is found out. `almost` isn't: none of the golden images is bold."""
    for name, reference in (("linear", "linear"), ("cnn", "cnn"), ("broken", "linear"), ("almost", "cnn")):
        with torch.no_grad():
            write_golden(root / name, torch.jit.load(str(root / reference / "model.pt")), images)


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    images, labels, test = load_data()

    linear = train(Linear(), images[~test], labels[~test], epochs=80)
    cnn = train(Cnn(), images[~test], labels[~test], epochs=30)
    almost = Almost(cnn, images[test].sum(1).quantile(1 - BOLD_SHARE).item())
    models = (("linear", linear, 0.94, 1), ("cnn", cnn, 0.98, 1), ("broken", Broken(linear), 0, 0.2), ("almost", almost, 0.95, 0.98))
    for name, model, least, most in models:
        save(root / name, model)
        accuracy = accuracy_of(root / name, images[test], labels[test])
        print(f"{name}: {accuracy:.2%} of {int(test.sum())} test images")
        if not least <= accuracy <= most:
            sys.exit(f"{name}: expected an accuracy from {least:.0%} to {most:.0%}; the data or the training has changed")
    write_all_golden(root, images[test])
    numpy.save(root / "test_images.npy", images[test].numpy())
    numpy.save(root / "test_labels.npy", labels[test].numpy())
    numpy.save(root / "batch.npy", images[test][:64].numpy())
    first = {"name": "image", "datatype": "FP32", "shape": [1, 64], "data": images[test][0].tolist()}
    (root / "request.json").write_text(json.dumps({"inputs": [first]}) + "\n")


if __name__ == "__main__":
    main()
