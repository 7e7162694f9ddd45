# gnomon: make help lists the targets. Objects live under $(BUILD); a sanitizer build is the same rules with another folder.
BUILD   ?= build
CC      ?= gcc
PREFIX  ?= /usr/local
VERSION := 0.1.0
SAN     ?=
OPT     ?= -O2 -g
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wfloat-conversion -Werror
HARDEN  := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
CFLAGS_ALL := -std=gnu17 -ffp-contract=off $(OPT) $(WARN) $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer,$(HARDEN)) $(CFLAGS)
LDFLAGS_ALL := -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)
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
NEEDS_cli      := daemon $(NEEDS_daemon)
LIBS_base      := -linih -lcsv -lcjson -lm
LIBS_almanac   := -lm
LIBS_device    := -lmodbus
LIBS_feeds     := -lcurl
LIBS_store     := -lsqlite3
LIBS_forecast  := -L$(BLAS_DIR) -Wl,-rpath,$(BLAS_DIR) -lopenblas
LIBS_daemon    := -lsystemd
LIBS_world     := -lmodbus -lmicrohttpd

objects  = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard src/$(1)/*.c)))
archive  = $(foreach f,$(1),$(BUILD)/lib/$(f).a)
libs     = $(foreach f,$(1),$(LIBS_$(f)))
closure  = $(1) $(NEEDS_$(1))

PROGRAMS := $(BUILD)/gnomond $(BUILD)/gnomon $(BUILD)/gnomon-world
UNIT     := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))

.PHONY: all demo check check-unit check-system lint asan fuzz nightly bench install uninstall clean help deps
.DEFAULT_GOAL := all
.SECONDARY:

all: $(PROGRAMS) $(BUILD)/libgnomon.a  ## the daemon, the command, the simulated surroundings, the static library

define folder_rule
$(BUILD)/lib/$(1).a: $(call objects,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(AR) rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call folder_rule,$(f))))

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) -MMD -MP $(CFLAGS_ALL) -c -o $@ $<

$(BUILD)/gnomond: $(BUILD)/src/gnomond.o $(call archive,$(call closure,daemon))
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(call libs,$(call closure,daemon))
$(BUILD)/gnomon: $(BUILD)/src/gnomon.o $(call archive,$(call closure,cli))
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(call libs,$(call closure,cli))
$(BUILD)/gnomon-world: $(BUILD)/src/gnomon-world.o $(call archive,$(call closure,world))
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(call libs,$(call closure,world))

PURE_BASE := why names text hash random ini csv json
$(BUILD)/libgnomon.a: $(foreach f,almanac features forecast energy publish,$(call objects,$(f))) $(PURE_BASE:%=$(BUILD)/src/base/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

# A unit test is tests/unit/test_FOLDER_WHAT.c and links that folder and the layers below it.
unit_folder = $(word 2,$(subst _, ,$(1)))
define unit_rule
$(BUILD)/tests/$(1): $(BUILD)/tests/unit/$(1).o $(call archive,$(call closure,$(call unit_folder,$(1))))
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS_ALL) $$(LDFLAGS_ALL) -o $$@ $$^ $$(call libs,$(call closure,$(call unit_folder,$(1)))) -lcheck -lsubunit -lrt -lpthread -lm
endef
$(foreach t,$(notdir $(UNIT)),$(eval $(call unit_rule,$(t))))

check-unit: $(UNIT)
	@for t in $(UNIT); do GNOMON_ROOT=$(CURDIR) $$t || exit 1; done

deps:
	@sh tests/deps.sh

clean:  ## remove everything built
	rm -rf $(BUILD)

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

-include $(shell [ -d $(BUILD) ] && find $(BUILD) -name '*.d')
