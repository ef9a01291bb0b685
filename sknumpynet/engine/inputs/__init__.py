"""How columns become inputs of the first layer.

``encoding`` is the whole: it knows its width, learns, encodes batches, folds into the weights what
can be folded, and names its inputs. Its parts are ``scaling`` (a column as a number of common
scale) and ``binning`` (a column in pieces). ``sparse`` encodes sparse rows without making them
dense; ``columns`` measures columns by weighted rows.
"""
