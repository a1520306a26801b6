# A thin front to `python -m course`; `make` alone prints what there is.
# The first command that needs it makes .venv and installs the locked requirements.

PYTHON ?= python3
COURSE = @"$(PYTHON)" -m course.bootstrap

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DEFAULT_GOAL := help
.PHONY: help test bench measure claims progress board join leave docs site slides slides-pdf offline \
	doctor format lock cascade new-step upgrade clean distclean FORCE

step-%: FORCE
	$(COURSE) step "$*"

hosts-%: FORCE
	$(COURSE) hosts "$*"

diff-%: FORCE
	$(COURSE) diff "$*"

deploy-%: FORCE
	$(COURSE) deploy "$*"

flask-%: FORCE
	$(COURSE) flask "$*" -- $(ARGS)

# Before reset-%, which matches it too: the make of macOS takes the first.
reset-exercise-%: FORCE
	$(COURSE) reset-exercise "$*"

reset-%: FORCE
	$(COURSE) reset "$*"

test-%: FORCE
	$(COURSE) test "$*"

drill-%: FORCE
	$(COURSE) drill "$*"

load-ui-%: FORCE
	$(COURSE) load-ui "$*"

load-%: FORCE
	$(COURSE) load "$*"

predict-%: FORCE
	$(COURSE) predict "$*"

check-%: FORCE
	$(COURSE) check "$*"

watch-%: FORCE
	$(COURSE) watch "$*"

hint-%: FORCE
	$(COURSE) hint "$*"

solution-%: FORCE
	$(COURSE) solution "$*"

run-exercise-%: FORCE
	$(COURSE) run-exercise "$*"

slides-pdf:
	$(COURSE) slides --pdf

test bench measure claims progress docs site slides offline doctor format lock clean distclean help:
	$(COURSE) $@

board join leave cascade new-step upgrade:
	$(COURSE) $@

FORCE:
