"""`anpr bench pipeline`: reads in, passages, hits and verdicts in the store, on one machine, all processes counted."""

from anpr.bench.pipeline.bench import run_pipeline_bench
from anpr.bench.pipeline.plan import PipelineBench
from anpr.bench.pipeline.sweep import Sweep, run_sweeps

__all__ = ["PipelineBench", "Sweep", "run_pipeline_bench", "run_sweeps"]
