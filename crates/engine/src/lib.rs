//! What a plan means: the reference measurer, the evaluator and explanations.
