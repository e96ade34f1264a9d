# Snapshots where they are tried hard: on a standby, by parallel workers, over a
# million rows in constant memory, of rows near 1 GB; tables that go away or
# change, and those that cannot be read.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Cdc;

my $db = 'postgres';
my $primary = new_node('primary', 'shared_buffers = 128MB', 'max_parallel_workers = 4', 'max_worker_processes = 12');

$primary->safe_psql($db, <<'SQL');
CREATE EXTENSION cdc_json;
CREATE TABLE item (id int PRIMARY KEY, v text, n numeric, big text);
ALTER TABLE item ALTER big SET STORAGE EXTERNAL;
INSERT INTO item SELECT g, 'v' || g, g / 7.0, CASE WHEN g % 10 = 0 THEN repeat(md5(g::text), 70) END FROM generate_series(1, 500) AS g;
CREATE TABLE empty (id int PRIMARY KEY);
SQL

my $rows = "SELECT concat_ws(' ', (s).topic, (s).key, (s).value::json->'source'->>'snapshot', (s).value::json->'after', (s).headers) "
  . "FROM (SELECT cdc_json.snapshot('{item,empty}', 'snapshot.lsn', '0/1') AS s) AS q";
my $read = "SELECT cdc_json.read_event(t, 'format', 'record', 'snapshot.ts', '2026-01-01 00:00+00') FROM item AS t ORDER BY id";
my $chunks = 'SELECT * FROM cdc_json.chunks(\'item\', 50)';

# What a standby and a parallel worker make is the same, but for the event's clock.
sub without_clock
{
	return join "\n", masked(split /\n/, $_[0]);
}

# A standby: no transaction id is needed, and none is to be had.
{
	$primary->backup('base');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($primary, 'base', has_streaming => 1);
	$standby->start;
	$primary->wait_for_catchup($standby, 'replay');

	is($standby->safe_psql($db, $rows), $primary->safe_psql($db, $rows), 'standby: snapshot');
	is(without_clock($standby->safe_psql($db, $read)), without_clock($primary->safe_psql($db, $read)), 'standby: read_event');
	is($standby->safe_psql($db, 'SELECT count(*), min(length(f)) > 300 FROM (SELECT cdc_json.read_frame(t) AS f FROM item AS t) AS q'), '500|t', 'standby: read_frame');
	is($standby->safe_psql($db, $chunks), $primary->safe_psql($db, $chunks), 'standby: chunks');

	# what commits after the snapshot was taken is at or beyond the position, there as well
	my $session = $standby->background_psql($db);
	$session->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ');
	my ($snapshot, $lsn) = split /\|/, $session->query_safe('SELECT * FROM cdc_json.snapshot_position()');
	my @before = split /\|/, $primary->safe_psql($db, 'SELECT pg_current_wal_lsn(), 1');
	cmp_ok(lsn_number($lsn), '<=', lsn_number($before[0]), 'standby: position is of the log that the primary has written');
	my ($xid, $end) = split /\|/, $primary->safe_psql($db, <<'SQL');
SELECT slot_name FROM pg_create_logical_replication_slot('watch', 'cdc_json') \gset
INSERT INTO empty VALUES (1) RETURNING pg_current_xact_id() AS xid \gset
SELECT :'xid', pg_current_wal_lsn();
SQL
	$primary->wait_for_catchup($standby, 'replay');
	my ($event) = grep { /"txId":$xid/ } get($primary, $db, 'watch', 'format=record', 'position.header=true');
	$event =~ /position":"(\w{16})/ or die "no position: $event";
	cmp_ok(hex $1, '>', lsn_number($lsn), 'standby: the later transaction commits beyond the position');
	is($session->query_safe("SELECT pg_visible_in_snapshot('$xid', '$snapshot'), (SELECT count(*) FROM empty)"), 'f|0', 'standby: it is not in the snapshot');
	my ($after, $later) = split /\|/, $standby->safe_psql($db, 'SELECT * FROM cdc_json.snapshot_position()');
	is($standby->safe_psql($db, "SELECT pg_visible_in_snapshot('$xid', '$after'), '$later'::pg_lsn > '$lsn'"), 't|t', 'standby: it is in the next one');
	$session->quit;
	$primary->safe_psql($db, "SELECT pg_drop_replication_slot('watch'); DELETE FROM empty");
	$standby->stop;
}

# A million rows: the memory of the session does not grow with them.
SKIP:
{
	skip 'memory of a process is read from /proc', 4 unless -r '/proc/self/status';
	my $session = $primary->background_psql($db);
	my $pid = $session->query_safe('SELECT pg_backend_pid()');

	$primary->safe_psql($db, 'CREATE TABLE many AS SELECT g AS id, md5(g::text) AS v FROM generate_series(1, 1000000) AS g; VACUUM ANALYZE many');
	for my $way ("SELECT cdc_json.snapshot('{many}')", 'SELECT cdc_json.read_event(t) FROM many AS t', 'SELECT cdc_json.read_frame(t) FROM many AS t')
	{
		$session->query_safe("COPY ($way LIMIT 1000) TO '/dev/null'");
		my $before = memory_kb($pid);
		$session->query_safe("COPY ($way) TO '/dev/null'");
		my $growth = memory_kb($pid) - $before;
		# the buffers of a process are few, what it knows of them is not counted
		cmp_ok($growth, '<', 2000, "a million rows: $way: $growth kB more");
	}
	$session->quit;

	# parallel workers take part, each row comes once
	my $parallel = 'SET max_parallel_workers_per_gather = 3; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;';
	my $sum = "SELECT count(*), sum(('0' || substring(cdc_json.read_event(t, 'snapshot.ts', '2026-01-01') FROM '\"id\":([0-9]+)'))::bigint) FROM many AS t WHERE id % 20 = 0";
	my $plan = $primary->safe_psql($db, "$parallel EXPLAIN (ANALYZE, COSTS off, TIMING off) $sum");
	ok($plan =~ /Workers Launched: ([1-9])/, 'parallel workers are launched') or diag($plan);
	is($primary->safe_psql($db, "$parallel $sum"), '50000|' . (20 * 50000 * 50001 / 2), 'parallel workers: each row once');
	$primary->safe_psql($db, 'DROP TABLE many');
}

# Tables that change while they are read: one transaction sees one shape, or an error.
{
	my $session = $primary->background_psql($db, on_error_stop => 0);
	my $begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ';
	my $first = "SELECT cdc_json.read_event(t)::json->'after'->>'id' FROM ONLY item AS t WHERE ctid >= '(0,0)' AND ctid < '(1,0)' LIMIT 1";

	# what has been read once stays as it is until the transaction ends
	$session->query_safe($begin);
	is($session->query_safe($first), '1', 'a first chunk');
	fails($primary, $db, "SET lock_timeout = '100ms'; ALTER TABLE item ADD extra int DEFAULT 5", qr/canceling statement due to lock timeout/, 'no ALTER TABLE between chunks of a transaction');
	fails($primary, $db, "SET lock_timeout = '100ms'; DROP TABLE item", qr/canceling statement due to lock timeout/, 'nor DROP TABLE');
	$session->query_safe('COMMIT');

	# what has not been read may change before: then it is read in the new shape
	$session->query_safe($begin);
	$session->query_safe('SELECT count(*) FROM empty');
	$primary->safe_psql($db, 'ALTER TABLE item ADD extra int DEFAULT 5; ALTER TABLE item DROP v');
	is($session->query_safe("SELECT count(*), count(DISTINCT k) FROM (SELECT string_agg(key, ',') AS k FROM item AS t, json_each(cdc_json.read_event(t)::json->'after') GROUP BY id) AS q"),
		'500|1', 'one shape');
	is($session->query_safe("SELECT string_agg(key, ',') FROM (SELECT t FROM item AS t LIMIT 1) AS q, json_each(cdc_json.read_event(t)::json->'after')"), 'id,n,big,extra', 'the new one');
	$session->query_safe('COMMIT');

	# a table that is gone, or another one of the same name
	my $oid = $primary->safe_psql($db, "CREATE TABLE gone (id int); INSERT INTO gone VALUES (1); SELECT 'gone'::regclass::oid");
	$session->query_safe($begin);
	$session->query_safe('SELECT count(*) FROM empty');
	$primary->safe_psql($db, 'DROP TABLE gone; CREATE TABLE gone (id int); INSERT INTO gone VALUES (2)');
	is($session->query_safe("SELECT relation::oid = $oid FROM cdc_json.chunks('gone', 10)"), 'f', 'another table of the same name shows by its OID');
	is($session->query_safe("SELECT count(*) FROM (SELECT cdc_json.snapshot('{gone}')) AS q"), '0', 'and has no rows for an older snapshot');
	$session->query_safe('COMMIT');
	$primary->safe_psql($db, 'DROP TABLE gone');
	fails($primary, $db, "SELECT cdc_json.snapshot('{$oid}')", qr/ERROR:  table with OID $oid does not exist/, 'a dropped table');
	fails($primary, $db, "SELECT cdc_json.chunks('$oid', 10)", qr/ERROR:  table with OID $oid does not exist/, 'chunks of a dropped table');
	fails($primary, $db, 'SELECT cdc_json.read_event(t) FROM gone AS t', qr/ERROR:  relation "gone" does not exist/, 'rows of a dropped table');
	$session->quit;
}

# Rows of a temporary table of another session may be in that session's memory only.
{
	my $other = $primary->background_psql($db);
	my $name = $other->query_safe("CREATE TEMP TABLE mine (id int); INSERT INTO mine VALUES (1); SELECT format('%I.mine', nspname) FROM pg_namespace WHERE oid = pg_my_temp_schema()");

	fails($primary, $db, "SELECT cdc_json.snapshot('{$name}')", qr/ERROR:  "mine" is a temporary table of another session/, 'a temporary table of another session');
	fails($primary, $db, "SELECT cdc_json.chunks('$name', 10)", qr/ERROR:  "mine" is a temporary table of another session/, 'chunks of one');
	fails($primary, $db, "SELECT cdc_json.read_event(t) FROM $name AS t", qr/ERROR:  cannot access temporary tables of other sessions/, 'rows of one');
	$other->quit;
}

# Rows near 1 GB: the value where it fits; else it is unavailable, and the log says so; no process dies.
SKIP:
{
	my ($available) = -r '/proc/meminfo' ? slurp_file('/proc/meminfo') =~ /^MemAvailable:\s+(\d+) kB/m : 0;
	my ($free) = `df -Pk "$PostgreSQL::Test::Utils::tmp_check"` =~ /\n\S+\s+\d+\s+\d+\s+(\d+)/;
	skip 'needs 8 GB of memory and 6 GB on disk', 6 unless $available > 8e6 && ($free || 0) > 6e6;
	my $lost = '"v":"__debezium_unavailable_value"';
	my $offset = -s $primary->logfile;

	$primary->safe_psql($db, <<'SQL');
CREATE FUNCTION mb(text, int) RETURNS text LANGUAGE sql AS 'SELECT repeat(repeat($1, 10000), $2 * 100)';
CREATE TABLE escapes (id int PRIMARY KEY, v text, tail text);
INSERT INTO escapes VALUES (1, mb(chr(1), 170), 'tail');
CREATE TABLE slashes (id int PRIMARY KEY, v text, tail text);
INSERT INTO slashes VALUES (1, mb(chr(92), 269), 'tail');
SQL
	like($primary->safe_psql($db, 'SELECT cdc_json.read_event(t) FROM escapes AS t'), qr/$lost,"tail":"tail"/, '1,020 MB with escapes: unavailable');
	like(server_log($primary, $offset), qr/a row of table "public.escapes" is too large for one message/, 'the log says so');
	like($primary->safe_psql($db, "SELECT cdc_json.snapshot('{slashes}')"), qr/__debezium_unavailable_value/, '538 MB with escapes, which the text of a row doubles: unavailable');
	is($primary->safe_psql($db, 'SELECT length(cdc_json.read_frame(t)) - 538000000 BETWEEN 300 AND 900 FROM slashes AS t'), 't', 'whole in a frame');
	fails($primary, $db, "COPY (SELECT cdc_json.read_event(t) FROM slashes AS t) TO '/dev/null'",
		qr/ERROR:  (?:out of memory|string buffer exceeds maximum allowed length)/, 'too large for the text that COPY makes of it');
	$primary->safe_psql($db, "COPY (SELECT cdc_json.read_event(t) FROM slashes AS t) TO '/dev/null' (FORMAT binary)");
	unlike(server_log($primary, $offset), qr/terminated by signal|PANIC/, 'no process died');
}

$primary->stop;
done_testing();
