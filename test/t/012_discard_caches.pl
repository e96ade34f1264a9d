# With all caches of the server thrown away at every opportunity, events are
# the same: nothing is used after it was freed.  Only servers built for it can.
use strict;
use warnings FATAL => 'all';

use Test::More;
use Cdc;

my $node = new_node('main');
my $db = 'postgres';

plan skip_all => 'this server is not built with assertions, and cannot discard caches'
  unless $node->safe_psql($db, "SELECT max_val::int > 0 FROM pg_settings WHERE name = 'debug_discard_caches'") eq 't';

$node->safe_psql($db, <<'SQL');
CREATE TYPE mood AS ENUM ('ok', 'sad');
CREATE DOMAIN percent AS numeric(5,2) DEFAULT 1.5;
CREATE TYPE pair AS (a int, b mood);
CREATE TABLE kinds (id int PRIMARY KEY, n numeric(10,2) DEFAULT 1, t varchar(10) DEFAULT 'x', b bytea, at timestamptz DEFAULT '2026-01-01',
	j jsonb, a int[], ma mood[], m mood DEFAULT 'ok', p percent, c pair, r int4range, x xml, reg regclass, money money, big text);
ALTER TABLE kinds ALTER big SET STORAGE EXTERNAL;
CREATE TABLE whole (id int, v text);
ALTER TABLE whole REPLICA IDENTITY FULL;
CREATE TABLE parts (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
SELECT pg_create_logical_replication_slot('discard', 'cdc_json');
INSERT INTO kinds VALUES (1, 1.5, 'a', '\x00ff', now(), '{"a": [1, null]}', '{1,2}', '{ok,NULL}', 'sad', 2, ROW(1, 'ok'), '[1,5)', '<a/>', 'kinds', 3, repeat('x', 5000));
UPDATE kinds SET t = 'b';
UPDATE kinds SET id = 2;
INSERT INTO whole VALUES (1, 'x');
UPDATE whole SET v = 'y';
INSERT INTO parts VALUES (1, 'p');
ALTER TABLE whole ADD COLUMN w mood DEFAULT 'ok';
BEGIN;
INSERT INTO whole VALUES (2, 'z');
ALTER TYPE mood RENAME VALUE 'sad' TO 'glad';
INSERT INTO whole VALUES (3, 'z', 'glad');
SAVEPOINT s;
ALTER TABLE whole DROP COLUMN v;
INSERT INTO whole VALUES (4);
ROLLBACK TO s;
INSERT INTO whole VALUES (5, 'w');
COMMIT;
SELECT pg_logical_emit_message(true, 'p', 'x');
TRUNCATE whole, parts;
DELETE FROM kinds;
SQL
my $end = position($node, $db);

for my $options (
	[],
	[ 'format=record', 'schemas.enable=true', 'provide.transaction.metadata=true', 'skipped.operations=none', 'include.unknown.datatypes=true', 'publish.via.partition.root=true' ],
	[ 'format=record', 'debezium.quirks=true', 'schemas.enable=true', 'column.mask.hash.SHA-256.with.salt.s=public.whole.v', 'column.propagate.source.type=.*' ])
{
	my @lines;

	for my $level (0, 1)
	{
		local $ENV{PGOPTIONS} = "-c debug_discard_caches=$level";

		$node->safe_psql($db, "SELECT pg_copy_logical_replication_slot('discard', 'copy')");
		push @lines, [ stream($node, $db, 'copy', $end, @$options) ];
		$node->safe_psql($db, "SELECT pg_drop_replication_slot('copy')");
	}
	same_events(@lines, join ' ', 'caches discarded', @$options);
}
unlike(server_log($node), qr/ERROR: |terminated by signal|PANIC|TRAP/, 'no error');
$node->stop;
done_testing();
