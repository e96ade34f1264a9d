# From 18 on a server can give up a slot that nobody reads.  The reader is told
# so, and cdc_json.check() says what to do; a slot in use is left alone.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use Test::More;
use Cdc;

plan skip_all => 'idle_replication_slot_timeout exists from 18 on' if PostgreSQL::Test::Cluster->new('version')->pg_version < 18;

my $db = 'postgres';
my $node = new_node('main');

$node->safe_psql($db, 'CREATE TABLE t (id int PRIMARY KEY); CREATE EXTENSION cdc_json');
new_slot($node, $db, $_) for 'idle', 'busy';
my $reader = follow($node, $db, 'busy', '-s 1');
$node->safe_psql($db, 'INSERT INTO t VALUES (1)');
ok($reader->wait_for_lines(1), 'a slot is read');
$node->safe_psql($db, "ALTER SYSTEM SET idle_replication_slot_timeout = '1s'");
$node->reload;

# Slots are looked at when a checkpoint comes by.
ok(wait_for('the timeout', sub {
	$node->safe_psql($db, 'CHECKPOINT');
	return $node->safe_psql($db, "SELECT invalidation_reason FROM pg_replication_slots WHERE slot_name = 'idle'") eq 'idle_timeout';
}), 'the other is given up');
$node->safe_psql($db, 'INSERT INTO t VALUES (2)');
ok($reader->wait_for_lines(2), 'the slot in use goes on');
is($node->safe_psql($db, "SELECT invalidation_reason IS NULL FROM pg_replication_slots WHERE slot_name = 'busy'"), 't', 'and is whole');
$reader->stop;

fails($node, $db, "SELECT pg_logical_slot_get_changes('idle', NULL, NULL)", qr/can no longer access replication slot "idle"/, 'the reader is told');
like($node->safe_psql($db, "SELECT item, ok, detail, hint FROM cdc_json.check() WHERE NOT ok"), qr/idle/, 'check() names the slot');
$node->stop;
done_testing();
