;; An activity that wants something no host has: refused by its name.
(component
  (import "acme:magic/wand@1.0.0" (instance (export "wave" (func (param "times" u32)))))
  (instance $role)
  (export "dacapo:durable/functions@0.1.0" (instance $role))
  (export "dacapo:durable/activity@0.1.0" (instance $role)))
