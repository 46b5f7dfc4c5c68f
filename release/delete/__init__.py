"""Taking rows out of everything a build has left on disk, and showing that they are gone."""
