"""Defaults that training, the recipe, the command line and the estimators share.

Plain values without imports, so that a help text can show them without loading a kernel.
"""

METHOD = "reviving rigl"
BATCH_SIZE = 128
EPOCHS = 10
# A small table has so few batches in these epochs that hardly anything would be learnt.
LEAST_STEPS = 1000
# Of the networks that recipes, comparisons and estimators make, and so of the command line. `mlp`
# builds what it is told and stays dense and uniform.
SPARSITY = 0.9
DISTRIBUTION = "erk"
# A neuron that reads one input makes the network a sum of functions of single inputs. From three
# on, all methods learn products of two inputs, also those that never rewire.
MIN_FAN_IN = 3
# Standard deviations from the mean beyond which an input counts as being there. One sample far out
# would otherwise bend what is learnt between it and the others.
INPUT_LIMIT = 5.0
# Neurons of the one hidden layer of networks whose width is not said; fewer where there are too few
# connections for each to read that much. A tenth of its connections, with the numbers of their
# sources, are about a tenth of the bytes of scikit-learn's 100 dense neurons.
HIDDEN = 80
# Of tables: of files such as CSV, and of all that estimators are given. Chosen together by five
# folds of the development tables in benchmarks/study_tables.py. Small tables make few batches, so
# these are small and their passes many.
TABLE_OPTIMIZER = "adamw"
TABLE_LR = 0.01
TABLE_BATCH_SIZE = 32
TABLE_EPOCHS = 200
# Where epochs are not said there are no more steps than these, some minutes, but one epoch at
# least: tables of more than 24,000 rows are seen less often.
TABLE_STEPS = 150_000
# What a new network says is scaled by this: a few neurons guess wildly, and the trainings of small
# tables are too short to forget it.
FIRST_OUTPUTS = 0.1
# Steps between two rewirings, and how many there should be at least: methods' own intervals, such
# as an epoch, suit longer trainings than those of most tables.
REWIRE_EVERY, LEAST_REWIRINGS = 100, 20
# By how much AdamW shrinks weights in an epoch at the first learning rate, where no decay is given:
# weights remember so many epochs, whatever the number of samples and their batches.
DECAY_PER_EPOCH = 0.03
