# Memory depends on the number of tables, not on the number of events, of table
# versions or of calls.
use strict;
use warnings FATAL => 'all';

use Test::More;
use Cdc;

plan skip_all => 'memory of a process is read from /proc' unless -r '/proc/self/status';

my $node = new_node('main');
my $db = 'postgres';
my @options = ('format=record', 'schemas.enable=true', 'provide.transaction.metadata=true', 'extended.headers.enabled=true',
	'column.mask.with.5.chars=public.masked.v', 'skip.messages.without.change=true', 'include.unknown.datatypes=true');

# What the plugin itself holds, in kB, and all that the process has of its own.
sub measure
{
	my ($pid, $name) = @_;
	my $contexts = contexts_kb($node, $pid);
	my $ours = 0;

	$ours += $contexts->{$_} for grep { /^cdc_json/ } keys %$contexts;
	my %at = (ours => $ours, all => $contexts->{''}, rss => memory_kb($pid));
	note(sprintf '%s: cdc_json %.0f kB, all contexts %.0f kB, process %.0f kB', $name, @at{qw(ours all rss)});
	return \%at;
}

sub grown
{
	my ($before, $after, $what, $limit, $name) = @_;
	my $growth = $after->{$what} - $before->{$what};

	return cmp_ok($growth, '<', $limit, sprintf '%s: %s grew by %.0f kB, less than %d', $name, $what, $growth, $limit);
}

# 100,000 changes of all kinds, in 200 transactions.
$node->safe_psql($db, <<'SQL');
CREATE TYPE mood AS ENUM ('ok', 'sad');
CREATE TYPE pair AS (a int, b text);
CREATE TABLE masked (id int PRIMARY KEY, v text);
CREATE TABLE kinds (id int PRIMARY KEY, n numeric, t text, b bytea, at timestamptz, j jsonb, a int[], ta text[], e mood, d date,
	u uuid, p pair, r int4range, x xml, i interval, m money, bits varbit(20), f float8, big text);
ALTER TABLE kinds REPLICA IDENTITY FULL;
ALTER TABLE kinds ALTER big SET STORAGE EXTERNAL;
CREATE PROCEDURE change(batches int, first int) LANGUAGE plpgsql AS $$
BEGIN
	FOR k IN first .. first + batches - 1 LOOP
		INSERT INTO kinds SELECT k * 1000 + g, g / 7.0, 'text ' || g, decode(md5(g::text), 'hex'), now(), '{"a": [1, "x", null]}', ARRAY[g, k],
			ARRAY['a', NULL], 'sad', '2026-01-01', gen_random_uuid(), ROW(g, 'b')::pair, int4range(1, g + 2), '<a/>', '1 day', 12.5, B'1010', g / 3.0,
			CASE WHEN g % 50 = 0 THEN repeat(md5(g::text), 1000) END FROM generate_series(1, 200) g;
		INSERT INTO masked SELECT k * 1000 + g, 'secret' FROM generate_series(1, 100) g;
		UPDATE kinds SET t = t || '!', n = n + 1 WHERE id BETWEEN k * 1000 AND k * 1000 + 50;
		UPDATE masked SET id = -id WHERE id BETWEEN k * 1000 AND k * 1000 + 50;
		DELETE FROM kinds WHERE id BETWEEN k * 1000 AND k * 1000 + 200;
		PERFORM pg_logical_emit_message(true, 'message', repeat('m', 100));
		PERFORM pg_logical_emit_message(k % 2 = 0, 'other', 'x');
		COMMIT;
	END LOOP;
END $$;
SQL
new_slot($node, $db, 'changes');
my $reader = follow($node, $db, 'changes', @options, '-s 1', '-f /dev/null');
my $pid = active_pid($node, 'changes');

# Everything up to here was decoded.
sub caught_up
{
	my ($slot) = @_;
	my $end = position($node, $db);

	return ok($node->poll_query_until($db, "SELECT confirmed_flush_lsn >= '$end' FROM pg_replication_slots WHERE slot_name = '$slot'"),
		"$slot: decoded");
}

my ($warm, $before, $after);
$node->safe_psql($db, 'CALL change(20, 0)');
caught_up('changes');
$before = measure($pid, '10,000 changes');
$node->safe_psql($db, 'CALL change(200, 1000)');
caught_up('changes');
$after = measure($pid, '110,000 changes');
grown($before, $after, 'ours', 64, '100,000 changes');
grown($before, $after, 'all', 512, '100,000 changes');
grown($before, $after, 'rss', 4096, '100,000 changes');
$reader->stop;

# 1,000 tables, then 1,000 versions of them.
my $create = join '', map { "CREATE TABLE t$_ (id int PRIMARY KEY, a text, b numeric(10,2) DEFAULT 1.5, c timestamptz, d jsonb, e int[]);\n" } 1 .. 1000;
my $insert = join '', map { "INSERT INTO t$_ VALUES (1, 'a', 1, now(), '{}', '{1}') ON CONFLICT (id) DO UPDATE SET a = t$_.a || 'b';\n" } 1 .. 1000;

sub alter
{
	my ($clause) = @_;

	return join '', map { "ALTER TABLE t$_ $clause;\nINSERT INTO t$_ (id) SELECT max(id) + 1 FROM t$_;\n" } 1 .. 1000;
}

new_slot($node, $db, 'tables');
$reader = follow($node, $db, 'tables', @options, '-s 1', '-f /dev/null');
$pid = active_pid($node, 'tables');
$warm = measure($pid, 'no tables');
$node->safe_psql($db, $create . "BEGIN;$insert COMMIT;$insert");
caught_up('tables');
$before = measure($pid, '1,000 tables');
cmp_ok($before->{ours} - $warm->{ours}, '>', 1000, 'descriptions of tables are seen here');
cmp_ok($before->{ours} - $warm->{ours}, '<', 40 * 1000, 'and take less than 40 kB each');
$node->safe_psql($db, "BEGIN;$insert COMMIT;");
caught_up('tables');
$after = measure($pid, 'again');
grown($before, $after, 'ours', 64, 'known tables');
grown($before, $after, 'rss', 4096, 'known tables');

$node->safe_psql($db, alter('ADD COLUMN f int DEFAULT 7'));
caught_up('tables');
$before = measure($pid, '1,000 ALTERs');
$node->safe_psql($db, alter('ALTER f TYPE bigint'));
caught_up('tables');
$after = measure($pid, '2,000 ALTERs');
grown($before, $after, 'ours', 512, '1,000 new versions');
grown($before, $after, 'rss', 8192, '1,000 new versions');

# labels of a type that a table uses, and dropped tables with others in their place
$node->safe_psql($db, join '', (map { "ALTER TYPE mood ADD VALUE 'v$_'; INSERT INTO kinds (id, e) VALUES ($_, 'v$_');\n" } 1 .. 50),
	(map { "DROP TABLE t$_;\n" } 1 .. 1000), $create, "BEGIN;$insert COMMIT;");
caught_up('tables');
$before = $after;
$after = measure($pid, 'dropped and created again');
grown($before, $after, 'ours', 512, '1,000 tables in place of dropped ones');
$reader->stop;

# 2,000 calls of SQL functions in one session, every tenth of which fails.
$node->safe_psql($db, "SELECT pg_create_logical_replication_slot('calls', 'cdc_json')");
$node->safe_psql($db, "INSERT INTO kinds (id, t) VALUES (-1, 'a'); INSERT INTO masked VALUES (-1000000, 'x'); INSERT INTO t1 VALUES (1000, 'x');");
my $sample = "SELECT 'sample ' || (SELECT (sum(total_bytes) / 1024)::int FROM pg_backend_memory_contexts) || ' '
	|| (regexp_match(pg_read_file('/proc/self/status', 0, 8192), 'RssAnon:\\s+(\\d+)'))[1];\n";
my $call = "SELECT 'events ' || count(data) FROM pg_logical_slot_peek_changes('calls', NULL, NULL, %s);\n";
my $good = sprintf $call, "'format', 'record', 'schemas.enable', 'true', 'table.include.list', 'public.(kinds|masked|t1)', 'column.mask.hash.SHA-256.with.salt.s', 'public.masked.v'";
my @bad = map { sprintf $call, $_ } "'no.such.option', '1'", "'format', 'xml'", "'table.include.list', '('", "'format', 'record', 'format', 'record'";
my $script = '';
for my $n (1 .. 2000)
{
	$script .= $n % 10 ? $good : $bad[ $n / 10 % @bad ];
	$script .= $sample if $n == 200 || $n == 2000;
}
my ($status, $stdout, $stderr) = $node->psql($db, $script, on_error_stop => 0, extra_params => [ '-v', 'VERBOSITY=terse' ]);
is(scalar(() = $stdout =~ /^events 3$/mg), 1800, 'calls that succeed see all events');
is(scalar(() = $stderr =~ /ERROR: /g), 200, 'calls that fail');
unlike($stderr, qr/callback_list slots|FATAL|PANIC|server closed/, 'no list of callbacks runs out');
my @samples = $stdout =~ /^sample (\d+) (\d+)$/mg;
is(@samples, 4, 'samples');
cmp_ok($samples[2] - $samples[0], '<', 256, "contexts grew from $samples[0] to $samples[2] kB");
cmp_ok($samples[3] - $samples[1], '<', 4096, "memory grew from $samples[1] to $samples[3] kB");

$node->stop;
done_testing();
