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
export DACAPO_INSTALL ?= 1
# One selection of packages for everything that is built for debugging: another one has other features, and would
# compile the WebAssembly engine once more.
BUILD := cargo build --workspace --all-targets --locked
GUESTS := hello fan-out reminder approval pipeline monitor counter transfer article/rust misbehaving
export DACAPO_BIN := $(CARGO_TARGET_DIR)/debug/dacapo
RELEASE := $(CARGO_TARGET_DIR)/release

.PHONY: demo test check bench guests

demo: guests
	$(CARGO_TARGET_DIR)/debug/demo $(DACAPO_BIN)

test: guests
	cargo test --workspace --locked

guests:
	$(BUILD)
	$(DACAPO_BIN) build $(addprefix guests/,$(GUESTS)) tests/clients/guest tests/triggers/guest

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --workspace --locked --test tidy

bench:
	cargo build --release --workspace --bins --locked
	$(RELEASE)/dacapo build guests/hello guests/fan-out guests/reminder guests/transfer tests/bench/guest tests/triggers/guest
	$(RELEASE)/bench $(RELEASE)/dacapo
