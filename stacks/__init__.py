"""What a target is made of: one module or package a target, listed here."""

from stacks.aws import target as aws
from stacks.local import target as this_machine
from stacks.target import Target

TARGETS: dict[str, Target] = {"local": this_machine, "aws": aws}
