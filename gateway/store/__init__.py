"""How it is kept: the only transactions, the objects, the keys, the migrations."""
