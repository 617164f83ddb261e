"""Why a model says what it says: the nomogram of a logistic model, exact Shapley values of any model.

A frozen model takes the nomogram's scale from here without pandas, so nothing is imported before it is asked for.
"""
