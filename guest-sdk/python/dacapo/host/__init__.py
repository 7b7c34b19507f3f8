"""The border: carries words between the generated bindings and the rest of the SDK. Only here is `wit_world` imported.

There is one module for each interface that a component may export, and the build tool's entry module imports those that
its world has. Records of the contract are passed as they are, because the bindings read them by the names of their
fields; only variants have classes of their own.
"""
