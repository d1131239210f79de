"""Heavy packages are imported when they are used, not when a namespace is."""

import subprocess
import sys

HEAVY = ("graphviz", "matplotlib", "pandas", "PIL", "sklearn")


def test_namespaces_import_no_heavy_packages():
    code = (
        "import sys, rewire.data, rewire.plot, rewire.report, rewire.web\n"
        f"print([name for name in {HEAVY} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
