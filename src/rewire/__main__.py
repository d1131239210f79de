"""``python -m rewire``: the same as the ``rewire`` command."""

from rewire.cli import main

if __name__ == "__main__":
    main()
