;; Loops before any function is called, already when it is instantiated.
(component
  (core module $m
    (func $forever (loop $again (br $again)))
    (start $forever))
  (core instance (instantiate $m))
  (instance $role)
  (export "dacapo:durable/functions@0.1.0" (instance $role))
  (export "dacapo:durable/orchestrator@0.1.0" (instance $role)))
