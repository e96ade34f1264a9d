# From 17 on a slot can live on both servers of a pair.  The primary dies in
# the middle, its standby takes over: no event is missing, and those that come
# again are the same bytes, from a transaction's start.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use Test::More;
use Cdc;

plan skip_all => 'slots move to a standby from 17 on' if PostgreSQL::Test::Cluster->new('version')->pg_version < 17;

my $db = 'postgres';
my @options = ('format=record', 'position.header=true', 'provide.transaction.metadata=true');
my $primary = new_node('primary', 'hot_standby_feedback = on', "synchronized_standby_slots = 'standby'");

sub place
{
	my ($line) = @_;

	$line =~ /"__cdc_json.position":"([0-9a-f.]+)"/ or die "no position: $line";
	return $1;
}

sub write_rows
{
	my ($node, $from, $to) = @_;

	$node->safe_psql($db, "INSERT INTO t SELECT g, md5(g::text) FROM generate_series($from, $to) g");
	$node->safe_psql($db, "UPDATE t SET v = 'again' WHERE id BETWEEN $from AND $to AND id % 10 = 0");
	return;
}

$primary->safe_psql($db, "SELECT pg_create_physical_replication_slot('standby')");
$primary->safe_psql($db, 'CREATE TABLE t (id int PRIMARY KEY, v text)');
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', "primary_conninfo = '" . ($primary->connstr($db) =~ s/'/''/gr) . "'");
$standby->append_conf('postgresql.conf', 'primary_slot_name = standby');
$standby->append_conf('postgresql.conf', "synchronized_standby_slots = ''");
$standby->start;
$primary->safe_psql($db, "SELECT pg_create_logical_replication_slot('moves', 'cdc_json', failover => true)");
$primary->wait_for_catchup($standby, 'replay');

# The copy of the slot is kept at most as far as the standby has the log.
my (@before, @after);
write_rows($primary, 1, 100);
push @before, stream($primary, $db, 'moves', position($primary, $db), @options);
$primary->wait_for_catchup($standby, 'replay');
wait_for('the slot on the standby', sub {
	# it must need no more than the standby keeps: reading moves it on, as long
	# as no transaction begins
	$primary->safe_psql($db, 'SELECT pg_log_standby_snapshot()');
	$primary->safe_psql($db, "SELECT pg_logical_emit_message(false, 'cdc_json.flush', '', true)");
	push @before, stream($primary, $db, 'moves', $primary->safe_psql($db, 'SELECT pg_current_wal_lsn()'), @options);
	$primary->wait_for_catchup($standby, 'replay');
	# 19 tries until it succeeds
	$standby->psql($db, "SET statement_timeout = '2s'; SELECT pg_sync_replication_slots()");
	return $standby->safe_psql($db, "SELECT synced AND NOT temporary AND invalidation_reason IS NULL FROM pg_replication_slots WHERE slot_name = 'moves'") eq 't';
});
is($standby->safe_psql($db, "SELECT plugin, failover FROM pg_replication_slots WHERE slot_name = 'moves'"), 'cdc_json|t', 'the slot is on the standby');
fails($standby, $db, "SELECT pg_logical_slot_peek_changes('moves', NULL, NULL)", qr/cannot use replication slot "moves" for logical decoding/,
	'and is not to be read there yet');

# Read on the primary after the last synchronisation, then not read at all.
write_rows($primary, 101, 200);
push @before, stream($primary, $db, 'moves', position($primary, $db), @options);
write_rows($primary, 201, 300);
$primary->wait_for_catchup($standby, 'flush');
$primary->stop('immediate');
$standby->promote;
write_rows($standby, 301, 400);
@after = stream($standby, $db, 'moves', position($standby, $db), @options);

my %first = map { place($_) => $_ } @before;
my ($repeated, $differ) = (0, 0);
for my $line (@after)
{
	my $at = place($line);

	next unless exists $first{$at};
	$repeated++;
	$differ++ if join('', map { session_masked($_) } masked($line)) ne join('', map { session_masked($_) } masked($first{$at}));
}
is($differ, 0, 'events that come again are the same bytes');
cmp_ok($repeated, '>', 0, 'what was confirmed after the last synchronisation comes again');
cmp_ok($repeated, '<', scalar @before, 'what was confirmed before it does not');
is(join(' ', map { place($_) } @after), join(' ', sort map { place($_) } @after), 'the new primary sends in order');

my %all = (%first, map { place($_) => $_ } @after);
my (%rows, %updates);
for my $at (sort keys %all)
{
	my $value = event($all{$at})->{value};

	next unless $value->{op};
	$value->{op} eq 'c' ? $rows{ $value->{after}{id} }++ : $updates{ $value->{after}{id} }++;
}
is(join(' ', sort { $a <=> $b } keys %rows), join(' ', 1 .. 400), 'no row is missing');
is(join(' ', sort { $a <=> $b } keys %updates), join(' ', map { 10 * $_ } 1 .. 40), 'nor an update');
is(scalar(grep { $_ != 1 } values %rows, values %updates), 0, 'and a position belongs to one event');

unlike(server_log($standby), qr/terminated by signal|PANIC/, 'no process died');
$standby->stop;
done_testing();
