"""Messages as columns: one Arrow block for an insert, parsed and checked column by column.

    forms.py    contract → the type of each column, and the bounds that its values must keep
    block.py    messages → block, or nothing where any of them is in doubt

A doubt is no refusal: the caller then takes the messages one by one, which tells the good ones from the bad.
"""
