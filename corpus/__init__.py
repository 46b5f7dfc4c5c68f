"""Dump files -> submissions and comments -> interactions. Every other room stands on this one."""

if "." not in __name__:
    # In a checkout a bare `import corpus` finds this folder on sys.path and would make a second
    # copy of every class in it, equal in name and never in isinstance().
    raise ImportError("write `from redditess import corpus`: the room has no name of its own")
