"""Commands beside the command line: ``python -m metrogis.scripts.compare`` and others."""
