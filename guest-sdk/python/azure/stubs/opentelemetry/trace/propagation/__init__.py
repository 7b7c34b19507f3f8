"""A stand-in: only `tracecontext` has something in it."""
