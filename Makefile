# Keyhook: the only build file. Everything made goes to build/<variant>/; `make help` lists the goals.
#
#   make                          the release binary, build/keyhook
#   make VARIANT=asan unit        release | asan | tsan | fuzz | cover
#   make CC=clang-14 B=build/clang

VARIANT ?= release
B       ?= build/$(VARIANT)
PREFIX  ?= /usr/local

VARIANTS := release asan tsan fuzz cover
ifeq ($(filter $(VARIANT),$(VARIANTS)),)
$(error VARIANT is one of $(VARIANTS), not '$(VARIANT)')
endif

ifeq ($(origin CC),default)
CC := $(if $(filter fuzz,$(VARIANT)),clang-14,gcc)
endif
IS_CLANG := $(findstring clang,$(notdir $(CC)))

# --- flags -------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings -Wformat=2 -Wundef -Wcast-qual \
	-Wnull-dereference -Wimplicit-fallthrough -Wswitch-enum -Wconversion -Wno-sign-conversion
WARN_GCC := -Wduplicated-cond -Wlogical-op

# The user's own choice of fortification, or -O0, wins over ours.
FORTIFY := $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS))$(filter -O0,$(CFLAGS)),,-D_FORTIFY_SOURCE=2)

OPT_release := -O2 -g $(FORTIFY) -fPIE
OPT_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_tsan    := -O1 -g -fsanitize=thread
OPT_cover   := -O0 -g --coverage
OPT_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

LINK_release := -pie -Wl,-z,relro,-z,now

BASE_FLAGS := -std=gnu17 -D_GNU_SOURCE -Isrc $(WARN) -fno-common -fstack-protector-strong -pthread

# NDEBUG is never defined: assertions are part of the program.
COMPILE = $(CC) $(BASE_FLAGS) $(if $(IS_CLANG),,$(WARN_GCC)) $(OPT_$(VARIANT)) $(FILE_FLAGS) \
	$(CPPFLAGS) $(CFLAGS) -UNDEBUG
LINK    = $(CC) $(OPT_$(VARIANT)) $(LINK_$(VARIANT)) -pthread -Wl,--as-needed $(CFLAGS) $(LDFLAGS)
LIBS    := -lmicrohttpd -lgnutls -lcurl-gnutls -ljansson -lyaml -lm

# --- sources -----------------------------------------------------------------------------------

MAIN_SRC    := src/cli/main.c
LIB_SRC     := $(filter-out $(MAIN_SRC),$(sort $(wildcard src/*/*.c)))
SUPPORT_SRC := $(sort $(wildcard tests/support/*.c))
UNIT_SRC    := $(sort $(wildcard tests/unit/*/test-*.c))
ENGINE_SRC  := $(sort $(wildcard tests/engine/*.c))
CLIENT_SRC  := $(sort $(wildcard tests/clients/*.c))
FUZZ_SRC    := $(sort $(wildcard tests/fuzz/fuzz-*.c))
REPLAY_SRC  := tests/fuzz/replay-main.c
BENCH_SRC   := $(sort $(wildcard tests/bench/bench-*.c tests/bench/server/*.c))
ALL_SRC     := $(wildcard $(MAIN_SRC)) $(LIB_SRC) $(SUPPORT_SRC) $(UNIT_SRC) $(ENGINE_SRC) $(CLIENT_SRC) $(FUZZ_SRC) $(REPLAY_SRC) \
	$(BENCH_SRC)

UNIT_BIN := $(UNIT_SRC:%.c=$(B)/%)
ENGINE_BIN := $(ENGINE_SRC:%.c=$(B)/%)
CLIENT_BIN := $(CLIENT_SRC:%.c=$(B)/%)
FUZZ_BIN := $(FUZZ_SRC:%.c=$(B)/%)
BENCH_BIN := $(BENCH_SRC:%.c=$(B)/%)
BIN      := $(if $(wildcard $(MAIN_SRC)),$(B)/keyhook)
ifeq ($(B),build/release)
BIN      += $(if $(BIN),build/keyhook)
endif

comma := ,

# Extra link flags of one test program: LINK_FLAGS_<path without .c>
# LINK_FLAGS_tests/unit/base/test-buf := -Wl,--wrap=realloc
ALLOC_FAULT := $(patsubst %,-Wl$(comma)--wrap=%,malloc calloc realloc strdup strndup asprintf __asprintf_chk)
LINK_FLAGS_tests/clients/call := $(ALLOC_FAULT) -Wl,--wrap=time_boot_us,--wrap=free
LINK_FLAGS_tests/engine/test-allocations := $(ALLOC_FAULT)
LINK_FLAGS_tests/unit/cert/test-bundle := $(ALLOC_FAULT)
LINK_FLAGS_tests/unit/cert/test-source := $(ALLOC_FAULT)
LINK_FLAGS_tests/unit/cert/test-trust-limits := $(ALLOC_FAULT)
LINK_FLAGS_tests/unit/http/test-http := $(ALLOC_FAULT)
LINK_FLAGS_tests/unit/http/test-reply := $(ALLOC_FAULT)
LINK_FLAGS_tests/unit/kube/test-memory := $(ALLOC_FAULT)
LINK_FLAGS_tests/unit/kube/test-settings := -Wl,--wrap=time_boot_us
LINK_FLAGS_tests/unit/vault/test-signed := $(ALLOC_FAULT)

# --- building ----------------------------------------------------------------------------------

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

all: $(B)/libkeyhook.a $(BIN) ## the program

programs: all $(if $(filter fuzz,$(VARIANT)),,$(UNIT_BIN) $(ENGINE_BIN) $(CLIENT_BIN) $(BENCH_BIN)) $(FUZZ_BIN) ## the program and all test programs

build/keyhook: build/release/keyhook
	@ln -sfn release/keyhook $@

$(B)/keyhook: $(B)/src/cli/main.o $(B)/libkeyhook.a $(B)/flags
	@echo "  LINK  $@"
	@$(LINK) -o $@ $(filter-out %/flags,$^) $(LIBS)

$(B)/libkeyhook.a: $(LIB_SRC:%.c=$(B)/%.o) $(B)/sources
	@echo "  AR    $@"
	@rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

# Helpers that several test programs share; an archive, so that each takes only what it names.
$(B)/libsupport.a: $(SUPPORT_SRC:%.c=$(B)/%.o) $(B)/sources
	@echo "  AR    $@"
	@rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/libsupport.a $(B)/libkeyhook.a $(B)/flags
	@echo "  LINK  $@"
	@$(LINK) $(LINK_FLAGS_tests/unit/$*) -o $@ $(filter-out %/flags,$^) -lcmocka $(LIBS)

$(B)/tests/bench/%: $(B)/tests/bench/%.o $(B)/libkeyhook.a $(B)/flags
	@echo "  LINK  $@"
	@$(LINK) -o $@ $(filter-out %/flags,$^) $(LIBS)

$(B)/tests/engine/%: $(B)/tests/engine/%.o $(B)/libsupport.a $(B)/libkeyhook.a $(B)/flags
	@echo "  LINK  $@"
	@$(LINK) $(LINK_FLAGS_tests/engine/$*) -o $@ $(filter-out %/flags,$^) -lcmocka $(LIBS)

$(B)/tests/clients/%: $(B)/tests/clients/%.o $(B)/libsupport.a $(B)/libkeyhook.a $(B)/flags
	@echo "  LINK  $@"
	@$(LINK) $(LINK_FLAGS_tests/clients/$*) -o $@ $(filter-out %/flags,$^) $(LIBS)

FUZZ_MAIN := $(if $(filter fuzz,$(VARIANT)),,$(REPLAY_SRC:%.c=$(B)/%.o))
$(B)/tests/fuzz/fuzz-%: $(B)/tests/fuzz/fuzz-%.o $(FUZZ_MAIN) $(B)/libsupport.a $(B)/libkeyhook.a $(B)/flags
	@echo "  LINK  $@"
	@$(LINK) $(if $(FUZZ_MAIN),,-fsanitize=fuzzer) $(LINK_FLAGS_tests/fuzz/fuzz-$*) -o $@ \
		$(filter-out %/flags,$^) $(LIBS)

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(COMPILE) -MMD -MP -c -o $@ $<

$(B)/tests/%.o: FILE_FLAGS = -Itests
$(B)/src/base/version.o: FILE_FLAGS = -DKEYHOOK_VERSION=$(shell cat VERSION)
$(B)/src/base/version.o: VERSION

# Stamps that change when the flags, this file's rules or the list of sources do.
write_if_changed = mkdir -p $(@D); printf '%s\n' '$(1)' | cmp -s - $@ || printf '%s\n' '$(1)' > $@
$(B)/flags: Makefile FORCE
	@$(call write_if_changed,$(subst ','\'',$(COMPILE) / $(LINK) $(LIBS)))
	@test ! Makefile -nt $@ || touch $@
$(B)/sources: FORCE
	@$(call write_if_changed,$(LIB_SRC) $(SUPPORT_SRC))

-include $(shell test -d $(B) && find $(B) -name '*.d')

# --- testing: the suites are the rows of tests/suites --------------------------------------------

DEPS   = scripts/deps $(1) || { echo '0 passed, 1 failed'; exit 1; }
SUITES = scripts/run-suites --build $(B) --make '$(MAKEOVERRIDES) VARIANT=$(VARIANT) B=$(B) CC="$(CC)"'

check: ## unit, cases and meta: about a minute
	@$(SUITES) --set check

test: ## everything; what needs real servers in a short form
	@$(call DEPS,build test)
	@$(SUITES) --set test

test-cluster: all ## against real API servers and Vault, at full length: at most 40 minutes, and 20 more the first time
	@$(call DEPS,build test)
	@KEYHOOK=$(B)/keyhook tests/certificates/run --judge

e2e: all ## pods in a node of our own, as root: about 25 minutes, and as many more the first time
	@$(call DEPS,build test node)
	@KEYHOOK=$(B)/keyhook tests/e2e/run
	@KEYHOOK=$(B)/keyhook tests/e2e/run --scenario

e2e-kind: all ## the same on kind (KIND_NODE_IMAGE), with Docker
	@KEYHOOK=$(B)/keyhook tests/e2e/run --backend kind

cluster-up: all ## that node, to look around: tests/cluster/in kubectl get pods -A
	@scripts/deps build test node
	@KEYHOOK=$(B)/keyhook tests/cluster/up

cluster-down: ## its end
	@tests/cluster/down

scenario: all ## the hospital of manifests/examples/phoenix-guardian on that node, with a printed tour
	@scripts/deps build test node
	@KEYHOOK=$(B)/keyhook tests/scenario/up

scenario-down: ## its end
	@tests/scenario/down

prove: ## the long proofs
	@$(call DEPS,build test prove)
	@$(SUITES) --set prove

fuzz: ## libFuzzer on every entry, FUZZ_SECONDS each (60)
	@$(SUITES) --set fuzz

unit meta cases conformance integration: ## one suite
	@$(SUITES) build $@

bench: all $(BENCH_BIN) ## instructions and throughput, of the engine and of the server
	@tests/bench/run
	@echo
	@tests/bench/server/run

accept: all $(ENGINE_BIN) ## rewrite the expected files of tests/cases; review the difference
	@BUILD=$(B) tests/cases/run --accept

demo: ## an injection over HTTPS, start to end
	@scripts/deps build demo
	@$(MAKE) --no-print-directory -j$(shell nproc) all
	@scripts/demo

# --- tools -------------------------------------------------------------------------------------

deps: ## install what building and testing need (Debian, Ubuntu)
	@scripts/deps build demo test prove

docs: all ## print the generated documents from the tables, and with helm the manifests from the chart
	@scripts/gen-docs
	@scripts/gen-dashboard
	@scripts/gen-chart
	@scripts/gen-manifests || [ $$? = 3 ]

format: ## clang-format all sources
	@clang-format-14 -i $(shell git ls-files '*.c' '*.h')

lint: ## clang-tidy, cppcheck, shellcheck, codespell
	@$(SUITES) --set lint

# A database for clang tools; always with clang's flags.
compile_commands.json: FORCE ## for editors and clang-tidy
	@{ echo '['; sep=; for f in $(ALL_SRC); do \
	  case $$f in tests/*) x=-Itests;; */version.c) x=-DKEYHOOK_VERSION=$$(cat VERSION);; *) x=;; esac; \
	  printf '%s{"directory": "%s", "file": "%s", "command": "clang-14 %s %s -c %s"}\n' \
	    "$$sep" '$(CURDIR)' "$$f" '$(BASE_FLAGS) -O1' "$$x" "$$f"; sep=,; done; echo ']'; } > $@

install: all ## DESTDIR and PREFIX (/usr/local) as usual
	install -D -m 755 $(B)/keyhook $(DESTDIR)$(PREFIX)/bin/keyhook
	install -D -m 644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/keyhook/LICENSE

clean: ## remove everything that was made
	@rm -rf build compile_commands.json

help: ## this list
	@sed -n 's/^\([a-z0-9_. -]*\):[^#]*## /\1\t/p' Makefile | expand -t 44

FORCE:
.PHONY: FORCE all programs check test test-cluster e2e e2e-kind cluster-up cluster-down \
	scenario scenario-down prove fuzz unit meta cases conformance integration bench \
	accept demo deps docs format lint install clean help
