"""The network's mathematics: NumPy alone (SciPy for expit, sparse rows and L-BFGS).

Everything here works on a stack: ``n_estimators`` networks of one layout, whose parameters are one
array of shape (n_estimators, n_params). A single network is a stack of one. The modules stand on
rungs, and each imports only from rungs below its own:

0. ``streams``, ``columns``
1. ``layout``, ``activations``, ``losses``, ``optimizers``, ``schedules``, ``batching``, ``folds``,
   ``scaling``, ``sparse_inputs``
2. ``initializers``, ``network``, ``stopping``
3. ``objective``
4. ``epochs``
5. ``training``

Numbers may overflow, and NumPy warn of it: who calls tells it not to.
"""
