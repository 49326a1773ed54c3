# SPDX-License-Identifier: MIT
# make            the two programs, with the system's libraries
# make check      unit tests, then the scenarios against the simulator
# make asan       the same tests under AddressSanitizer and UBSan
# make install    DESTDIR= PREFIX=/usr/local
# make sim        the simulator alone: needs no library of the fleet's own
# make install-sim  it and its manual: DESTDIR= PREFIX=/usr/local
# make static     build-static/shardherd: one static binary, on musl
# make sim-static  build-static/shardherd-sim: the same of the simulator
# make check-static  the scenarios with it, in an empty root too
# make dist       a release of it, in build-static/dist
# make deb        the Debian package of it alone
# make image      a container image of it
# V=1 shows the commands.  BUILD= moves the build directory.
# TRICKS=-DHERD_TRICK_NAME=0 leaves out what shared/base/tricks.h has of NAME.

CC ?= gcc
BUILD ?= build
PREFIX ?= /usr/local
MANDIR ?= $(PREFIX)/share/man
PYTHON ?= /usr/bin/python3

pc = $(shell pkg-config --exists $(1) 2>/dev/null && pkg-config $(3) $(1) || echo $(2))
EV_LIBS ?= -lev
WSLAY_LIBS ?= -lwslay
LMDB_LIBS ?= $(call pc,lmdb,-llmdb,--libs)
INIH_LIBS ?= $(call pc,inih,-linih,--libs)
TLS_LIBS ?= $(call pc,openssl,-lssl -lcrypto,--libs)
CURL_LIBS ?= $(call pc,libcurl,-lcurl,--libs)
JSON_LIBS ?= -ljson-c
Z_LIBS ?= $(call pc,zlib,-lz,--libs) $(call pc,libzstd,-lzstd,--libs)
CURSES_LIBS ?= $(call pc,ncursesw,-lncursesw -ltinfo,--libs)
MHD_LIBS ?= $(call pc,libmicrohttpd,-lmicrohttpd,--libs)

SIM_LIBS = $(MHD_LIBS) $(EV_LIBS) $(WSLAY_LIBS) $(TLS_LIBS) $(JSON_LIBS) \
	$(Z_LIBS) -lm
LIBS = $(MHD_LIBS) $(EV_LIBS) $(WSLAY_LIBS) $(CURL_LIBS) $(TLS_LIBS) $(JSON_LIBS) \
	$(LMDB_LIBS) $(INIH_LIBS) $(CURSES_LIBS) $(Z_LIBS) -lm -lpthread

WARN = -Wall -Wextra -Werror -Wformat=2 -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wpointer-arith -Wundef \
	-Wvla -Wno-unused-parameter -Wno-missing-field-initializers
OPT ?= -O2 -g
# Debian's default set (dpkg-buildflags) and what of hardening=+all a compiler
# has to be asked for; the second line as far as this one, for its machine, has
# it.  _FORTIFY_SOURCE is glibc's: musl has none, and the sanitizers do more.
try = $(shell echo 'int main(void) { return 0; }' | \
	$(CC) -Werror $(1) -x c -o /dev/null - >/dev/null 2>&1 && echo $(1))
HARDEN := -fstack-protector-strong -Werror=format-security \
	$(foreach f,-fstack-clash-protection -fcf-protection \
	-mbranch-protection=standard,$(call try,$(f)))
HARDEN += $(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
# libev's macros break strict aliasing; see ev.h.
CFLAGS_ALL = -std=c11 -D_GNU_SOURCE $(OPT) $(WARN) -fno-strict-aliasing \
	$(HARDEN) $(SAN) $(TRICKS) -I. $(CFLAGS)
LDFLAGS_ALL = $(SAN) -Wl,--build-id -Wl,-z,relro -Wl,-z,now $(LDFLAGS)

Q = $(if $(V),,@)
comma = ,

# A room is a folder; see ARCHITECTURE.md.
sources = $(sort $(shell find $(1) -name '*.c'))
SIM_SRC := $(call sources,tools/sim)
# What the simulator uses of shared/: all that stands in these rooms, and of
# others these files.  A symbol that is missing when it is linked is of a file
# to be named here, if that needs no library of the fleet's.
SIM_SHARED := $(filter shared/base/% shared/json/% shared/websocket/% $(addsuffix .c,shared/net/tls \
	shared/config/config_words shared/process/inherited shared/discord/dispatch),\
	$(call sources,shared))
LIB_SRC := $(filter-out $(SIM_SRC) tools/main.c,$(call sources,shared \
	supervisor shard handler tools))
UNIT_ALL := $(call sources,tests/unit)
UNIT_SRC := $(foreach f,$(UNIT_ALL),$(if $(filter test_%,$(notdir $(f))),$(f)))
HELP_SRC := $(filter-out $(UNIT_SRC) tests/unit/rig/fake_plugin.c,$(UNIT_ALL))

# SMALL: what no event passes through is compiled for size; the static release
# asks for it, which has to stay below 5 MB.
ifdef SMALL
HARDEN := $(filter-out -fcf-protection,$(HARDEN)) # musl has no use for it
# Whole rooms, and of the others these files.
SMALL_ROOMS = tools/% supervisor/% handler/runner/% shared/config/% shared/state/% \
	shared/view/% shared/page/verdict% \
	handler/rest/% handler/timer/% handler/command/% handler/api/api_% \
	handler/gate/gate% handler/gate/ask/% handler/gate/session/client_store \
	handler/gate/client/client_asks handler/gate/client/client_voice \
	handler/gate/client/client_enter handler/gate/client/client_payload \
	handler/gate/client/client_conn handler/gate/client/client_live \
	handler/gate/client/client_command handler/gate/client/client_listen \
	handler/gate/client/client_outage handler/gate/client/client_snapshot \
	handler/gate/log/gatelog_attach handler/gate/log/gatelog_describe \
	handler/storage/% shared/guilds/% shared/guest/% shared/process/% \
	shared/discord/% shard/session/session%
SMALL_FILES = shared/store/store_env shared/store/dbenv shared/store/dbcheck \
	shared/store/kv shared/store/rank shared/store/deadletter \
	shared/page/page shared/page/days shared/page/page_past shared/page/page_run \
	shared/store/store_copy handler/intake/listeners \
	handler/delivery/plugin_past handler/delivery/gate_question \
	handler/process/plugin handler/process/rpc_call handler/process/rpc_param \
	handler/process/health shared/websocket/upgrade shared/wire/orphan \
	shared/spool/place shard/net/ws_linger \
	shared/net/curl_loop shared/net/tls shared/net/tls_warm shared/store/store \
	shared/store/client_token shared/wire/nonce shared/wire/inherit \
	handler/setup handler/gateway/members handler/delivery/dead_letters \
	handler/delivery/plugin_set handler/delivery/plugin_entry \
	handler/supervisor_channel handler/plugin_orders handler/stats_page \
	handler/handler handler/roundtrip shard/session/backoff \
	shard/session/payload shard/session_actions shard/handler_switch \
	shard/takeover shard/session_record shard/net/dial \
	shard/net/ws_upgrade shard/shard shard/ending
$(patsubst %.c,$(BUILD)/%.o,$(filter $(addsuffix .c,$(SMALL_ROOMS) \
	$(SMALL_FILES)),$(LIB_SRC))): OPT = -Os -g
endif

obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIB_OBJ = $(call obj,$(LIB_SRC))
SIM_OBJ = $(call obj,$(SIM_SRC))
SIM_LIB = $(BUILD)/libshared.a
HELP_OBJ = $(call obj,$(HELP_SRC))
UNIT_BIN = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SRC))
LIB = $(BUILD)/libshardherd.a

all: $(BUILD)/shardherd $(BUILD)/shardherd-sim

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC    $<")
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# Takes these files in, see tools/cli/plugin/plugin_files.c.
$(BUILD)/tools/cli/plugin/plugin_files.o: $(wildcard handler/plugins/new/* \
	handler/plugins/shardherd.*)
$(BUILD)/tools/cli/completion.o: $(wildcard conf/completion/*)

$(LIB): $(LIB_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/shardherd: $(BUILD)/tools/main.o $(LIB)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(LIB) $(LIBS)

# The simulator stands alone, and has what no bot needs: an HTTP server.
$(SIM_LIB): $(call obj,$(SIM_SHARED))
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/shardherd-sim: $(SIM_OBJ) $(SIM_LIB)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(SIM_OBJ) $(SIM_LIB) $(SIM_LIBS)

sim: $(BUILD)/shardherd-sim

# The helpers come before the library, so every test runs on the fake clock
# and timers of fake_time.o; but for the test of the real ones.
HELP = $(BUILD)/libhelp.a
$(BUILD)/unit/shared/base/test_timer: HELP =
# These call plugins that only seem to be there; the others call the real ones.
FAKE_PLUGIN = $(patsubst %,$(BUILD)/unit/handler/%,api/test_api_kv \
	api/test_rights gateway/test_members timer/test_plugin_timers \
	plugins/test_branding_year plugins/test_branding_pictures)
$(FAKE_PLUGIN): HELP += $(BUILD)/tests/unit/rig/fake_plugin.o
$(FAKE_PLUGIN): $(BUILD)/tests/unit/rig/fake_plugin.o
$(BUILD)/libhelp.a: $(HELP_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^
# Those of the simulator call what of it they do not include.
$(BUILD)/unit/tools/sim/%: HELP += $(BUILD)/libsim.a $(MHD_LIBS)
$(filter $(BUILD)/unit/tools/sim/%,$(UNIT_BIN)): $(BUILD)/libsim.a
$(BUILD)/libsim.a: $(filter-out $(BUILD)/tools/sim/main.o,$(SIM_OBJ))
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libhelp.a $(LIB)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(HELP) $(LIB) \
		-lcmocka $(LIBS)

unit-bin: $(UNIT_BIN)

# ---- tests --------------------------------------------------------------

SCENARIOS := $(sort $(shell find tests/scenario -name '*.t'))
# Scenarios mostly wait, so more of them than there are processors.
JOBS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((2 * n)))
PROVE = CMOCKA_MESSAGE_OUTPUT=TAP prove -j $(JOBS) -e ''

# A scenario tests the programs beside the scenario/ it is started from.
$(BUILD)/scenario/%: tests/scenario/%
	@mkdir -p $(@D)
	$(Q)ln -sfn $(abspath $<) $@

# Fuzz targets: here their corpora and a bounded number of repeatable mutations
# of them; FUZZ_ROUNDS= and FUZZ_SEED= for more.  tools/fuzz has them under
# libFuzzer, which is what FUZZ_ENGINE is for.
FUZZ_ROUNDS ?= 5000
FUZZ_ROUNDS_SLOW ?= 100
FUZZ_SEED ?= 1
FUZZ_SRC = $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_BIN = $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SRC))
FUZZ_RUN = $(addsuffix .t,$(FUZZ_BIN))
# Corpora: tests/fuzz/corpus/NAME, and the sample payloads for what reads JSON.
FUZZ_JSON = envelope uplink command walk gate
FUZZ_FILES = $(wildcard tests/fuzz/corpus/$(1)) $(if $(filter $(1),\
	$(FUZZ_JSON)),$(wildcard tests/data/control tests/data/events tests/data/odd \
	tests/data/rest tests/data/types))
# Those that open files, stores or servers for each input.
FUZZ_SLOW = acks backlog backup dial gate history page rpc sim_gateway sim_rest spool \
	store stream
# What is read is mostly JSON: values change places with others.
FUZZ_VALUES = envelope command walk gate client payload answer rpc request \
	sim_gateway sim_rest
FUZZ_WITH = $(BUILD)/tests/fuzz/kit.o $(if $(FUZZ_ENGINE),,\
	$(BUILD)/tests/fuzz/driver.o)
$(foreach t,$(FUZZ_VALUES),$(BUILD)/fuzz/fuzz_$(t)): FUZZ_MORE += \
	$(BUILD)/tests/fuzz/values.o
$(BUILD)/fuzz/fuzz_rpc: FUZZ_MORE += $(BUILD)/tests/unit/rig/fake_plugin.o
$(BUILD)/fuzz/fuzz_rpc: $(BUILD)/tests/unit/rig/fake_plugin.o
FUZZ_SIM = $(filter $(BUILD)/fuzz/fuzz_sim_%,$(FUZZ_BIN))
$(FUZZ_SIM): FUZZ_MORE += $(BUILD)/tests/fuzz/sim_rig.o $(BUILD)/libsim.a
$(FUZZ_SIM): $(BUILD)/tests/fuzz/sim_rig.o $(BUILD)/libsim.a
$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/values.o \
    $(FUZZ_WITH) $(BUILD)/libhelp.a $(LIB)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS_ALL) $(FUZZ_ENGINE) -o $@ $< $(FUZZ_WITH) \
		$(FUZZ_MORE) $(BUILD)/libhelp.a $(LIB) -lcmocka $(LIBS)
$(BUILD)/fuzz/fuzz_%.t: $(BUILD)/fuzz/fuzz_% Makefile
	$(Q)printf '#!/bin/sh\nexec %s %s %s %s\n' $< \
		$(FUZZ_ROUNDS$(if $(filter $*,$(FUZZ_SLOW)),_SLOW)) $(FUZZ_SEED) \
		"$(strip $(call FUZZ_FILES,$*))" >$@ && chmod +x $@

fuzz-bin: $(FUZZ_BIN)
list-fuzz:
	@$(foreach f,$(FUZZ_SRC),echo $(patsubst tests/fuzz/fuzz_%.c,%,$(f)) \
		$(call FUZZ_FILES,$(patsubst tests/fuzz/fuzz_%.c,%,$(f)));)

# What parts cost, for who wants to know; no test.
BENCH_BIN = $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/bench/*.c)) \
	$(BUILD)/bench/alloc_count.so
$(BUILD)/bench/alloc_count.so: $(BUILD)/tests/bench/preload/alloc_count.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -shared -o $@ $<
$(BUILD)/tests/bench/preload/%.o: SAN =
$(BUILD)/tests/bench/preload/%.o: CFLAGS += -fPIC
$(BUILD)/bench/floor_server: $(patsubst %,$(BUILD)/tests/bench/floor/%.o,conn talk)
$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(LIB)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

# Parts of a role alone, with what is around them played by a scenario.
ALONE_BIN = $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/gate/*.c \
	tests/front/*.c))
# Pages of the web's that are made up, by the clock of a unit test.
PAGES_BIN = $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/web/*.c))
$(BUILD)/web/%: $(BUILD)/tests/web/%.o $(BUILD)/libhelp.a $(LIB)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
$(filter $(BUILD)/scenario/web/%,$(patsubst tests/%,$(BUILD)/%,$(SCENARIOS))): \
	$(PAGES_BIN)
define alone
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
endef
$(BUILD)/gate/%: $(BUILD)/tests/gate/%.o $(LIB)
	$(alone)
$(BUILD)/front/%: $(BUILD)/tests/front/%.o $(LIB)
	$(alone)
$(filter $(BUILD)/scenario/gate/% $(BUILD)/scenario/rest/proxy_%,\
	$(patsubst tests/%,$(BUILD)/%,$(SCENARIOS))): $(ALONE_BIN)

# What a power loss may leave, for tests/chaos/powerloss: a shardherd that
# writes down what it does to its state_dir, and what a start finds there.  The
# sanitizers stand before libc's functions themselves.
POWER_BIN = $(if $(SAN),,$(BUILD)/power/shardherd $(BUILD)/power/state_facts)
POWER_WRAP = page_cursor_set place_store outbox_commit lane_finish \
	payload_identify store_session_put store_session_drop kv_begin kv_put kv_commit \
	stopped_put stopped_clear client_token_keep history_take
$(BUILD)/power/shardherd: $(BUILD)/tools/main.o \
	$(BUILD)/tests/chaos/power/recorder.o \
	$(BUILD)/tests/chaos/power/promises.o \
	$(BUILD)/tests/chaos/power/names.o $(LIB)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS_ALL) $(addprefix -Wl$(comma)--wrap=,$(POWER_WRAP)) \
		-o $@ $^ $(LIBS)
$(BUILD)/power/state_facts: $(BUILD)/tests/chaos/power/state_facts.o $(LIB)
	$(alone)
$(BUILD)/scenario/store/power_loss.t: $(POWER_BIN)

TESTS = $(UNIT_BIN) $(FUZZ_RUN) $(patsubst tests/%,$(BUILD)/%,$(SCENARIOS))
tests: all $(TESTS) $(BENCH_BIN) $(ALONE_BIN) $(PAGES_BIN) $(POWER_BIN)
list-tests:
	@echo $(TESTS)

check: tests
	$(Q)$(PROVE) $(TESTS)

ASAN = BUILD=$(BUILD)-asan OPT='-O1 -g' \
	SAN='-fsanitize=address,undefined -fno-sanitize-recover=all'
asan:
	$(Q)$(MAKE) --no-print-directory $(ASAN) check
asan-tests:
	$(Q)$(MAKE) --no-print-directory $(ASAN) tests

# ---- installing ---------------------------------------------------------

SHARE = $(PREFIX)/share/shardherd
PLUGINS = $(filter-out %.c %.h %/__pycache__ %/new %/branding,\
	$(wildcard handler/plugins/*))
install: all install-files install-sim-lib
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BUILD)/shardherd $(BUILD)/shardherd-sim \
		$(DESTDIR)$(PREFIX)/bin

# The libraries for tests of bots.
TESTING = tools/sim/lib
TESTING_FILES = README.md python/shardherd_sim.py node/package.json \
	node/shardherd-sim.mjs node/shardherd-sim.d.ts $(patsubst $(TESTING)/%,%,$(wildcard \
	$(TESTING)/examples/*/*.py $(TESTING)/examples/*/*.txt \
	$(TESTING)/examples/*/*.js $(TESTING)/examples/*/*.json))
install-sim-lib:
	for f in $(TESTING_FILES); do \
		install -D -m 644 $(TESTING)/$$f \
			$(DESTDIR)$(SHARE)/sim/$$f || exit 1; \
	done

install-sim: sim install-sim-lib
	install -D -m 755 $(BUILD)/shardherd-sim \
		$(DESTDIR)$(PREFIX)/bin/shardherd-sim
	install -D -m 644 man/shardherd-sim.1 \
		$(DESTDIR)$(MANDIR)/man1/shardherd-sim.1

# All but the programs; a release has it too.
install-files:
	install -d $(DESTDIR)$(SHARE)/plugins/branding $(DESTDIR)$(SHARE)/conf \
		$(DESTDIR)$(PREFIX)/lib/systemd/system
	install -m 755 $(PLUGINS) $(DESTDIR)$(SHARE)/plugins
	install -m 644 $(wildcard handler/plugins/branding/*.py) \
		$(DESTDIR)$(SHARE)/plugins/branding
	install -m 644 $(wildcard conf/*.sample conf/*.conf conf/*.service \
		conf/*.yml conf/*.yaml conf/*.json) \
		$(DESTDIR)$(SHARE)/conf
	sed 's,/usr/local/bin,$(PREFIX)/bin,g' conf/shardherd.cron \
		>$(DESTDIR)$(SHARE)/conf/shardherd.cron
	for unit in conf/*.service; do \
		sed 's,/usr/local/bin,$(PREFIX)/bin,' $$unit \
			>$(DESTDIR)$(PREFIX)/lib/systemd/system/$${unit##*/} \
			|| exit 1; \
	done
	install -D -m 644 conf/completion/shardherd.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/shardherd
	install -D -m 644 conf/completion/shardherd.zsh \
		$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_shardherd
	install -D -m 644 conf/completion/shardherd.fish \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/shardherd.fish
	for page in man/*.[1-8]; do \
		install -D -m 644 $$page \
			$(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/} \
			|| exit 1; \
	done

# ---- releases -----------------------------------------------------------

# From the sources that tools/static.lock pins, which it fetches; minutes the
# first time, seconds after: build-static/cache keeps sources and libraries.
static:
	$(Q)V=$(V) tools/static

sim-static:
	$(Q)V=$(V) tools/static sim

dist: static
	$(Q)$(PYTHON) tools/dist

deb: static
	$(Q)$(PYTHON) tools/dist --deb

# A container image, as an OCI layout; see Containerfile.
image: static
	$(Q)$(PYTHON) tools/image

image-root: static
	$(Q)$(PYTHON) tools/image --root

# Every scenario with the static binary, then again in a root where there is
# nothing but it, /proc, /dev/null and what runs the plugins.
STATIC_TESTS = $(patsubst tests/%,$(BUILD)/%,$(SCENARIOS))
check-static: tests static
	$(Q)export HERD_BIN=$(CURDIR)/build-static/shardherd; \
	$(PROVE) $(STATIC_TESTS) && HERD_CAGE=1 $(PROVE) $(STATIC_TESTS)

# The dialect of .clang-format; a second pass, as the first is not always final.
FORMAT ?= clang-format-14
FORMATTED = $(shell find shared supervisor shard handler tools tests \
	-path handler/plugins -prune -o -name '*.[ch]' -print)
format:
	$(Q)$(FORMAT) -i $(FORMATTED) && $(FORMAT) -i $(FORMATTED)

clean:
	rm -rf $(BUILD) $(BUILD)-asan build-static/obj build-static/obj-sim

.PHONY: all sim unit-bin fuzz-bin list-fuzz tests list-tests check asan asan-tests install \
	install-sim install-sim-lib install-files static sim-static dist deb image image-root \
	check-static format clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
