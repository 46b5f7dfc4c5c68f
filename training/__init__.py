"""From a released dataset to models: checked, trained, measured, described, published.

The front doors lie here: the verbs (`cli.py`, `verbs_*.py`), `train.py`, `push.py`, `demo.py`.
Behind them are rooms, each of which imports those above it only (`tests/test_house.py`):

    recipes      what a run is told: the shipped files, their reader
    runs         one run on disk: folder, life, log, checkpoints, what every trainer is told
    data         the rows: found, proven whole, guarded, in order, remembered
    models       what a recipe or a user calls a model, found or made
    figures      what stands beside a classifier: baselines, strata, intervals, one table
    classifier   an encoder that reads a post and a comment
    cards        what is said of a model, from the files of its run alone
    answers      a language model asked, sampled, screened; how likely an answer is to it
    generator    language models tuned: SFT, DPO, KTO, reward models, GRPO with its rewards
    preflight    what can be known before any weights load
"""

if "." not in __name__:
    # In a checkout a bare `import training` finds this folder on sys.path and would make a second
    # copy of every class in it, equal in name and never in isinstance().
    raise ImportError("write `from redditess import training`: the room has no name of its own")
