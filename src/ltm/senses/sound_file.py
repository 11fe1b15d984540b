"""Reads sound files: plain WAV with the standard library, all others with the soundfile package where it is there."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ltm.errors import DataError

ENDINGS = (".wav", ".flac", ".ogg", ".mp3")
"""What names of sound files end in."""
SLOWEST, FASTEST = 1000, 384_000
"""Samples a second that are believed."""


class Sound(NamedTuple):
    """The beginning of a sound.

    Attributes:
        samples: the mean of all channels, from -1 to 1.
        rate: samples a second.
        seconds: how long the whole sound is.
    """

    samples: npt.NDArray[np.float64]
    rate: int
    seconds: float


def read_sound(file: Path | bytes, seconds: float) -> Sound:
    """Returns the first seconds of a sound, from a file's name or from the bytes of one; reads no more than these.

    Raises:
        DataError: no such file, not a sound, one without samples, cut off, or in a format that needs soundfile.
    """
    name = f"{len(file):,} bytes" if isinstance(file, bytes) else repr(str(file)[:200])
    head = file[:12] if isinstance(file, bytes) else _head(file, name)
    if not head:
        raise DataError(f"{name}: the file is empty")
    is_wave = head[:4] == b"RIFF" and head[8:] == b"WAVE"
    if not is_wave and isinstance(file, Path) and file.suffix.lower() == ".wav":
        raise DataError(f"{name} isn't a WAV file: it doesn't begin as one")
    try:
        found = _plain_wave(_opened(file), seconds) if is_wave else None
        sound = found or _with_soundfile(_opened(file), seconds)
    except DataError as problem:
        raise DataError(f"{name}{problem}") from None
    if not SLOWEST <= sound.rate <= FASTEST:
        raise DataError(f"{name}: {sound.rate:,} samples a second; expected {SLOWEST:,} to {FASTEST:,}")
    if not len(sound.samples):
        raise DataError(f"{name} holds no samples")
    if not np.isfinite(sound.samples).all():
        raise DataError(f"{name} holds samples that are no numbers")
    return sound


def _head(file: Path, name: str) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(12)
    except FileNotFoundError:
        raise DataError(f"{name}: there is no such sound") from None
    except OSError as problem:
        raise DataError(f"{name} can't be read: {problem.strerror}") from None
    except ValueError:  # a NUL in it
        raise DataError(f"{name}: no file is called so") from None


def _opened(file: Path | bytes) -> Any:
    """Returns what libraries read: a name, or bytes as if from a file."""
    return io.BytesIO(file) if isinstance(file, bytes) else str(file)


def _plain_wave(source: Any, seconds: float) -> Sound | None:
    """Reads whole numbers of 8 to 32 bits; returns None for what the standard library doesn't read."""
    try:
        with wave.open(source, "rb") as file:
            channels, width, rate, count = (
                file.getnchannels(),
                file.getsampwidth(),
                file.getframerate(),
                file.getnframes(),
            )
            wanted = min(count, int(np.ceil(seconds * rate)))
            data = file.readframes(wanted)
    except (wave.Error, EOFError, RuntimeError, ValueError, OSError) as problem:  # damaged files raise many kinds
        if str(problem).startswith("unknown "):  # a format, or an extended one
            return None
        raise DataError(f" can't be read as a WAV file: {problem or 'it is cut off'}") from None
    if not 1 <= width <= 4:
        raise DataError(f" has samples of {width} bytes; 1 to 4 are read")
    if len(data) < wanted * width * channels:
        missing = f"{len(data) // (width * channels):,} of {count:,} samples are there"
        raise DataError(f" is cut off: only {missing}")
    return Sound(_whole_numbers(data, width).reshape(-1, channels).mean(axis=1), rate, count / max(1, rate))


def _whole_numbers(data: bytes, width: int) -> npt.NDArray[np.float64]:
    """Returns samples of so many bytes as numbers from -1 to 1; those of one byte have no sign."""
    if width == 1:
        return (np.frombuffer(data, dtype=np.uint8).astype(np.float64) - 128) / 128
    # Padded below to four bytes, so that three are read as well.
    padded = np.zeros((len(data) // width, 4), dtype=np.uint8)
    padded[:, 4 - width :] = np.frombuffer(data, dtype=np.uint8).reshape(-1, width)
    return padded.reshape(-1).view("<i4").astype(np.float64) / 2**31


def _with_soundfile(source: Any, seconds: float) -> Sound:
    try:
        import soundfile
    except ImportError:
        raise DataError(" isn't a plain WAV file; reading it needs soundfile: pip install 'ltm[audio]'") from None
    try:
        with soundfile.SoundFile(source) as file:
            rate, count = int(file.samplerate), int(file.frames)
            samples: npt.NDArray[Any] = file.read(int(np.ceil(seconds * rate)), dtype="float64", always_2d=True)
    except (RuntimeError, ValueError, TypeError) as problem:  # what libsndfile can't read
        raise DataError(f" can't be read as a sound: {problem}"[:400]) from None
    return Sound(samples.mean(axis=1) if samples.size else np.zeros(0), rate, count / max(1, rate))
