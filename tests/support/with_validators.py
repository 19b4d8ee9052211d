"""The embedded preset with more validators than its own."""
import os

import e2e

FAULTY = os.path.join(e2e.BUILD, "tests", "faulty")
SOUND = os.path.join(e2e.BUILD, "tests", "sound")


def embedded(before="", after=""):
    """Its text, with the entries `before` at the front of its validators and `after` behind them;
    the tests' own plugins are found too."""
    with open(os.path.join(e2e.SOURCE, "presets/embedded.yaml")) as file:
        text = file.read()
    for old, new in (("  - ${PLUGIN_DIR:-./plugins}\n",
                      "".join("  - %s\n" % d for d in (os.path.join(e2e.BUILD, "plugins"),
                                                       FAULTY, SOUND))),
                     ("\nvalidators:\n", "\nvalidators:\n" + before),
                     ("\n\nspool:\n", "\n" + after + "\nspool:\n")):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text
