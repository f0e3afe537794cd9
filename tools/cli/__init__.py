"""`openchair`, the operator's command."""
