"""One module for each way of booking, run as a process of its own: `python -m tools.bench.lost_answers.ways.NAME`."""
