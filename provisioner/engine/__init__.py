"""The engine's runs: its state, its locks, its provider, and where a network is kept."""
