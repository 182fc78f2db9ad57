"""From text to a running, verified network; knows no target and no policy."""
