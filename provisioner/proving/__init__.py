"""Asking live nodes: what is linked works, and what is not is refused."""
