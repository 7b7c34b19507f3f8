;; Wants 4 GiB of memory before it does anything.
(component
  (core module $m (memory (export "memory") 65536))
  (core instance (instantiate $m))
  (instance $role)
  (export "dacapo:durable/functions@0.1.0" (instance $role))
  (export "dacapo:durable/orchestrator@0.1.0" (instance $role)))
