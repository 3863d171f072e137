"""llama.cpp in a child process, many conversations in one context."""
