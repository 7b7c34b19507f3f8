;; An orchestrator that wants to keep something elsewhere: the import must be refused by its name.
(component
  (import "wasi:keyvalue/store@0.2.0" (instance
    (export "put" (func (param "key" string) (param "value" string)))))
  (instance $role)
  (export "dacapo:durable/functions@0.1.0" (instance $role))
  (export "dacapo:durable/orchestrator@0.1.0" (instance $role)))
