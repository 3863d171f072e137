"""A tiny pair of GGUF files, a language model and its eye, for tests of images without a download."""
