# Prepared transactions come when they are committed, also from a slot made for
# two-phase decoding; and transactions with a replication origin show it, or
# are left out.
use strict;
use warnings FATAL => 'all';

use Test::More;
use Cdc;

my $node = new_node('main', 'max_prepared_transactions = 10');
my $db = 'postgres';
my @slots = ('one_phase', 'two_phase', 'protocol');
my @options = ('format=record', 'position.header=true', 'provide.transaction.metadata=true', 'topic.prefix=p');
my %read = map { $_ => [] } @slots;
my %seen;

# What the slots have that was not read yet, in short; all of them the same.  A
# restart may set slots back.
sub events
{
	my ($name) = @_;
	my $end = position($node, $db);
	my @short;

	for my $slot (@slots)
	{
		my @events = grep { !$seen{$slot}{ $_->{headers}{'__cdc_json.position'} }++ } map { event($_) } stream($node, $db, $slot, $end, @options);
		my @line = map {
			my $v = $_->{value};
			$v->{status} ? $v->{status} : "$v->{op} " . ($v->{after} ? "$v->{after}{id} $v->{after}{v}" : $v->{message}{prefix})
		} @events;

		push @short, join ', ', @line;
		push @{ $read{$slot} }, @events;
	}
	is($short[$_], $short[0], "$name: $slots[$_]") for 1 .. $#slots;
	return $short[0];
}

$node->safe_psql($db, <<'SQL');
CREATE TABLE t (id int PRIMARY KEY, v text);
SELECT pg_create_logical_replication_slot('one_phase', 'cdc_json');
SELECT pg_create_logical_replication_slot('two_phase', 'cdc_json', false, true);
SQL
$node->command_ok([ 'pg_recvlogical', '-d', $node->connstr($db), '-S', 'protocol', '--create-slot', '-P', 'cdc_json', '--two-phase' ],
	'slot made by pg_recvlogical');

$node->safe_psql($db, <<'SQL');
BEGIN;
INSERT INTO t VALUES (1, 'prepared');
SELECT pg_logical_emit_message(true, 'within', 'x');
SAVEPOINT s;
INSERT INTO t VALUES (2, 'no');
ROLLBACK TO s;
UPDATE t SET v = 'changed';
PREPARE TRANSACTION 'a "b" c';
INSERT INTO t VALUES (3, 'between');
BEGIN;
INSERT INTO t VALUES (4, 'rolled back');
PREPARE TRANSACTION 'gone';
SQL
is(events('prepared'), 'BEGIN, c 3 between, END', 'nothing of what is only prepared');
$node->safe_psql($db, "ROLLBACK PREPARED 'gone'");
$node->restart;
is(events('rolled back'), '', 'nothing of what was rolled back');
my $before = $node->safe_psql($db, 'SELECT pg_current_wal_lsn()');
$node->safe_psql($db, qq(COMMIT PREPARED 'a "b" c'));
my $after = $node->safe_psql($db, 'SELECT pg_current_wal_lsn()');
is(events('committed'), 'BEGIN, c 1 prepared, m within, u 1 changed, END', 'all of it at COMMIT PREPARED');
is(events('read'), '', 'and not again');

my @last = grep { $_->{value}{source} } @{ $read{two_phase} };
my $commit = hex(($last[-1]{headers}{'__cdc_json.position'} =~ /^(\w+)\./)[0]);
cmp_ok($commit, '>', lsn_number($before), 'positions are those of COMMIT PREPARED');
cmp_ok($commit, '<=', lsn_number($after), 'and not beyond it');
cmp_ok($last[-1]{value}{source}{lsn}, '<', lsn_number($before), 'the change itself is older');
is($last[-1]{value}{source}{txId}, $last[-2]{value}{source}{txId}, 'one transaction');

# A crash between PREPARE and COMMIT PREPARED.
$node->safe_psql($db, "BEGIN; INSERT INTO t VALUES (5, 'crash'); PREPARE TRANSACTION 'crash'");
$node->stop('immediate');
$node->start;
$node->safe_psql($db, "COMMIT PREPARED 'crash'");
is(events('crash'), 'BEGIN, c 5 crash, END', 'a prepared transaction survives a crash');

# With an origin.
$node->safe_psql($db, <<"SQL");
SELECT pg_replication_origin_create('n\xC3\xA4me'), pg_replication_origin_create('dropped');
SELECT pg_create_logical_replication_slot('origins', 'cdc_json');
INSERT INTO t VALUES (10, 'local');
SELECT pg_replication_origin_session_setup('n\xC3\xA4me');
INSERT INTO t VALUES (11, 'session');
BEGIN;
SELECT pg_replication_origin_xact_setup('1/ABCDEF', '2026-01-02 03:04:05+00');
INSERT INTO t VALUES (12, 'transaction');
SELECT pg_logical_emit_message(true, 'replicated', '');
COMMIT;
SELECT pg_logical_emit_message(false, 'outside', '');
BEGIN;
SELECT pg_replication_origin_xact_setup('2/0', '2026-01-02 03:04:05+00');
INSERT INTO t VALUES (13, 'prepared');
PREPARE TRANSACTION 'origin';
SELECT pg_replication_origin_session_reset();
INSERT INTO t VALUES (14, 'local again');
COMMIT PREPARED 'origin';
SELECT pg_replication_origin_session_setup('dropped');
INSERT INTO t VALUES (15, 'of an origin that is dropped');
SELECT pg_replication_origin_session_reset(), pg_replication_origin_drop('dropped');
SELECT pg_logical_emit_message(false, 'last', '');
SQL
my $end = position($node, $db);

# Row 13 was written with an origin, so origin=none has it not; but it was
# committed without, which is what a transaction's origin goes by.  An origin
# is there for the events that were logged before it was dropped.
my %expected = (
	any => {
		10 => [ undef, undef ], 11 => [ "n\xE4me", 0 ], 12 => [ "n\xE4me", lsn_number('1/ABCDEF') ],
		13 => [ undef, undef ], 14 => [ undef, undef ], 15 => [ 'dropped', 0 ]
	},
	none => { 10 => [ undef, undef ], 14 => [ undef, undef ] });

for my $origin ('any', 'none')
{
	for my $interface (\&stream, \&peek)
	{
		my $name = "origin=$origin " . ($interface == \&peek ? 'from SQL' : 'from the protocol');

		$node->safe_psql($db, "SELECT pg_copy_logical_replication_slot('origins', 'copy')");
		my @events = map { event($_) } $interface == \&peek
		  ? peek($node, $db, 'copy', "origin=$origin")
		  : stream($node, $db, 'copy', $end, "origin=$origin");
		$node->safe_psql($db, "SELECT pg_drop_replication_slot('copy')");

		my %rows = map { $_->{after}{id} => $_->{source} } grep { $_->{after} } @events;
		is(join(' ', sort keys %rows), join(' ', sort keys %{ $expected{$origin} }), "$name: rows");
		for my $id (sort keys %rows)
		{
			is($rows{$id}{origin}, $expected{$origin}{$id}[0], "$name: origin of $id");
			is($rows{$id}{origin_lsn}, $expected{$origin}{$id}[1], "$name: origin_lsn of $id");
		}
		is(join(' ', map { $_->{message}{prefix} } grep { $_->{message} } @events),
			$origin eq 'any' ? 'replicated outside last' : 'last', "$name: messages");
	}
}

unlike(server_log($node), qr/ERROR: |terminated by signal|PANIC/, 'no error');
$node->stop;
done_testing();
