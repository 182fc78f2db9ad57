"""Rules over the definition: a network in, findings out; no file, clock or socket."""
