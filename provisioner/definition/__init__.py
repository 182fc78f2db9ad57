"""From text to a Network: bytes, places, grammar, values, and what is wrong with them."""
