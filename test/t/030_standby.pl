# From 16 on a standby decodes too: the same bytes as on the primary, through
# changes of tables, and on after it has been promoted.
use strict;
use warnings FATAL => 'all';

use IPC::Run;
use PostgreSQL::Test::Cluster;
use Test::More;
use Cdc;

plan skip_all => 'standbys decode from 16 on' if PostgreSQL::Test::Cluster->new('version')->pg_version < 16;

my $db = 'postgres';
my $primary = new_node('primary', 'hot_standby_feedback = on', 'primary_slot_name = standby');

$primary->safe_psql($db, "SELECT pg_create_physical_replication_slot('standby')");
$primary->safe_psql($db, "CREATE TYPE mood AS ENUM ('low'); CREATE TABLE t (id int PRIMARY KEY, v text, m mood)");
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

# A slot on a standby waits until the primary says which transactions run.
my ($created, $stderr) = (0, '');
my $create = IPC::Run::start(
	[ $standby->installed_command('pg_recvlogical'), '-d', $standby->connstr($db), '-S', 'here', '--create-slot', '-P', 'cdc_json' ],
	'2>', \$stderr);
wait_for('the slot on the standby', sub {
	$primary->safe_psql($db, 'SELECT pg_log_standby_snapshot()');
	$create->pumpable && $create->pump_nb;
	$created = $standby->safe_psql($db, "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'here' AND confirmed_flush_lsn IS NOT NULL");
	return $created eq '1';
});
$create->finish;
is($stderr, '', 'a slot on the standby');
new_slot($primary, $db, 'there');

$primary->safe_psql($db, $_) for
  "INSERT INTO t SELECT g, 'v' || g FROM generate_series(1, 500) g",
  "ALTER TYPE mood ADD VALUE 'high'",
  "INSERT INTO t VALUES (1000, 'new label', 'high')",
  'ALTER TABLE t ADD c numeric(6,2) DEFAULT 1.5, DROP v',
  'ALTER TABLE t REPLICA IDENTITY FULL',
  'UPDATE t SET c = id / 100.0 WHERE id % 5 = 0',
  'UPDATE t SET id = -id WHERE id % 50 = 0',
  'ALTER TABLE t RENAME TO renamed',
  'DELETE FROM renamed WHERE id < 10',
  "SELECT pg_logical_emit_message(true, 'both', 'see it')",
  'TRUNCATE renamed';
my $end = position($primary, $db);
$primary->wait_for_catchup($standby, 'replay');

for my $options (
	[ 'format=record', 'position.header=true', 'provide.transaction.metadata=true', 'skipped.operations=none' ],
	[ 'schemas.enable=true', 'debezium.quirks=true' ])
{
	my $name = join ' ', @$options;
	my @there = stream($primary, $db, 'there', $end, @$options);
	my @here = stream($standby, $db, 'here', $end, @$options);

	# a second reading is of what comes then
	$primary->safe_psql($db, "INSERT INTO renamed SELECT coalesce(max(id), 0) + g, 'low', g FROM generate_series(1, 50) g LEFT JOIN renamed ON true GROUP BY g");
	$end = position($primary, $db);
	$primary->wait_for_catchup($standby, 'replay');
	cmp_ok(scalar @there, '>', 40, "$name: events");
	same_events(\@there, \@here, "$name: on the primary and on the standby");
}
my @rest = stream($standby, $db, 'here', $end);
is(scalar @rest, 50, 'what came after');

# Nothing is lost by promotion, nor after it.
$primary->safe_psql($db, 'INSERT INTO renamed SELECT g FROM generate_series(1101, 1200) g');
$primary->wait_for_catchup($standby, 'replay');
$primary->stop('immediate');
$standby->promote;
$standby->safe_psql($db, 'ALTER TABLE renamed ADD after_promotion text');
$standby->safe_psql($db, "INSERT INTO renamed (id, after_promotion) SELECT g, 'x' FROM generate_series(1201, 1300) g");
my @ids = map { event($_)->{after}{id} } stream($standby, $db, 'here', position($standby, $db));
is(join(' ', @ids), join(' ', 1101 .. 1300), 'each event once, in order, across the promotion');
unlike(server_log($standby), qr/terminated by signal|PANIC/, 'no process died');
$standby->stop;
done_testing();
