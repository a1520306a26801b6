# A thin front to `python -m course`; `make` alone prints what there is.
# The first command that needs it makes .venv and installs the locked requirements.

PYTHON ?= python3
COURSE = @"$(PYTHON)" -m course.bootstrap

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DEFAULT_GOAL := help
.PHONY: help test bench doctor format lock clean distclean FORCE

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

reset-%: FORCE
	$(COURSE) reset "$*"

test-%: FORCE
	$(COURSE) test "$*"

drill-%: FORCE
	$(COURSE) drill "$*"

test bench doctor format lock clean distclean help:
	$(COURSE) $@

FORCE:
