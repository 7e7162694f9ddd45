# gnomon: make help lists the targets. Objects live under $(BUILD); a sanitizer build is the same rules with another folder.
BUILD   ?= build
ifeq ($(origin CC),default)
CC      := gcc
endif
PREFIX  ?= /usr/local
VERSION := 0.1.0
SAN     ?=
OPT     ?= -O2 -g
# A sentence that does not fit is cut on purpose, so -Wformat-truncation has nothing to tell us.
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wfloat-conversion $(if $(findstring clang,$(CC)),,-Wno-format-truncation) -Werror
HARDEN  := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIC -fno-semantic-interposition -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
    -falign-functions=1 $(if $(findstring clang,$(CC)),,-falign-jumps=1)
CFLAGS_ALL := -std=gnu17 -ffp-contract=off $(OPT) $(WARN) $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer,$(HARDEN)) $(CFLAGS)
LDFLAGS_ALL := -pie -Wl,--gc-sections,-z,noseparate-code -Wl,-z,relro,-z,now,-z,pack-relative-relocs -Wl,--as-needed $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)
# The oldest wall time that can be right: when this tree was committed.
BUILD_S  := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),1790000000)
# The serial OpenBLAS: one thread by construction, and a third of the memory.
BLAS_DIR := $(firstword $(wildcard /usr/lib/$(shell $(CC) -dumpmachine 2>/dev/null)/openblas-serial /usr/lib/*/openblas-serial))
CPPFLAGS_ALL := -D_GNU_SOURCE -DGNM_VERSION='"$(VERSION)"' -Iinclude -Isrc -I/usr/include/cjson -I/usr/include/modbus $(CPPFLAGS)

FOLDERS := base almanac device feeds store features forecast energy publish daemon cli world
# Link order: every folder after those that use it. The same order is the order of the layers.
NEEDS_base     :=
NEEDS_almanac  := base
NEEDS_device   := almanac base
NEEDS_feeds    := almanac base
NEEDS_store    := almanac base
NEEDS_features := almanac base
NEEDS_energy   := almanac base
NEEDS_publish  := almanac base
NEEDS_world    := almanac base
NEEDS_forecast := features almanac base
NEEDS_daemon   := device feeds store publish energy forecast features almanac base
NEEDS_cli      := daemon world $(NEEDS_daemon)
LIBS_base      := -linih -lcsv -lcjson -lm
LIBS_almanac   := -lm
LIBS_device    := -lmodbus
LIBS_feeds     := -lcurl -lical
LIBS_store     := -lsqlite3
LIBS_forecast  := -L$(BLAS_DIR) -Wl,-rpath,$(BLAS_DIR) -lopenblas
LIBS_daemon    := -lsystemd
LIBS_world     := -lmodbus -lmicrohttpd

objects  = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard src/$(1)/*.c)))
archive  = $(foreach f,$(1),$(BUILD)/lib/$(f).a)
libs     = $(foreach f,$(1),$(LIBS_$(f)))
closure  = $(1) $(NEEDS_$(1))

ENGINE   := $(BUILD)/lib/gnomon/engine.so
CALENDAR := $(BUILD)/lib/gnomon/calendar.so
PROGRAMS := $(if $(SAN),,$(ENGINE) $(CALENDAR)) $(BUILD)/gnomond $(BUILD)/gnomon $(BUILD)/gnomon-world
UNIT     := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))

.PHONY: all demo check check-all lint asan fuzz fuzz-all fuzz-short nightly bench compilers install uninstall clean help deps-build deps-test
.DEFAULT_GOAL := all
.SECONDARY:

all: $(PROGRAMS) $(BUILD)/libgnomon.a  ## the daemon, the command, the simulated surroundings, the static library

define folder_rule
$(BUILD)/lib/$(1).a: $(call objects,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	@$$(AR) rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call folder_rule,$(f))))

# Rooms that wait more than they compute are built for size: the box has a small card. Whatever is hot stays at $(OPT).
SMALL := device feeds store energy publish daemon cli
$(foreach f,$(SMALL),$(eval $(BUILD)/src/$(f)/%.o: SIZE = $(if $(SAN),,-Os)))
# What runs once a fit or once a file in the rooms that compute.
SELDOM := $(addprefix forecast/,backtest bands bands_memory bands_tilt driver_test boost_category boost_kept boost_train effects frugal learner learner_blend learner_boost learner_checkpoint learner_choice learner_drivers learner_finish learner_frugal learner_refit learner_rows learner_search learner_step model_io model_members model_predict model_view money restart score settings \
    boost_checkpoint boost_columns_io boost_cuts_io boost_explain boost_finish boost_layout boost_model_io boost_options boost_prune boost_target) \
    $(addprefix features/,intake intake_csv intake_detect intake_json intake_sheet panel_new panel_seal plan_columns price) $(addprefix almanac/,holiday holiday_rules zone_rule) $(addprefix base/,clock file file_publish ini ini_line log names random why) \
    $(patsubst src/%.c,%,$(wildcard src/world/provider*.c src/world/serve*.c src/world/*_server.c src/world/town_[dfkt]*.c)) $(addprefix world/,ask epever fixtures news open_meteo prices rtu school sim_faults sim_ports sky_climate sky_measured sky_sums town town_events town_response)
$(foreach f,$(SELDOM),$(eval $(BUILD)/src/$(f).o: SIZE = $(if $(SAN),,-Os)))
# What every row of an answer goes through.
$(foreach f,bucket cell jsonstat row source_json stamp event extract ics_extract,$(eval $(BUILD)/src/feeds/$(f).o: SIZE =))

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(CPPFLAGS_ALL) -MMD -MP $(CFLAGS_ALL) $(SIZE) -c -o $@ $<

# What both programs need stands on the card once: a private library beside them, found from where they lie (installed: ../lib/gnomon), and beside it the module that
# reads calendars (see src/feeds/ics_open.c). The library exports only what programs and module name.
ORIGINS := -Wl,-rpath,'$$ORIGIN/../lib/gnomon' -Wl,-rpath,'$$ORIGIN/lib/gnomon'
GNOMON_PARTS   := $(BUILD)/src/gnomon.o $(call archive,cli world)
GNOMOND_PARTS  := $(BUILD)/src/gnomond.o
CALENDAR_PARTS := $(patsubst %,$(BUILD)/src/feeds/%.o,ics ics_event ics_rule ics_scan ics_zone)
ENGINE_PARTS   := $(filter-out $(CALENDAR_PARTS) $(BUILD)/src/feeds/ics_open.o,$(foreach f,$(call closure,daemon),$(call objects,$(f)))) $(BUILD)/src/feeds/ics_open.module.o
LINK_SHARED     = $(CC) $(CFLAGS_ALL) $(filter-out -pie,$(LDFLAGS_ALL)) -shared -Wl,-soname,$(@F) -Wl,--version-script=$@.map -o $@
$(BUILD)/src/feeds/ics_open.module.o: src/feeds/ics_open.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) -DICS_MODULE -MMD -MP $(CFLAGS_ALL) -Os -c -o $@ $<
$(ENGINE): $(ENGINE_PARTS) $(CALENDAR_PARTS) $(GNOMON_PARTS) $(GNOMOND_PARTS)
	@echo "  LINK $@"
	@mkdir -p $(@D)
	@nm -u $(CALENDAR_PARTS) $(GNOMON_PARTS) $(GNOMOND_PARTS) | awk '$$1 == "U" { print $$2 }' | sort -u > $@.wanted
	@nm -g --defined-only $(ENGINE_PARTS) | awk 'NF == 3 { print $$3 }' | sort -u | comm -12 - $@.wanted | awk 'BEGIN { print "{ global:" } { print $$1 ";" } END { print "local: *; };" }' > $@.map
	@$(LINK_SHARED) $(ENGINE_PARTS) $(filter-out -lical,$(call libs,$(call closure,daemon))) -Wl,-rpath,'$$ORIGIN'
$(CALENDAR): $(CALENDAR_PARTS) $(ENGINE)
	@echo "  LINK $@"
	@echo '{ global: source_ics; local: *; };' > $@.map
	@$(LINK_SHARED) $^ -lical -lm -Wl,-rpath,'$$ORIGIN'

$(BUILD)/src/gnomond.o: CPPFLAGS_ALL += -DGNM_BUILD_S=$(BUILD_S)
# Sanitizers want one whole program.
ifeq ($(SAN),)
$(BUILD)/gnomond: $(GNOMOND_PARTS) $(ENGINE)
	@echo "  LINK $@"
	@$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(ORIGINS)
$(BUILD)/gnomon: $(GNOMON_PARTS) $(ENGINE)
	@echo "  LINK $@"
	@$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(call libs,cli world base) $(ORIGINS)
else
$(BUILD)/gnomond: $(GNOMOND_PARTS) $(call archive,$(call closure,daemon))
	@echo "  LINK $@"
	@$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(call libs,$(call closure,daemon))
$(BUILD)/gnomon: $(GNOMON_PARTS) $(call archive,$(NEEDS_cli))
	@echo "  LINK $@"
	@$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(call libs,$(call closure,cli))
endif
$(BUILD)/gnomon-world: $(BUILD)/src/gnomon-world.o $(call archive,$(call closure,world))
	@echo "  LINK $@"
	@$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(call libs,$(call closure,world))

PURE_BASE := why names text text_number text_buffer hash exact random ini ini_line csv json json_scan json_arena json_pointer
$(BUILD)/libgnomon.a: $(foreach f,almanac features forecast energy publish,$(call objects,$(f))) $(PURE_BASE:%=$(BUILD)/src/base/%.o)
	@rm -f $@
	@$(AR) rcs $@ $^

# A unit test is tests/unit/test_FOLDER_WHAT.c and links that folder and the layers below it.
unit_folder = $(word 2,$(subst _, ,$(1)))
define unit_rule
$(BUILD)/tests/$(1): $(BUILD)/tests/unit/$(1).o $(call archive,$(call closure,$(call unit_folder,$(1))))
	@mkdir -p $$(@D)
	@echo "  LINK $$@"
	@$$(CC) $$(CFLAGS_ALL) $$(LDFLAGS_ALL) -o $$@ $$^ $$(call libs,$(call closure,$(call unit_folder,$(1)))) -lcheck -lsubunit -lrt -lpthread -lm
endef
$(foreach t,$(notdir $(UNIT)),$(eval $(call unit_rule,$(t))))

# Tests of the whole: they may name daemon and world together, and start the real programs.
ALL_ARCHIVES := $(call archive,cli world $(NEEDS_cli))
ALL_LIBS     := $(call libs,cli world $(NEEDS_cli))
WHOLE   := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/sim/test_*.c tests/system/test_*.c tests/golden/test_*.c tests/replay/test_*.c tests/fault/test_*.c)))
WRAP    := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray,--wrap=strdup
HELPERS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))

define whole_rule
$(1): $(BUILD)/tests/$(1:$(BUILD)/tests/%=%).o $(HELPERS) $(if $(findstring test_alloc,$(1)),$(BUILD)/tests/fault/wrap_alloc.o) $(ALL_ARCHIVES)
	@mkdir -p $$(@D)
	@echo "  LINK $$@"
	@$$(CC) $$(CFLAGS_ALL) $$(LDFLAGS_ALL) $(if $(findstring test_alloc,$(1)),$(WRAP)) -o $$@ $$^ $(ALL_LIBS) -lcheck -lsubunit -lrt -lpthread -lm
endef
$(foreach t,$(WHOLE),$(eval $(call whole_rule,$(t))))

# Two at a time; each prints its whole report at once. Serial ones (real programs, real ports, timing) come after.
RUN := GNOMON_ROOT=$(CURDIR) GNOMON_BUILD=$(abspath $(BUILD)) GNOMON_DATA=$${GNOMON_DATA:-../shared/data} sh tests/run.sh

check: deps-test  ## everything a change must pass
	@$(MAKE) --no-print-directory -j2 BUILD=$(BUILD) SAN=$(SAN) check-all

check-all: all $(if $(SAN),,lint) $(UNIT) $(WHOLE) fuzz-short
	@printf '%s\n' $(UNIT) $(filter-out $(BUILD)/tests/system/%,$(WHOLE)) | xargs -P 2 -n 1 env $(RUN)
	@printf '%s\n' $(filter $(BUILD)/tests/system/%,$(WHOLE)) | xargs -n 1 env $(RUN)

demo: deps-build  ## simulated surroundings and the real daemon: a morning in a minute (SEED=n for another)
	@$(MAKE) --no-print-directory BUILD=$(BUILD) -j2 all
	@BUILD=$(BUILD) SEED=$(or $(SEED),7) sh tests/demo/run.sh

lint: all $(call archive,$(FOLDERS))  ## layers, library owners, purity, cycles; each check proven by a planted violation
	@sh tests/lint/lint.sh $(BUILD)
	@sh tests/lint/test.sh
	@sh tests/lint/unit.sh

asan:  ## the same tests under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory BUILD=build/asan SAN=address,undefined OPT='-O1 -g' check

# A fuzz target is tests/fuzz/fuzz_NAME.c with its corpus in tests/fuzz/corpus/NAME; the driver replays and mutates without any fuzzer.
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/driver.o $(ALL_ARCHIVES)
	@mkdir -p $(@D)
	@echo "  LINK $@"
	@$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(ALL_LIBS)
# Under sanitizers about a minute in all: that is where a mutation tells something.
MUTATIONS := $(if $(SAN),10000,2000)
fuzz-short: $(FUZZ:%=$(BUILD)/fuzz/%)
	@for f in $(FUZZ); do $(BUILD)/fuzz/$$f -n $(MUTATIONS) -s 1 tests/fuzz/corpus/$$f >$(BUILD)/fuzz/$$f.log 2>&1 || { cat $(BUILD)/fuzz/$$f.log; echo "fuzz: $$f failed"; exit 1; }; done
	@echo "fuzz: $(words $(FUZZ)) parsers, corpus and $(MUTATIONS) mutations each"
fuzz:  ## coverage-guided fuzzing with clang, SECONDS each (default 60), or RUNS; FUZZ=feed_ics for one target
	@$(MAKE) --no-print-directory BUILD=build/fuzz CC=clang SAN=address,undefined OPT='-O1 -g' CFLAGS='-fsanitize=fuzzer-no-link' LDFLAGS='-fsanitize=fuzzer-no-link' fuzz-all
fuzz-all: $(FUZZ:%=fuzz-run-%)
fuzz-run-%: $(BUILD)/tests/fuzz/fuzz_%.o $(ALL_ARCHIVES)
	@mkdir -p $(BUILD)/corpus/$*
	clang $(CFLAGS_ALL) -fsanitize=fuzzer $(LDFLAGS_ALL) -o $(BUILD)/fuzz-$* $^ $(ALL_LIBS)
	$(BUILD)/fuzz-$* $(if $(RUNS),-runs=$(RUNS),-max_total_time=$(or $(SECONDS),60)) $(BUILD)/corpus/$* tests/fuzz/corpus/$*

nightly: check asan fuzz bench  ## all of it, long; with it the cases named nightly: years of simulated towns and the like
	@printf '%s\n' $(UNIT) $(WHOLE) | GNOMON_NIGHTLY=1 CK_RUN_CASE=nightly xargs -P 2 -n 1 env $(RUN)

BENCH := $(patsubst tests/bench/%.c,$(BUILD)/%,$(sort $(wildcard tests/bench/bench-*.c)))
$(BUILD)/bench-%: $(BUILD)/tests/bench/bench-%.o $(ALL_ARCHIVES)
	@echo "  LINK $@"
	@$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(ALL_LIBS)
bench: all $(BENCH)  ## accuracy on real sets and the budgets of the box, measured
	@for b in $(sort $(wildcard tests/bench/*.sh)); do GNOMON_BUILD=$(abspath $(BUILD)) GNOMON_DATA=$${GNOMON_DATA:-../shared/data} sh $$b || exit 1; done

compilers:  ## a simulated run on builds of gcc and clang: the same bytes in state.db (DAYS=20)
	@GNOMON_BUILD=$(abspath $(BUILD)) sh tests/bench/compilers.sh $(DAYS)

deps-build:
	@sh tests/deps.sh build
deps-test:
	@sh tests/deps.sh build test

DEST := $(DESTDIR)$(PREFIX)
install: all  ## programs, maps, feeds, manual pages, unit below PREFIX (default /usr/local)
	install -d $(DEST)/bin $(DEST)/sbin $(DEST)/lib/gnomon $(DEST)/share/gnomon/controllers $(DEST)/share/gnomon/feeds $(DEST)/share/gnomon/models $(DEST)/share/man/man1 $(DEST)/share/man/man5 $(DEST)/share/man/man7 \
	    $(DEST)/share/man/man8 $(DEST)/lib/systemd/system $(DEST)/lib/sysusers.d $(DEST)/lib/tmpfiles.d $(DEST)/share/bash-completion/completions $(DESTDIR)/etc/gnomon
	install -s $(BUILD)/gnomond $(DEST)/sbin/
	install -s $(BUILD)/gnomon $(DEST)/bin/
	$(if $(SAN),,install -s $(ENGINE) $(CALENDAR) $(DEST)/lib/gnomon/)
	install -m 644 config/controllers/*.conf $(DEST)/share/gnomon/controllers/
	install -m 644 config/feeds/*.conf $(DEST)/share/gnomon/feeds/
	install -m 644 models/*.model $(DEST)/share/gnomon/models/
	for n in 1 5 7 8; do for page in man/*.$$n; do gzip -9n < $$page | install -m 644 /dev/stdin $(DEST)/share/man/man$$n/$${page#man/}.gz; done; done
	sed 's#/usr/sbin/#$(PREFIX)/sbin/#' systemd/gnomon.service > $(DEST)/lib/systemd/system/gnomon.service
	install -m 644 src/cli/gnomon.bash $(DEST)/share/bash-completion/completions/gnomon
	install -m 644 systemd/gnomon.sysusers $(DEST)/lib/sysusers.d/gnomon.conf
	install -m 644 systemd/gnomon.tmpfiles $(DEST)/lib/tmpfiles.d/gnomon.conf
	test -e $(DESTDIR)/etc/gnomon/gnomon.conf || sed 's#^\#share = .*#share = $(PREFIX)/share/gnomon#' config/gnomon.conf | install -m 644 /dev/stdin $(DESTDIR)/etc/gnomon/gnomon.conf
uninstall:  ## what install put there; configuration and state stay
	rm -rf $(DEST)/sbin/gnomond $(DEST)/bin/gnomon $(DEST)/lib/gnomon $(DEST)/share/gnomon $(DEST)/lib/systemd/system/gnomon.service $(DEST)/lib/sysusers.d/gnomon.conf $(DEST)/lib/tmpfiles.d/gnomon.conf
	rm -f $(DEST)/share/bash-completion/completions/gnomon $(DEST)/share/man/man1/gnomon.1.gz $(DEST)/share/man/man5/gnomon.conf.5.gz $(DEST)/share/man/man7/gnomon-db.7.gz $(DEST)/share/man/man8/gnomond.8.gz

clean:  ## remove everything built
	rm -rf $(BUILD)

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

-include $(shell [ -d $(BUILD) ] && find $(BUILD) -name '*.d')
