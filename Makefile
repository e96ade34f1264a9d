# cdc_json: output plugin and extension for PostgreSQL 15 and later.
#
#   make && make install      build and install, for the server of PG_CONFIG
#   make demo                 show it at work on a private cluster
#   make test                 run every test on private clusters

EXTENSION = cdc_json
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" cdc_json.control)

MODULE_big = cdc_json
LAYERS = plugin sql event table value json options
OBJS = $(patsubst %.c,%.o,$(foreach layer,$(LAYERS),$(sort $(wildcard src/$(layer)/*.c))))
DATA = $(wildcard sql/cdc_json--*.sql)
PG_CPPFLAGS = -Isrc -DCDC_JSON_VERSION='"$(EXTVERSION)"'

REGRESS = $(sort $(filter-out cdc_json--%,$(patsubst sql/%.sql,%,$(wildcard sql/*.sql))))
ISOLATION = $(sort $(patsubst test/specs/%.spec,%,$(wildcard test/specs/*.spec)))
REGRESS_OPTS = --inputdir=.
ISOLATION_OPTS = --inputdir=test

# An output plugin is never inlined into a query: no LLVM bitcode, so no clang.
override with_llvm = no

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS): $(wildcard src/*.h src/*/*.h) cdc_json.control
