# The relay with the sinks stdout and file: what it delivers, what it confirms,
# how it ends, and which troubles it tells apart.
use strict;
use warnings FATAL => 'all';

use POSIX ();
use Test::More;
use Cdc;
use Relay;

build_relay();

my $node = new_node('main', 'wal_sender_timeout = 60s');
my $db = 'postgres';
my $dsn = $node->connstr($db);
my $dir = $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check;
my ($status, $out, $err);

# --- command line ----------------------------------------------------------

($status, $out, $err) = relay('--help');
is($status, 0, '--help: status');
like($out, qr/Where to read:.*--dsn.*Where to write:.*--sink.*stdout.*Exit status/s, '--help: groups');
($status, $out, $err) = relay('--version');
like($out, qr/^cdc_json_relay \d+\.\d+ \(libpq/, '--version');
($status, $out, $err) = relay();
is($status, 2, 'no arguments: status');
like($err, qr/--slot NAME is missing/, 'no arguments: message');
for my $case (
	[ [ '--slot', 's', '--sink', 'x' ], qr/unrecognized sink: "x"/ ],
	[ [ '--slot', 's', '--set', 'x=1' ], qr/the sink "stdout" has no property "x"/ ],
	[ [ '--slot', 's', '--set', 'format=x' ], qr/invalid value for property "format"/ ],
	[ [ '--slot', 's', '--sink', 'file' ], qr/needs --set path/ ],
	[ [ '--slot', 's', '--dsn', 'password=secret nonsense' ], qr/not a valid connection string/ ])
{
	($status, $out, $err) = relay(@{ $case->[0] });
	is($status, 2, "@{$case->[0]}: status");
	like($err, $case->[1], "@{$case->[0]}: message");
	unlike($err, qr/secret/, "@{$case->[0]}: no secrets");
}

# --- troubles with the server and the slot ---------------------------------

($status, $out, $err) = relay('--dsn', "$dsn dbname=nowhere", '--slot', 's', '--endpos', 'current');
is($status, 3, 'no such database: status');
like($err, qr/database "nowhere" does not exist/, 'no such database: message');
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--endpos', 'current');
is($status, 3, 'no such slot: status');
like($err, qr/slot "s" does not exist.*--create-slot creates it/s, 'no such slot: message and hint');
$node->safe_psql($db, "SELECT pg_create_logical_replication_slot('foreign_slot', 'test_decoding')");
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 'foreign_slot', '--endpos', 'current');
is($status, 3, 'slot of another plugin: status');
like($err, qr/is of plugin "test_decoding"/, 'slot of another plugin: message');
$node->safe_psql($db, "SELECT pg_drop_replication_slot('foreign_slot')");
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--create-slot', '--endpos', 'current', '--option', 'bogus=1');
is($status, 2, 'an option that the plugin refuses: status');
like($err, qr/unrecognized option: "bogus"/, 'an option that the plugin refuses: message');

# --- the records -----------------------------------------------------------

$node->safe_psql($db, <<'SQL');
CREATE TABLE item (id int PRIMARY KEY, v text);
SELECT pg_create_logical_replication_slot('truth', 'cdc_json');
SELECT pg_drop_replication_slot('s');
SQL
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--create-slot', '--endpos', 'current');
is($status, 0, 'creates the slot');
is($out, '', 'nothing yet');
$node->safe_psql($db, <<'SQL');
INSERT INTO item SELECT g, E'tab\t"quote" ü ' || g FROM generate_series(1, 500) g;
UPDATE item SET id = 1000 WHERE id = 1;
DELETE FROM item WHERE id BETWEEN 2 AND 9;
SELECT pg_logical_emit_message(true, 'note', 'x');
SELECT pg_logical_emit_message(false, 'note', 'y');
SQL
my $upto = position($node, $db);
my @options = ('position.header=true', 'provide.transaction.metadata=true', 'extended.headers.enabled=true');
my @truth = masked(stream($node, $db, 'truth', $upto, 'format=record', @options));
# what depends on where a session starts: its id, and the commit before its first
s/(runId":")[^"]+/$1/, s/("sequence":"\[\\")\d+/$1/ for @truth;
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--endpos', $upto, map { ('--option', $_) } @options);
my @got = masked(split /\n/, $out);
s/(runId":")[^"]+/$1/, s/("sequence":"\[\\")\d+/$1/ for @got;
is($status, 0, 'reads up to a position');
cmp_ok(scalar(@got), '>', 500, 'many records');
is_deeply(\@got, \@truth, 'lines are those of format=record');
ok($node->safe_psql($db, "SELECT confirmed_flush_lsn >= '$upto' FROM pg_replication_slots WHERE slot_name = 's'") eq 't', 'and is confirmed');
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--endpos', $upto);
is("$status:$out", '0:', 'nothing comes twice');

$node->safe_psql($db, "INSERT INTO item VALUES (2000, 'a'); DELETE FROM item WHERE id = 2000");
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--endpos', 'current', '--set', 'format=value', '--log-format', 'json');
is(scalar(grep { /^\{"before"/ } split /\n/, $out), 2, 'format=value: two values, no tombstone');
is(scalar(grep { !eval { event($_)->{level} } } split /\n/, $err), 0, 'log lines are JSON');

# A transaction after the position stays for the next time.
$node->safe_psql($db, "INSERT INTO item VALUES (3000, 'first')");
$upto = position($node, $db);
$node->safe_psql($db, "INSERT INTO item VALUES (3001, 'second')");
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--endpos', $upto);
like($out, qr/"id":3000/, '--endpos: what was committed before');
unlike($out, qr/"id":3001/, '--endpos: not what came after');
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--endpos', 'current');
is(join(' ', map { $_->{key}{id} } records(split /\n/, $out)), '3001', 'which comes then');

# --- the file --------------------------------------------------------------

my $file = "$dir/records.jsonl";
append_to_half_line($file);
my $r = start_relay('file', '--dsn', $dsn, '--slot', 's', '--sink', 'file', '--set', "path=$file", '--set', 'rotate.bytes=20kB',
	'--status-interval', '0.1');
$node->safe_psql($db, "INSERT INTO item SELECT g, repeat('x', 100) FROM generate_series(4000, 4099) g");
$upto = position($node, $db);
wait_until('confirmation', sub { $node->safe_psql($db, "SELECT confirmed_flush_lsn >= '$upto' FROM pg_replication_slots WHERE slot_name = 's'") eq 't' });
ok(-e "$file.000001", 'the full file was renamed');
$node->safe_psql($db, "INSERT INTO item VALUES (4200, 'later')");
wait_until('one more record', sub { grep { /4200/ } lines($file) });
is($r->stop, 0, 'SIGTERM: status');
like($r->log_text, qr/cutting off half a line.*stopping.*done: everything before/s, 'SIGTERM: log');
is(join(' ', map { $_->{key}{id} } records(lines("$file.000001"), lines($file))), join(' ', 4000 .. 4099, 4200), 'each record once, over both files');

sub append_to_half_line
{
	open my $fh, '>', $_[0] or die;
	print $fh '{"topic":"half';
	close $fh;
}

# A limit of the file's size stands for a full disk.
my $inside = $node->safe_psql($db,
	"BEGIN; INSERT INTO item SELECT g, repeat('x', 1000) FROM generate_series(5000, 5099) g; SELECT pg_current_wal_insert_lsn(); COMMIT");
system('sh', '-c', "trap '' XFSZ; ulimit -f 32; exec build/relay/cdc_json_relay --dsn \"\$1\" --slot s --sink file --set path=\"\$2\" --endpos current 2>\"\$3\"",
	'sh', $dsn, "$dir/full.jsonl", "$dir/full.err");
is($? >> 8, 4, 'disk full: status');
like(join("\n", lines("$dir/full.err")), qr/could not write to file .*: File too large/, 'disk full: message');
is($node->safe_psql($db, "SELECT confirmed_flush_lsn <= '$inside' FROM pg_replication_slots WHERE slot_name = 's'"),
	't', 'disk full: nothing is confirmed');
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--sink', 'file', '--set', "path=$dir/full.jsonl", '--endpos', 'current');
is($status, 0, 'then there is room');
my %seen = map { $_->{key}{id} => 1 } records(lines("$dir/full.jsonl"));
is(scalar(keys %seen), 100, 'nothing is missing');

# --- reconnecting, and what cannot heal ------------------------------------

$r = start_relay('reconnect', '--dsn', $dsn, '--slot', 's', '--status-interval', '0.1');
$node->safe_psql($db, "INSERT INTO item VALUES (6000, 'a')");
wait_until('a record', sub { grep { /6000/ } lines($r->{out}) });
$node->safe_psql($db, "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 's'");
$node->safe_psql($db, "INSERT INTO item VALUES (6001, 'a')");
wait_until('a record after reconnecting', sub { grep { /6001/ } lines($r->{out}) });
$node->restart;
$node->safe_psql($db, "INSERT INTO item VALUES (6002, 'a')");
wait_until('a record after a restart', sub { grep { /6002/ } lines($r->{out}) });
like($r->log_text, qr/trying again in/, 'tells that it tries again');
my $second = start_relay('second', '--dsn', $dsn, '--slot', 's', '--retry-max', '0.2');
wait_until('the second one is told', sub { $second->log_text =~ /is active for PID/ });
is($second->stop, 0, 'a second relay waits');

# The slot moves under us: something else has read it.
$r->signal('STOP');
$node->safe_psql($db, "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 's'");
wait_until('the slot is free', sub { $node->safe_psql($db, "SELECT active FROM pg_replication_slots WHERE slot_name = 's'") eq 'f' });
$node->safe_psql($db, "INSERT INTO item VALUES (6003, 'stolen')");
position($node, $db);
$node->safe_psql($db, "SELECT pg_replication_slot_advance('s', pg_current_wal_lsn())");
$r->signal('CONT');
is($r->wait_end, 3, 'another program advanced the slot: status');
like($r->log_text, qr/only what is before .* was delivered.*slot of its own/s, 'another program advanced the slot: message');

$r = start_relay('dropped', '--dsn', $dsn, '--slot', 's', '--create-slot');
wait_until('streaming', sub { $r->log_text =~ /reading slot/ });
$r->signal('STOP');
$node->safe_psql($db, "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 's'");
wait_until('the slot is free', sub { $node->safe_psql($db, "SELECT active FROM pg_replication_slots WHERE slot_name = 's'") eq 'f' });
$node->safe_psql($db, "SELECT pg_drop_replication_slot('s')");
$r->signal('CONT');
is($r->wait_end, 3, 'the slot vanished: status');
like($r->log_text, qr/does not exist any more.*never created again by itself/s, 'the slot vanished: never created again');

($status, $out, $err) = relay('--dsn', $dsn, '--slot', 'temporary_one', '--create-slot', '--temporary', '--endpos', 'current');
is($status, 0, 'a temporary slot');
is($node->safe_psql($db, "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'temporary_one'"), '0', 'is gone afterwards');

SKIP:
{
	skip 'this server has no list of plugins', 2 if $node->safe_psql($db, "SELECT count(*) FROM pg_settings WHERE name = 'output_plugin_libraries'") eq '0';
	$node->safe_psql($db, "SELECT pg_create_logical_replication_slot('s', 'cdc_json')");
	$node->append_conf('postgresql.conf', "output_plugin_libraries = 'pgoutput, test_decoding'");
	$node->reload;
	wait_until('the list', sub { $node->safe_psql($db, 'SHOW output_plugin_libraries') !~ /cdc_json/ });
	($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--endpos', 'current');
	is($status, 3, 'plugin refused: status');
	like($err, qr/does not load the plugin.*ALTER SYSTEM SET output_plugin_libraries/s, 'plugin refused: what to do');
}

done_testing();
