"""The one HTML shell, SVG plots and escaping behind every page a build draws."""

if "." not in __name__:
    # In a checkout a bare `import pages` finds this folder on sys.path and would make a second
    # copy of every class in it, equal in name and never in isinstance().
    raise ImportError("write `from redditess import pages`: the room has no name of its own")
