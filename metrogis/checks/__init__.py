"""One file per question, in the strategy's order; ``registry`` lists them all."""
