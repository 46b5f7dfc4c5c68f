"""Reading dumps: a file of JSON lines -> typed rows per bucket, every line accounted for."""
