/** Typed stubs of durable functions, made by `dacapo types`. Do not change them: make them anew. */
