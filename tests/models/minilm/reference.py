"""Writes what sentence-transformers makes of the texts: ``python -m tests.models.minilm.reference FOLDER`` (of the weights).

Needs torch and sentence-transformers in an environment of their own; not part of the tests.
"""

import argparse
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from tests.models.minilm import REFERENCE, texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    model = SentenceTransformer(str(parser.parse_args().folder), device="cpu")
    vectors = model.encode(list(texts()), normalize_embeddings=True, batch_size=1)
    np.save(REFERENCE, vectors.astype(np.float16))
    print(f"wrote {REFERENCE}, {vectors.shape}, texts cut to {model.max_seq_length} tokens")


if __name__ == "__main__":
    main()
