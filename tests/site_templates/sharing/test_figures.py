"""What is counted, as Prometheus reads it."""

from sharing.figures import Figure, exposition, figure


def test_the_text_format() -> None:
    odd = Figure("b", "More.", (({"x": 'y"\\\n'}, 0.5), ({}, 2.0)))
    assert exposition([figure("a", "Words.", 3.0), odd]).splitlines() == [
        "# HELP a Words.",
        "# TYPE a gauge",
        "a 3",
        "# HELP b More.",
        "# TYPE b gauge",
        r'b{x="y\"\\\n"} 0.5',
        "b 2",
    ]
