"""What a recipe or a user calls a model, found or made: installed, tiny, a folder, a Hub id."""
