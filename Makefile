# cdc_json: output plugin and extension for PostgreSQL 15 and later.
#
#   make && make install      build and install, for the server of PG_CONFIG
#   make demo                 show it at work on a private cluster
#   make demo-relay           show the relay: a snapshot, then live changes
#   make demo-kafka           the same to the topics of a real broker
#   make relay                build the relay to Kafka (build/relay), relay-install installs it
#   make test                 run every test on private clusters (test/run: how to run some)
#   make examples             what people do with it, on real servers (test/examples)
#   make test-matrix          the same on each server version (test/matrix)
#   make faults               kill relay, server and broker 120 times (FAULTS=N) and compare
#   make bench                compare its cost with other plugins' (test/bench/README.md); bench-snapshot, of snapshots
#   make bench-relay          the relay and Debezium, to a real broker
#   make conformance-live     the real connector beside the plugin (test/conformance/README.md)
#   make format               set the sources in the house's format
#   make readme               renew what README.md takes from the sources

EXTENSION = cdc_json
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" cdc_json.control)

MODULE_big = cdc_json
LAYERS = plugin sql event table value avro json options
OBJS = $(patsubst %.c,%.o,$(foreach layer,$(LAYERS),$(sort $(wildcard src/$(layer)/*.c))))
DATA = $(wildcard sql/cdc_json--*.sql)
PG_CPPFLAGS = -Isrc -DCDC_JSON_VERSION='"$(EXTVERSION)"'

REGRESS = $(sort $(filter-out cdc_json--%,$(patsubst sql/%.sql,%,$(wildcard sql/*.sql))))
ISOLATION = $(sort $(patsubst test/specs/%.spec,%,$(wildcard test/specs/*.spec)))
REGRESS_OPTS = --inputdir=.
ISOLATION_OPTS = --inputdir=test

# An output plugin is never inlined into a query: no LLVM bitcode, so no clang.
override with_llvm = no

# These install what they need, so they come first and without PGXS.
FRONT = demo demo-relay examples test test-matrix faults bench bench-relay demo-kafka check-version check-format check-readme format readme conformance-live conformance-record conformance-random conformance-sink conformance-report relay relay-install
.DEFAULT_GOAL = all
.PHONY: $(FRONT)

demo:
	@sh test/demo/run

demo-relay:
	@sh test/demo/relay

demo-kafka:
	@sh test/demo/kafka

examples:
	@for run in test/examples/*/run; do echo "== $$run"; sh $$run || exit; done

test:
	@sh test/run

test-matrix:
	@sh test/matrix

faults:
	@FAULTS=$${FAULTS:-120} SUITES=tap TESTS=015_relay_faults sh test/run

bench:
	@sh test/bench/run

bench-relay:
	@sh test/bench/relay/run

bench-snapshot:
	@sh test/bench/run-snapshots

conformance-live conformance-record conformance-random conformance-sink conformance-report:
	@sh test/conformance/run $(@:conformance-%=%)

check-version check-format:
	@sh test/$@

format:
	@sh test/check-format fix

check-readme:
	@SUITES=readme sh test/run

readme:
	@sh test/readme write

relay:
	@$(MAKE) --no-print-directory -C src/relay

relay-install:
	@$(MAKE) --no-print-directory -C src/relay install

PG_CONFIG ?= pg_config
ifneq ($(filter-out $(FRONT),$(or $(MAKECMDGOALS),all)),)
PGXS := $(shell $(PG_CONFIG) --pgxs)
ifeq ($(PGXS),)
$(error cdc_json is built with PostgreSQL's headers: install postgresql-server-dev-15 or later, or name a server with PG_CONFIG=/path/to/pg_config)
endif
include $(PGXS)
ifneq ($(filter-out 15 16 17 18 19,$(MAJORVERSION)),)
$(error cdc_json supports PostgreSQL 15 to 19, and $(PG_CONFIG) belongs to version $(MAJORVERSION): name another server with PG_CONFIG=/path/to/pg_config)
endif

$(OBJS): $(wildcard src/*.h src/*/*.h) cdc_json.control
endif
