# The relay's source: what it says when the server or the slot is not as it
# should be, and whether it goes on.
use strict;
use warnings FATAL => 'all';

use File::Copy ();
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use Cdc;
use Relay;

build_relay();

my $node = new_node('main', 'max_slot_wal_keep_size = 16MB', 'max_wal_size = 64MB', 'wal_sender_timeout = 5s', 'max_replication_slots = 6');
my $db = 'postgres';
my $dsn = $node->connstr($db);
my ($status, $out, $err);

sub slot_field
{
	my ($slot, $field) = @_;

	return $node->safe_psql($db, "SELECT $field FROM pg_replication_slots WHERE slot_name = '$slot'");
}

# A run fails with a status, a message and a hint.
sub refuses
{
	my ($name, $arguments, $expected, $message, $hint) = @_;
	my ($status, $out, $err) = relay('--dsn', $dsn, @$arguments);

	is($status, $expected, "$name: status") or diag $err;
	like($err, $message, "$name: message");
	like($err, $hint, "$name: what to do") if $hint;
	unlike($err, qr/trying again/, "$name: not tried again");
	return;
}

# The server needs more room than max_slot_wal_keep_size allows.
sub lose
{
	my ($slot) = @_;

	for (1 .. 6)
	{
		$node->safe_psql($db, "SELECT pg_logical_emit_message(false, 'filler', repeat('x', 8000000)); SELECT pg_switch_wal(); CHECKPOINT");
		last if slot_field($slot, 'wal_status') eq 'lost';
	}
	return;
}

$node->safe_psql($db, "CREATE TABLE item (id int PRIMARY KEY, v text)");

# --- creation --------------------------------------------------------------

my $r = start_relay('temporary', '--dsn', $dsn, '--slot', 't', '--create-slot', '--temporary', '--heartbeat', '0');
wait_until('the temporary slot', sub { $r->log_text =~ /reading slot/ });
is(slot_field('t', 'temporary'), 't', 'a temporary slot');
is($r->stop, 0, 'temporary: SIGTERM');
wait_until('its end', sub { slot_field('t', 'slot_name') eq '' });
pass('it ends with the connection');

# It ends with a lost connection, too: never made again silently.
$r = start_relay('temporary2', '--dsn', $dsn, '--slot', 't', '--create-slot', '--temporary', '--heartbeat', '0', '--retry-max', '0.2');
wait_until('the temporary slot', sub { $r->log_text =~ /reading slot/ });
$node->safe_psql($db, "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 't'");
is($r->wait_end, 3, 'a temporary slot is lost with its connection: status');
like($r->log_text, qr/"t" does not exist any more.*never created again/s, 'a temporary slot is lost: message');

if ($node->safe_psql($db, 'SHOW server_version_num') < 170000)
{
	refuses('failover before 17', [ '--slot', 'f', '--create-slot', '--failover' ], 2, qr/--failover needs PostgreSQL 17/);
	is(slot_field('f', 'slot_name'), '', 'failover before 17: no slot was made');
}
else
{
	($status, $out, $err) = relay('--dsn', $dsn, '--slot', 'f', '--create-slot', '--failover', '--endpos', 'current');
	is($status, 0, 'failover: status') or diag $err;
	is(slot_field('f', 'failover'), 't', 'a slot that fails over');
	$node->safe_psql($db, "SELECT pg_drop_replication_slot('f')");
}
refuses('temporary and failover', [ '--slot', 'f', '--create-slot', '--failover', '--temporary' ], 2, qr/a temporary slot cannot fail over/);
refuses('temporary alone', [ '--slot', 'f', '--temporary' ], 2, qr/--temporary needs --create-slot/);
refuses('no slot', [ '--slot', 'none' ], 3, qr/replication slot "none" does not exist/, qr/--create-slot/);

# --- a slot that is not ours -------------------------------------------------

$node->safe_psql($db, "SELECT pg_create_logical_replication_slot('other', 'test_decoding')");
refuses('another plugin', [ '--slot', 'other' ], 3, qr/slot "other" is of plugin "test_decoding", not "cdc_json"/);
$node->safe_psql($db, "SELECT pg_drop_replication_slot('other'); SELECT pg_create_physical_replication_slot('other')");
refuses('a physical slot', [ '--slot', 'other' ], 3, qr/slot "other" is of plugin "", not "cdc_json"/);
$node->safe_psql($db, "SELECT pg_drop_replication_slot('other')");
$node->safe_psql($db, 'CREATE DATABASE elsewhere');
new_slot($node, 'elsewhere', 'other');
refuses('another database', [ '--slot', 'other' ], 3, qr/slot "other" is of database "elsewhere", not "postgres"/);
$node->safe_psql($db, "SELECT pg_drop_replication_slot('other')");

# --- no slot is free ----------------------------------------------------------

new_slot($node, $db, "full$_") for 1 .. 6;
refuses('all slots are in use', [ '--slot', 'more', '--create-slot' ], 3, qr/all replication slots are in use/, qr/max_replication_slots/);
$node->safe_psql($db, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name <> 'full1'");
$node->safe_psql($db, "SELECT pg_drop_replication_slot('full1')");

# --- a slot that somebody reads: waits for it ---------------------------------

new_slot($node, $db, 's');
my $first = start_relay('first', '--dsn', $dsn, '--slot', 's', '--heartbeat', '0');
wait_until('the first reader', sub { slot_field('s', 'active') eq 't' });
$r = start_relay('second', '--dsn', $dsn, '--slot', 's', '--heartbeat', '0', '--retry-max', '0.2');
wait_until('the second reader', sub { $r->log_text =~ /trying again/ });
like($r->log_text, qr/replication slot "s" is active for PID \d+.*Another program reads the slot/s, 'active elsewhere: message');
is($r->ended, undef, 'active elsewhere: waits');
is($first->stop, 0, 'the first one ends');
wait_until('the second one reads', sub { $r->log_text =~ /reading slot/ });
pass('active elsewhere: takes over');

# --- a slot that is dropped, or moved by somebody else -------------------------

$node->safe_psql($db, "INSERT INTO item VALUES (1, 'x')");
wait_until('the row', sub { lines($r->{out}) == 1 });
{
	my $pid = slot_field('s', 'active_pid');

	$r->signal('STOP');
	$node->safe_psql($db, "SELECT pg_terminate_backend($pid)");
	wait_until('the slot is free', sub { slot_field('s', 'active') eq 'f' });
	$node->safe_psql($db, "INSERT INTO item VALUES (2, 'x'); SELECT pg_replication_slot_advance('s', pg_current_wal_lsn())");
	$r->signal('CONT');
	is($r->wait_end, 3, 'moved by another program: status');
	like($r->log_text, qr/slot "s" is at .*, but only what is before .* was delivered.*Another program has read or advanced the slot/s, 'moved: message');
}
$r = start_relay('dropped', '--dsn', $dsn, '--slot', 's', '--create-slot', '--heartbeat', '0', '--retry-max', '0.2');
wait_until('reading', sub { $r->log_text =~ /reading slot/ });
$r->signal('STOP');
$node->safe_psql($db, "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 's'");
wait_until('the slot is free', sub { slot_field('s', 'active') eq 'f' });
$node->safe_psql($db, "SELECT pg_drop_replication_slot('s')");
$r->signal('CONT');
is($r->wait_end, 3, 'dropped: status');
like($r->log_text, qr/"s" does not exist any more.*never created again by itself/s, 'dropped: message');

# --- invalidated ----------------------------------------------------------------

new_slot($node, $db, 'lost');
lose('lost');
is(slot_field('lost', 'wal_status'), 'lost', 'a slot lost its log');
refuses('invalidated', [ '--slot', 'lost' ], 3, qr/slot "lost" was invalidated: /, qr{--snapshot when_needed or always and --create-slot.*max_slot_wal_keep_size}s);
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 'lost', '--check');
is($status, 6, 'invalidated: --check');
like($out, qr/^BAD  slot: .*invalidated/m, 'invalidated: --check says so');

# While it runs, and has lost its connection.
$node->safe_psql($db, "SELECT pg_drop_replication_slot('lost'); SELECT pg_create_logical_replication_slot('lost', 'cdc_json')");
$r = start_relay('losing', '--dsn', $dsn, '--slot', 'lost', '--heartbeat', '0', '--retry-max', '0.2');
wait_until('reading', sub { $r->log_text =~ /reading slot/ });
$r->signal('STOP');
$node->safe_psql($db, "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 'lost'");
wait_until('the slot is free', sub { slot_field('lost', 'active') eq 'f' });
lose('lost');
$r->signal('CONT');
is($r->wait_end, 3, 'invalidated while it runs: status');
like($r->log_text, qr{--snapshot when_needed or always and --create-slot}, 'invalidated while it runs: what to do');
$node->safe_psql($db, "SELECT pg_drop_replication_slot('lost')");

# --- a plugin that the server does not load --------------------------------------

new_slot($node, $db, 's');
SKIP:
{
	my $list = $node->safe_psql($db, "SELECT setting FROM pg_settings WHERE name = 'output_plugin_libraries'");

	skip 'this server loads all output plugins', 9 if $list eq '';
	$node->safe_psql($db, 'ALTER SYSTEM SET output_plugin_libraries = pgoutput, test_decoding');
	$node->reload;
	wait_until('the setting', sub { $node->safe_psql($db, 'SHOW output_plugin_libraries') !~ /cdc_json/ });
	refuses('a refused plugin', [ '--slot', 's' ], 3, qr/the server does not load the plugin: .*may not be used as an output plugin/, qr/output_plugin_libraries = .*cdc_json/);
	refuses('a refused plugin at creation', [ '--slot', 'new', '--create-slot' ], 3, qr/the server does not load the plugin/, qr/pg_reload_conf/);
	is(slot_field('new', 'slot_name'), '', 'a refused plugin: no slot was made');
	$node->safe_psql($db, 'ALTER SYSTEM RESET output_plugin_libraries');
	$node->reload;
}

# --- options, rights, settings -----------------------------------------------------

refuses('an option that the plugin has not', [ '--slot', 's', '--option', 'nonsense=1' ], 2, qr/nonsense/);
refuses('work-mem', [ '--slot', 's', '--work-mem', 'much' ], 2, qr/could not set logical_decoding_work_mem \(--work-mem\)/);
$node->safe_psql($db, 'CREATE ROLE plain LOGIN');
($status, $out, $err) = relay('--dsn', "$dsn user=plain", '--slot', 's');
is($status, 3, 'a role without REPLICATION: status') or diag $err;
like($err, qr/LOGIN and REPLICATION/, 'a role without REPLICATION: what to do');
($status, $out, $err) = relay('--dsn', "$dsn dbname=nowhere", '--slot', 's');
is($status, 3, 'no such database: status');
like($err, qr/"nowhere" does not exist/, 'no such database: message');
($status, $out, $err) = relay('--dsn', 'host=localhost port=1 =', '--slot', 's');
is($status, 2, 'a bad connection string: status');
like($err, qr/--dsn is not a valid connection string.*host=db dbname=shop/s, 'a bad connection string: message');

# --- another timeline, another cluster ------------------------------------------------

# The server is promoted while the relay waits: a copy of its files takes the place.
$r = start_relay('timeline', '--dsn', $dsn, '--slot', 's', '--heartbeat', '0', '--retry-max', '0.2');
wait_until('reading', sub { $r->log_text =~ /reading slot/ });
$node->stop;
$node->append_conf('postgresql.conf', "restore_command = 'false'");
$node->set_standby_mode;
$node->start;
$node->promote;
is($r->wait_end, 3, 'another timeline: status');
like($r->log_text, qr/timeline changed from 1 to 2/, 'another timeline: message');
like($r->log_text, qr/promoted or restored/, 'another timeline: what to do');

$r = start_relay('cluster', '--dsn', $dsn, '--slot', 's', '--heartbeat', '0', '--retry-max', '0.2');
wait_until('reading', sub { $r->log_text =~ /reading slot/ });
$node->stop;
my $other = PostgreSQL::Test::Cluster->new('other', port => $node->port, host => undef);
$other->init(allows_streaming => 'logical');
$other->append_conf('postgresql.conf', "unix_socket_directories = '" . $node->host . "'");
$other->start;
is($r->wait_end, 3, 'another cluster: status');
like($r->log_text, qr/another cluster answers: system identifier \d+, before it was \d+/, 'another cluster: message');
$other->stop('immediate');

done_testing();
