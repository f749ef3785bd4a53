"""What the installation remembers of requests, over all its processes: rate limits and answers to repeated requests."""
