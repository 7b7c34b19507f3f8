;; An orchestrator that wants to know the time by itself: the import must be refused by its name.
(component
  (import "wasi:clocks/wall-clock@0.2.0" (instance
    (type $record (record (field "seconds" u64) (field "nanoseconds" u32)))
    (export "datetime" (type $datetime (eq $record)))
    (export "now" (func (result $datetime)))))
  (instance $role)
  (export "dacapo:durable/functions@0.1.0" (instance $role))
  (export "dacapo:durable/orchestrator@0.1.0" (instance $role)))
