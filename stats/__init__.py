"""Metrics as plain functions of numpy arrays. Knows nothing of Reddit."""

if "." not in __name__:
    # In a checkout a bare `import stats` finds this folder on sys.path and would make a second
    # copy of every class in it, equal in name and never in isinstance().
    raise ImportError("write `from redditess import stats`: the room has no name of its own")
