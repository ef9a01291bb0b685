"""How columns become inputs of the first layer.

``encoding`` puts the parts together: it learns from rows, encodes batches, folds what it can into
the first layer's weights, and names the inputs. Its parts are ``scaling`` (columns on a common
scale) and ``binning`` (columns divided into bins). ``sparse`` encodes sparse rows without making
them dense; ``columns`` computes statistics of columns over weighted rows.
"""
