"""The network's mathematics: NumPy alone (SciPy for expit, sparse rows and L-BFGS).

Everything here works on a stack: ``n_estimators`` networks of one layout, whose parameters are one
array of shape (n_estimators, n_params). A single network is a stack of one. The modules are on
rungs; each module imports only from rungs below its own:

0. ``streams``, ``layout``, ``activations``, ``losses``, ``optimizers``, ``schedules``,
   ``inputs.statistics``, ``inputs.levels``
1. ``batching``, ``folds``, ``initializers``, ``inputs.scaling``, ``inputs.binning``,
   ``inputs.gaps``, ``inputs.target_means``
2. ``inputs.encoding``, ``inputs.sparse``
3. ``inputs.reading``, ``stack``
4. ``first_layer``, ``network``
5. ``prediction``, ``stopping``
6. ``contributions``, ``objective``, ``permutation``
7. ``epochs``, ``differences``
8. ``lbfgs``
9. ``training``

Numbers may overflow; the caller turns off the warnings that NumPy gives of it.
"""
