"""An encoder that reads (title + post, comment): its rows, its loss, its run, its file."""
