"""How columns become inputs of the first layer.

``encoding`` puts the parts together: it learns from rows, encodes batches, folds what it can into
the first layer's weights, and names the inputs. Its parts are ``scaling`` (columns on a common
scale), ``binning`` (columns divided into bins), ``gaps`` (which values are missing) and ``levels``
(of categorical columns). ``target_means`` makes a numeric column of a categorical one, before the
encoding is learnt. ``sparse`` encodes sparse rows without making them dense; ``reading`` reads rows
of any table into arrays that it keeps; ``statistics`` has quantiles, means and extremes of columns
over weighted rows.
"""
