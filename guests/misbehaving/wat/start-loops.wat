;; Loops before any function is called, already when it is instantiated. Its functions have the names
;; that the contract wants and not the types: nobody lives to look at them.
(component
  (core module $m
    (func $start (loop $again (br $again)))
    (start $start)
    (func (export "f")))
  (core instance $i (instantiate $m))
  (func $f (canon lift (core func $i "f")))
  (instance $functions (export "describe" (func $f)))
  (instance $orchestrator (export "open" (func $f)) (export "advance" (func $f)))
  (export "dacapo:durable/functions@0.1.0" (instance $functions))
  (export "dacapo:durable/orchestrator@0.1.0" (instance $orchestrator)))
