"""Interactions -> votes of labeling functions -> label model -> probabilities and labels."""

if "." not in __name__:
    # In a checkout a bare `import labeling` finds this folder on sys.path and would make a second
    # copy of every class in it, equal in name and never in isinstance().
    raise ImportError("write `from redditess import labeling`: the room has no name of its own")
