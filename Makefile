# make demo    builds what it needs and shows the main job
# make test    all tests
# make check   formatting, lints, house rules
# make bench   measures; ROWS=seq3,fan1000 runs a part
#
# The cargo target directory lies outside the checkout, so that fresh clones share what is compiled.

CACHE := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/dacapo
export CARGO_TARGET_DIR ?= $(CACHE)/target
export CARGO_TERM_COLOR ?= auto

# These targets may install a wasm toolchain; the host itself never does.
GUESTS := hello fan-out reminder misbehaving
DEV := $(CARGO_TARGET_DIR)/debug/dacapo
RELEASE := $(CARGO_TARGET_DIR)/release/dacapo

.PHONY: demo test check bench guests clean-guests

demo:
	cargo build --release --locked -p server
	DACAPO_INSTALL=1 $(RELEASE) build guests/hello guests/fan-out
	cargo run --release --locked -q -p tests --bin demo -- $(RELEASE)

guests:
	cargo build --locked -p server
	DACAPO_INSTALL=1 $(DEV) build $(addprefix guests/,$(GUESTS))

test: guests
	DACAPO_BIN=$(DEV) cargo test --workspace --locked

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --locked -q -p tests --test tidy

bench:
	cargo build --release --locked -p server -p tests
	DACAPO_INSTALL=1 $(RELEASE) build guests/hello guests/fan-out guests/reminder
	@$(CARGO_TARGET_DIR)/release/bench $(RELEASE)
