# make demo    builds what it needs and shows the main job
# make test    all tests, those of the SDKs included
# make check   formatting, lints, house rules
# make bench   measures; ROWS=seq3,fan1000 runs a part
#
# The cargo target directory lies outside the checkout, so that fresh clones share what is compiled.

CACHE := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/dacapo
export CARGO_TARGET_DIR ?= $(CACHE)/target
export CARGO_TERM_COLOR ?= auto

# These targets may install toolchains for guests, in the cache folder; the host itself never does.
export DACAPO_INSTALL ?= 1
# What Python keeps of modules would look like a change of the SDK that the host embeds.
export PYTHONDONTWRITEBYTECODE := 1
# One selection of packages for everything that is built for debugging: another one has other features, and would
# compile the WebAssembly engine once more.
BUILD := cargo build --workspace --all-targets --locked
RUST_GUESTS := $(addprefix guests/,hello fan-out reminder approval pipeline monitor counter transfer article/rust misbehaving)
# These need node, python3 and a compiler for C, or what `dacapo build --install` puts into the cache folder.
OTHER_GUESTS := $(addprefix guests/,hello-js hello-python hello-c article/js article/python article/mix azure-python)
TEST_GUESTS := tests/clients/guest tests/triggers/guest \
	$(addprefix tests/languages/,dice/rust dice/js dice/python misbehaving/js misbehaving/python stock/python azure)
BENCH_GUESTS := $(addprefix guests/,hello fan-out reminder transfer hello-js hello-python) tests/bench/guest tests/triggers/guest \
	$(addprefix tests/languages/dice/,rust js python)
export DACAPO_BIN := $(CARGO_TARGET_DIR)/debug/dacapo
RELEASE := $(CARGO_TARGET_DIR)/release
# What tests of the SDK for JavaScript need: the toolchain, and the compiler of TypeScript.
JS_TOOLS := $(CACHE)/toolchains/js-tests

.PHONY: demo test sdk-tests check bench rust-guests guests

demo: rust-guests
	$(CARGO_TARGET_DIR)/debug/demo $(DACAPO_BIN)

test: guests sdk-tests
	cargo test --workspace --locked

sdk-tests: $(JS_TOOLS)/installed
	DACAPO_MODULES=$(JS_TOOLS)/node_modules node --test guest-sdk/js/test/*.test.mjs
	$(JS_TOOLS)/node_modules/.bin/tsc -p guest-sdk/js
	cd guest-sdk/python && python3 -m unittest discover -s tests -t .

rust-guests:
	$(BUILD)
	$(DACAPO_BIN) build $(RUST_GUESTS)

guests: rust-guests
	$(DACAPO_BIN) build $(OTHER_GUESTS) $(TEST_GUESTS)

# npm's stricter `ci` refuses the lock file: packages for some other machines were never published.
$(JS_TOOLS)/installed: guest-sdk/js/toolchain/package-lock.json
	mkdir -p $(@D)
	cp guest-sdk/js/toolchain/package.json guest-sdk/js/toolchain/package-lock.json guest-sdk/js/toolchain/.npmrc $(@D)
	cd $(@D) && npm install --no-save --ignore-scripts --no-audit --no-fund
	touch $@

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --workspace --locked --test tidy

bench:
	cargo build --release --workspace --bins --locked
	$(RELEASE)/dacapo build $(BENCH_GUESTS)
	$(RELEASE)/bench $(RELEASE)/dacapo
