"""Labels -> splits -> Parquet, card and manifest: the folder that users load."""

if "." not in __name__:
    # In a checkout a bare `import release` finds this folder on sys.path and would make a second
    # copy of every class in it, equal in name and never in isinstance().
    raise ImportError("write `from redditess import release`: the room has no name of its own")
