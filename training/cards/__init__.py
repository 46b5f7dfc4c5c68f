"""What is said of a model, made from the files of its run, and whether it is true."""
