"""Writes a model as Troupe takes it: a folder with model.pt and model.toml."""

import pathlib

import torch


def tensor(name, datatype, shape):
    """One line of a signature, as in model.toml."""
    return {"name": name, "datatype": datatype, "shape": shape}


def toml_text(inputs, outputs, max_batch, limits):
    lines = [f"max_batch = {max_batch}"]
    for kind, tensors in (("inputs", inputs), ("outputs", outputs)):
        for t in tensors:
            lines += ["", f"[[{kind}]]", f'name = "{t["name"]}"', f'datatype = "{t["datatype"]}"', f"shape = {t['shape']}"]
    if limits:
        lines += ["", "[limits]"] + [f'{key} = "{value}"' for key, value in limits.items()]
    return "\n".join(lines) + "\n"


def write_toml(folder, inputs, outputs, max_batch=0, **limits):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.toml").write_text(toml_text(inputs, outputs, max_batch, limits))


def write_model(root, name, module, inputs, outputs, max_batch=0, **limits):
    """limits: the texts of model.toml's [limits]. Returns the folder."""
    folder = pathlib.Path(root) / name
    write_toml(folder, inputs, outputs, max_batch, **limits)
    torch.jit.script(module.eval()).save(str(folder / "model.pt"))
    return folder
