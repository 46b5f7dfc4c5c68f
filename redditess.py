"""redditess: from raw Reddit dumps to a labelled dataset of effective support.

`effective` means that the poster acknowledged this comment. It is not clinical benefit.
"""

import os

if __name__ not in ("redditess", "__main__"):  # `redditess.redditess` would be a second copy
    raise ImportError("this file is the package `redditess` itself: write `import redditess`")
if "__path__" not in globals():  # a checkout: this file is a plain module, its rooms lie beside it
    __path__ = [os.path.dirname(os.path.abspath(__file__))]
    if __spec__ is not None:
        __spec__.submodule_search_locations = __path__  # importlib.resources and pkgutil look here

__version__ = "0.1.0"

if __name__ == "__main__":  # `python -m redditess` in a checkout runs this file
    from redditess.__main__ import main  # the work is done in the real module, not in this copy

    raise SystemExit(main())
