"""What runs on workers, as they tell Temporal: so that no worker that runs something is taken away."""
