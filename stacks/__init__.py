"""What a target is made of: one module or package a target."""
