"""The text of number plates: compact form, confusion key, national shapes."""
