"""What findings mean, in a sentence for those who see them for the first time; trials in words."""

MOST_VALUES, MOST_NAMES = 3, 4  # of parameters, in the words for a trial

PLAIN = {
    # Rows, labels and weights
    "other_units": "Training learnt the scale of the columns from rows measured in other units.",
    "other_rows": "These are not the rows, or not the labels, that the networks learnt from.",
    "labels_misplaced": "In a part of the table the labels are not those of their rows.",
    "labels_shifted": "Labels stand some rows away from the row that they belong to.",
    "unit_changes": "A column is in one unit of measure above some row, and in another below it.",
    "rows_sorted": "The rows came sorted, so what was learnt from the first was forgotten again.",
    "validation_is_training": "The validation rows are training rows, so they judge nothing.",
    "validation_differs": "The validation rows are unlike the training rows.",
    "few_rows_weigh_all": "A few rows have nearly all of the weight, so the others hardly count.",
    "class_without_weight": "One of the classes has next to no weight, so it is not learnt.",
    "repeated_rows": "Many rows are copies of others.",
    "contradicting_labels": "Rows that are alike in every column have different labels.",
    # Columns
    "inputs_not_scaled": "The columns are not scaled, and their sizes are too different or large.",
    "outlier_squeezes": "One extreme value squeezes all others of its column into one spot.",
    "sentinel": "A number that stands for 'missing' is taken for a measurement.",
    "leak": "A column gives the label away; with new rows it may not be known.",
    "codes_as_numbers": "Numbers that are only names of kinds are read as sizes.",
    "constant_since_fit": "A column that varied in training is the same in every row now.",
    "unknown_levels": "A column has levels that training has not seen.",
    "constant_columns": "A column is the same in every row, and tells nothing.",
    "duplicate_columns": "A column repeats another.",
    "id_column": "A column names the rows, as an id does, and teaches nothing about new ones.",
    "no_signal": "The columns tell nothing about the labels, as far as these rows show.",
    # Settings and the course of training
    "unsuitable_setting": "A parameter has a value with which the networks learn badly.",
    "no_hidden_layer": "Without a hidden layer a network can only add its columns up.",
    "too_few_units": "There are too few units to tell the classes apart.",
    "hidden_layers_idle": "With this activation hidden layers do no more than logistic regression.",
    "rate_too_high": "The learning rate is too high: each step leaps over what it aims at.",
    "rate_too_low": "The learning rate is too low: the steps lead hardly anywhere.",
    "schedule_ends_early": "The learning rate falls to almost nothing before much is learnt.",
    "stopped_too_early": "Training ended before the networks had learnt what they can.",
    "penalty_too_strong": "A penalty holds the weights so tightly that they cannot learn.",
    "unlucky_start": "The networks began badly; begun anew, they learn.",
    # Units of the hidden layers
    "symmetric_units": "Units of a layer are copies of one another, and stay so.",
    "vanishing_gradients": "The error fades on its way down, so the first layer learns nothing.",
    "exploding_gradients": "The error grows beyond measure on its way down to the first layer.",
    "dead_units": "Many units are 0 for every row, and cannot learn any more.",
    "saturated_units": "Many units are at the end of their range, where they hardly learn.",
    "similar_units": "The units of a layer all say the same.",
    # Predictions
    "constant_prediction": "Every row gets the same probability.",
    "overfitting": "It knows the rows that it trained on better than new ones.",
    "uncalibrated": "The probabilities are not how often the class comes.",
    "threshold_hides_rare_class": "The rarer class seldom gets more than one half, so predict "
    "seldom finds it.",
    "no_better_than_linear": "A logistic regression does better than these hidden layers.",
    "defaults_learn_more": "It learns, and the defaults learn more from the same rows.",
    "unexplained": "It has learnt less than can be learnt, and no cause was found.",
}


def in_words(params, defaults):
    """A trial's parameters; of many that have their defaults, some of the names only."""
    if len(params) <= MOST_VALUES:
        return f"with {', '.join(settings(params))}"
    restored = [name for name, value in params.items() if value == defaults[name]]
    others = {name: value for name, value in params.items() if name not in restored}
    names = ", ".join(restored[:MOST_NAMES])
    more = f", ... ({len(restored)} parameters)" if len(restored) > MOST_NAMES else ""
    return f"with {', '.join([*settings(others), f'the defaults of {names}{more}'])}"


def settings(params):
    """Parameters as they are written in a call, floats to four digits."""
    for name, value in params.items():
        shown = float(f"{value:.4g}") if isinstance(value, float) else value
        yield f"{name}={shown!r}"
