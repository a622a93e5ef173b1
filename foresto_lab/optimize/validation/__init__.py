"""Trading on bars not chosen on: splits, walk-forwards, cross-validation."""
