"""Models in transformers' form: a folder with `config.json`, `model.safetensors` and, for texts, `tokenizer.json`.

Nothing in a folder is code, and none is fetched: `trust_remote_code=False`, `local_files_only=True`, safetensors only.

Shapes: L tokens, S sites, K channels, R rows, C columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ltm.errors import FolderError, LtmError
from ltm.foreign.config import setting
from ltm.pretrained.above import adaptable
from ltm.pretrained.facts import Facts, Run, Value, in_a_row
from ltm.runtime.weights import from_bytes, read_bytes
from ltm.scenes.extras import library

CONFIG, WEIGHTS, TOKENIZER, PICTURES = "config.json", "model.safetensors", "tokenizer.json", "preprocessor_config.json"
TEXT = ("bert", "distilbert", "roberta", "xlm-roberta", "electra", "mpnet", "llama")
IMAGE = ("vit", "deit", "dinov2", "convnext", "resnet")
"""Families that are known to run, by what `config.json` calls them."""
OURS = ("rwkv7", "phi")
"""Families that zones of this project run (`ltm.pretrained.speaking`), though their folders look alike."""
MOST_CONFIG = 10_000_000
_ENDING = ".safetensors"
_UNUSED = ("pooler",)
"""Parts of what transformers builds that hidden states don't come from, so that a model may lack them."""
_CONSTANTS = ("position_ids", "inv_freq", "attn.bias", "masked_bias")
"""What older versions of transformers wrote beside the weights."""
_COUNTED_AT = (8, 16, 24)
"""Tokens at which operations are counted; they grow with the square of a text's length."""


def files_of(folder: Path) -> tuple[str, ...]:
    """Returns the files of a folder that make the model.

    Raises:
        FolderError: what is needed isn't there, or only as a pickle.
    """
    if not (folder / WEIGHTS).is_file():
        if (folder / f"{WEIGHTS}.index.json").is_file():
            raise FolderError(f"{folder}: its weights lie in several files; a model that zones look through has one")
        pickled = any(folder.glob("*.bin")) or any(folder.glob("*.pt*"))
        why = "; pickled weights can run code and are not read" if pickled else ""
        raise FolderError(f"{folder / WEIGHTS}: missing{why}")
    return (CONFIG, WEIGHTS, *(name for name in (TOKENIZER, PICTURES) if (folder / name).is_file()))


def runs_here(folder: Path) -> bool:
    """Whether a folder holds a language model that zones of this project run: of such a family, or of none by name.

    Raises:
        FolderError: its `config.json` is damaged.
    """
    config = _json(folder / CONFIG) if (folder / CONFIG).is_file() else {}
    return config.get("model_type") in OURS if "model_type" in config else any(folder.glob(f"*{_ENDING}"))


def facts_of(folder: Path, layers: int | None = None) -> Facts:
    """Returns what a folder's model takes and makes; nothing is allocated.

    Args:
        folder: that holds it.
        layers: only the first so many; none where that is 0; all when absent.

    Raises:
        FolderError: of no family that is known here, or not what it should be.
    """
    files_of(folder)
    config = _json(folder / CONFIG)
    family = config.get("model_type")
    if family in TEXT:
        if not (folder / TOKENIZER).is_file():
            raise FolderError(f"{folder / TOKENIZER}: missing; without it no text can be turned into tokens")
        takes, most = "text", setting(config, "max_position_embeddings", int, str(folder), 512)
        most -= 2 if "roberta" in str(family) or family == "mpnet" else 0  # two of its places are taken
    elif family in IMAGE:
        takes, most = "image", 1
    else:
        raise FolderError(
            f"{folder}: of a family that is not run here ({family!r}); known: {', '.join(TEXT + IMAGE + OURS)}"
        )
    model = _empty(_config(folder, layers), folder)
    weights = sum(weight.numel() for weight in model.parameters())
    if takes == "text":
        counts = [_counted(model, torch.zeros(1, length, dtype=torch.long)) for length in _COUNTED_AT]
        width = int(counts[0][1][-1])
        operations, fits = _square([count for count, _ in counts]), adaptable(model.config)
        return Facts("text", width, weights, in_a_row, operations, most=most, adaptable=fits)
    size = _picture_size(config, folder)
    spent, shape = _counted(model, torch.zeros(1, 3, *size))
    grid = (shape[2], shape[3]) if len(shape) == 4 else (1, shape[1])
    channels = shape[1] if len(shape) == 4 else shape[2]
    return Facts("image", channels, weights, lambda units: grid, lambda units: spent, size=size)


def _square(counts: list[int]) -> Any:
    """Returns the polynomial of second degree through three counts at equal distances."""
    first, step = _COUNTED_AT[0], _COUNTED_AT[1] - _COUNTED_AT[0]
    slope, bend = counts[1] - counts[0], counts[2] - 2 * counts[1] + counts[0]

    def operations(units: int) -> int:
        steps = units - first
        return counts[0] + slope * steps // step + bend * steps * (steps - step) // (2 * step * step)

    return operations


def _counted(model: Any, given: torch.Tensor) -> tuple[int, tuple[int, ...]]:
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        made = model(given.to("meta"))
    return counter.get_total_flops(), tuple(made.last_hidden_state.shape)


def load(contents: Mapping[str, bytes], source: str, layers: int | None = None) -> Run:
    """Loads what runs a model.

    Args and errors are those of `model_of`.
    """
    model = model_of(contents, source, layers)
    if TOKENIZER in contents:
        return _of_tokens(model)
    mean, spread, size = _normalisation(Path(source))
    return _of_pixels(model, mean, spread, size)


def model_of(contents: Mapping[str, bytes], source: str, layers: int | None = None) -> Any:
    """Returns a model; its weights have been read and hashed, and what is loaded is checked to be all of them.

    Args:
        contents: of its files.
        source: its folder.
        layers: only the first so many; none where that is 0; all when absent.

    Raises:
        FolderError: damaged, NaN, weights that are missing or of another size, or a vocabulary that isn't the model's.
    """
    folder = Path(source)
    found, _ = from_bytes(contents[WEIGHTS], str(folder / WEIGHTS))
    model = _filled(_config(folder, layers), found, folder, cut=layers is not None)
    if TOKENIZER in contents:
        symbols = int(model.get_input_embeddings().weight.shape[0])
        named = library("tokenizers", "reading texts for a pretrained model").Tokenizer.from_buffer(contents[TOKENIZER])
        if named.get_vocab_size(with_added_tokens=True) > symbols:
            raise FolderError(
                f"{folder / TOKENIZER}: {named.get_vocab_size():,} tokens, but the model knows {symbols:,}: "
                "the vocabulary is another model's"
            )
    return model


def _of_tokens(model: Any) -> Run:
    def run(value: Value) -> npt.NDArray[np.float32]:
        """Returns the last hidden states `[L, K]` of tokens `[L]`."""
        tokens_1L = torch.from_numpy(np.asarray(value, dtype=np.int64))[None]
        states: npt.NDArray[np.float32] = model(input_ids=tokens_1L).last_hidden_state[0].numpy()
        return states

    return run


def _of_pixels(model: Any, mean: torch.Tensor, spread: torch.Tensor, size: tuple[int, int]) -> Run:
    def run(value: Value) -> npt.NDArray[np.float32]:
        """Returns the last hidden states `[S, K]` of a picture `[R, C, 3]`."""
        pixels = torch.from_numpy(np.asarray(value, dtype=np.float32)).permute(2, 0, 1)
        states = model(((pixels - mean) / spread)[None]).last_hidden_state[0]
        states = states.flatten(1).T if states.dim() == 3 else states
        return np.asarray(states.contiguous().numpy())

    return run


def _config(folder: Path, layers: int | None) -> Any:
    transformers = library("transformers", "a model in transformers' form")
    try:
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as problem:  # a configuration may be wrong in many ways
        raise FolderError(f"{folder / CONFIG}: can't be used: {str(problem)[:300]}") from None
    if layers is not None:
        _cut(config, layers, folder)
    return config


def _empty(config: Any, folder: Path) -> Any:
    """Returns the model without weights, which shows its sizes."""
    transformers = library("transformers", "a model in transformers' form")
    try:
        with torch.device("meta"):
            return transformers.AutoModel.from_config(config, trust_remote_code=False).eval()
    except Exception as problem:
        raise FolderError(f"{folder / CONFIG}: no model can be built of it: {str(problem)[:300]}") from None


def _filled(config: Any, found: Mapping[str, torch.Tensor], folder: Path, *, cut: bool) -> Any:
    """Returns the model with the weights of a file; those of heads and of layers that were cut off are left over."""
    logging = library("transformers.utils.logging", "a model in transformers' form")
    kind = type(_empty(config, folder))
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)  # what is missing is said below
    logging.disable_progress_bar()
    try:
        with torch.random.fork_rng():  # what is drawn for what is missing must not move anybody's dice
            model, told = kind.from_pretrained(
                None,
                config=config,
                state_dict=dict(found),
                dtype=torch.float32,
                ignore_mismatched_sizes=True,
                output_loading_info=True,
            )
    except Exception as problem:  # weights may be wrong in many ways
        raise FolderError(
            f"{folder / WEIGHTS}: not the weights of the model of {CONFIG}: {str(problem)[:300]}"
        ) from None
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
    for name, here, there in sorted(told["mismatched_keys"]):
        sizes = f"{list(here)}, {CONFIG} asks for {list(there)}"
        raise FolderError(f"{folder / WEIGHTS}: weight {name!r} has shape {sizes}")
    for name in sorted(told["missing_keys"]):
        if not any(part in name for part in _UNUSED):
            raise FolderError(f"{folder / WEIGHTS}: no weight {name!r}, which the model of {CONFIG} has")
    _refuse_more(model, told["unexpected_keys"], folder, cut)
    return model.eval()


def _refuse_more(model: Any, names: Iterable[str], folder: Path, cut: bool) -> None:
    """Refuses weights that belong into the model and that it hasn't; a head beside it, or a constant, may lie there."""
    parts = {name.partition(".")[0] for name in model.state_dict()}
    for name in sorted(names):
        inner = name.removeprefix(f"{model.base_model_prefix}.")
        numbers = [int(part) for part in inner.split(".") if part.isdigit()]
        off = cut and bool(numbers) and numbers[0] >= model.config.num_hidden_layers
        if inner.partition(".")[0] in parts and not off and not inner.endswith(_CONSTANTS):
            raise FolderError(f"{folder / WEIGHTS}: weight {name!r} is none that the model of {CONFIG} has")


def _cut(config: Any, layers: int, folder: Path) -> None:
    whole = getattr(config, "num_hidden_layers", None)
    if not isinstance(whole, int):
        raise LtmError(f"layers: the model in {folder} can't be cut")
    if not 0 <= layers <= whole:
        raise LtmError(f"layers: the model in {folder} has {whole}, got {layers}")
    config.num_hidden_layers = layers


def _picture_size(config: Mapping[str, Any], folder: Path) -> tuple[int, int]:
    size = config.get("image_size")
    if size is None and (folder / PICTURES).is_file():
        said = _json(folder / PICTURES).get("size", 224)
        size = said.get("height", said.get("shortest_edge", 224)) if isinstance(said, dict) else said
    sides = (size, size) if isinstance(size, int) else tuple(size or (224, 224))
    if len(sides) != 2 or not all(isinstance(side, int) and 1 <= side <= 1024 for side in sides):
        raise FolderError(f"{folder / CONFIG}: image_size: expected 1 to 1024, got {size!r}")
    return sides


def _normalisation(folder: Path) -> tuple[torch.Tensor, torch.Tensor, tuple[int, int]]:
    """Returns mean and spread of each colour from 0 to 255, and the size of pictures.

    Where nothing is said, colours from 0 to 1 have a mean and a spread of a half.
    """
    said = _json(folder / PICTURES) if (folder / PICTURES).is_file() else {}
    asked = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3} | said
    if said.get("do_normalize") is False:
        asked |= {"image_mean": [0.0] * 3, "image_std": [1.0] * 3}
    factor = 1.0 if said.get("do_rescale") is False else said.get("rescale_factor", 1 / 255)
    try:
        parts = [torch.tensor(asked[key], dtype=torch.float32) / factor for key in ("image_mean", "image_std")]
    except (TypeError, ValueError, RuntimeError, ZeroDivisionError):
        parts = []
    if [part.shape for part in parts] != [(3,), (3,)] or not bool((parts[1] > 0).all()):
        wanted = "image_mean and image_std of three colours, and a positive rescale_factor"
        raise FolderError(f"{folder / PICTURES}: expected {wanted}")
    return parts[0][:, None, None], parts[1][:, None, None], _picture_size(_json(folder / CONFIG), folder)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_bytes(path, MOST_CONFIG))
    except (ValueError, RecursionError) as problem:
        if isinstance(problem, FolderError):
            raise
        raise FolderError(f"{path}: not JSON: {problem}") from None
    if not isinstance(found, dict):
        raise FolderError(f"{path}: expected an object")
    return found
