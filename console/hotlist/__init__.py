"""Lists of wanted vehicles, as people and other systems give them: read, checked, compared, published, recorded."""
