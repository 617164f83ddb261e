"""What pathology found, how the models do here and now, when to worry, and the steps to another model."""
