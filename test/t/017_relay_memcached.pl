# The relay with the sink memcached, against real servers: entries that follow
# rows, invalidation, several servers, and errors.
use strict;
use warnings FATAL => 'all';

use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use Cdc;
use Relay;
use Sinks;

build_relay();
need_sink('memcached', 'memcached');

my $json = JSON::PP->new->utf8->canonical;
my $node = new_node('main', 'wal_sender_timeout = 5s');
my $db = 'postgres';
my $dsn = $node->connstr($db);
my @servers = (memcached('-m', '64'), memcached('-m', '64'));
my $list = join ',', map { "127.0.0.1:$_->{port}" } @servers;
my @to = ('--dsn', $dsn, '--slot', 's', '--sink', 'memcached', '--set', "servers=$list");
my ($status, $out, $err);

sub set
{
	return map { ('--set', $_) } @_;
}

# Wherever it is.
sub entry
{
	my ($key) = @_;
	my @found = grep { defined } map { $_->get($key) } @servers;

	die "$key is on two servers" if @found > 1;
	return $found[0];
}

sub entries
{
	return { map { my $e = entry("item:$_"); defined $e ? ($_ => $json->encode($json->decode($e))) : () } @_ };
}

# --- properties ------------------------------------------------------------

for my $case (
	[ [], qr/needs --set mode=MODE.*"upsert" and "invalidate"/s ],
	[ ['mode=stream'], qr/invalid value for property "mode": "stream"/ ],
	[ [ 'mode=upsert', 'bogus=1' ], qr/no property "bogus".*Properties are mode, servers,/s ],
	[ [ 'mode=upsert', 'options=--NONSENSE' ], qr/invalid value for property "options": "--NONSENSE"/ ],
	[ [ 'mode=upsert', 'options=--NOREPLY' ], qr/--NOREPLY would lose changes/ ],
	[ [ 'mode=upsert', 'options=--REMOVE-FAILED-SERVERS=1' ], qr/--REMOVE-FAILED-SERVERS would lose changes/ ],
	[ [ 'mode=upsert', 'expire.seconds=-1' ], qr/invalid value for property "expire.seconds"/ ],
	[ [ 'mode=upsert', 'key=' . '{x' ], qr/a brace is not closed/ ])
{
	($status, $out, $err) = relay(@to, set(@{ $case->[0] }));
	is($status, 2, "@{$case->[0]}: status");
	like($err, $case->[1], "@{$case->[0]}: message");
}
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--sink', 'memcached', set('mode=upsert', 'servers=a b'));
like($err, qr/invalid value for property "servers"/, 'servers');

# --- upsert ----------------------------------------------------------------

$node->safe_psql($db, <<'SQL');
CREATE TABLE item (id int PRIMARY KEY, v text, big text);
ALTER TABLE item ALTER big SET STORAGE EXTERNAL;
CREATE TABLE named (id text PRIMARY KEY, v text);
SELECT pg_create_logical_replication_slot('s', 'cdc_json');
INSERT INTO item SELECT g, 'v' || g FROM generate_series(1, 300) g;
UPDATE item SET v = v || E'\n"é' WHERE id <= 50;
UPDATE item SET id = 1001 WHERE id = 1;
DELETE FROM item WHERE id = 2;
SQL
($status, $out, $err) = relay(@to, '--endpos', 'current', set('mode=upsert'));
is($status, 0, 'upsert: status') or diag $err;
is_deeply(entries(1 .. 300, 1001), table_rows($node, $db, 'item'), 'upsert: entries are the rows, each on one server');

# An unchanged value of 100 kB is not in the log; a row of 2 MB is too large.
$node->safe_psql($db, "UPDATE item SET big = (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 3200) g) WHERE id = 7");
($status, $out, $err) = relay(@to, '--endpos', 'current', set('mode=upsert'));
is(length($json->decode(entry('item:7'))->{big}), 102400, 'a large value');
$node->safe_psql($db, "UPDATE item SET v = 'new' WHERE id = 7;
	UPDATE item SET big = (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 65536) g) WHERE id = 8;
	INSERT INTO named VALUES ('x y', 'blank'), (repeat('k', 300), 'long'), ('good', 'good')");
($status, $out, $err) = relay(@to, '--endpos', 'current', set('mode=upsert'));
is($status, 0, 'what Memcached cannot have: status') or diag $err;
is(entry('item:7'), undef, 'columns are missing: the entry goes');
is(entry('item:8'), undef, 'too large: the entry goes');
like($err, qr/too large for Memcached/, 'too large: said once');
like($err, qr/no key of Memcached/, 'keys that are none: said once');
is($json->decode(entry('named:good'))->{v}, 'good', 'what follows is there');

# TRUNCATE
$node->safe_psql($db, 'TRUNCATE item');
($status, $out, $err) = relay(@to, '--endpos', 'current', set('mode=upsert'));
is($status, 4, 'TRUNCATE stops: status');
like($err, qr/table "public.item" was truncated.*truncate.policy=flush empties Memcached/s, 'TRUNCATE stops: message');
($status, $out, $err) = relay(@to, '--endpos', 'current', set('mode=upsert', 'truncate.policy=flush'));
is($status, 0, 'TRUNCATE flushes: status');
is_deeply(entries(1 .. 300), {}, 'TRUNCATE flushes');

# --- invalidate ------------------------------------------------------------

# flush_all counts in seconds, and hides what is stored in the same one
sleep 1.1;
for my $key ('item:5000', 'list:item', 'other')
{
	$_->set($key, 'x') for @servers;
}
$node->safe_psql($db, "INSERT INTO item VALUES (5000, 'x')");
($status, $out, $err) = relay(@to, '--endpos', 'current', set('mode=invalidate', 'key={table}:{id},list:{table}'));
is($status, 0, 'invalidate: status') or diag $err;
is(scalar(grep { defined $_->get('item:5000') } @servers), 1, 'invalidate: gone from the server where readers look');
is(scalar(grep { defined $_->get('list:item') } @servers), 1, 'invalidate: all templates');
is(scalar(grep { defined $_->get('other') } @servers), 2, 'invalidate: nothing else');

# --- errors that heal ------------------------------------------------------

$node->safe_psql($db, 'DELETE FROM item');
my $metrics = free_port();
my $r = start_relay('memcached', @to, '--status-interval', '0.1', '--retry-max', '0.5', '--metrics', $metrics, set('mode=upsert', 'timeout.seconds=0.5'));
my $first = 0;

sub survives
{
	my ($name, $trouble, $pattern, $remedy) = @_;
	my $offset = -s $r->{err} || 0;
	my $waiting;

	$trouble->();
	$first += 20;
	# keys of both servers
	$waiting = unconfirmed($node, $db, 's', "INSERT INTO item SELECT g, '$name' FROM generate_series($first, $first + 19) g");
	wait_until("$name is in the log", sub { substr($r->log_text . "\n", $offset) =~ $pattern });
	ok($waiting->(), "$name: not confirmed");
	is(metric($metrics, 'sink_failing'), 1, "$name: metrics");
	$remedy->();
	wait_until("$name is over", confirmed($node, $db, 's'));
	is_deeply(entries(20 .. $first + 19), table_rows($node, $db, 'item'), "$name: everything arrives");
	return;
}

survives('away', sub { $servers[1]->stop }, qr/Memcached: CONNECTION FAILURE/, sub { $servers[1]->restart; $node->safe_psql($db, 'UPDATE item SET v = v') });
survives('hanging', sub { $servers[0]->signal('STOP') }, qr/Memcached: .*TIMEOUT/i, sub { $servers[0]->signal('CONT') });
is($r->stop, 0, 'it ends in good order');

# --- --check ---------------------------------------------------------------

($status, $out, $err) = relay(@to, set('mode=upsert'), '--check');
like($out, qr/^ok   sink: memcached/m, '--check');
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--sink', 'memcached', set('mode=upsert', 'servers=127.0.0.1:' . free_port()), '--check');
like($out, qr/^BAD  sink: Memcached: CONNECTION FAILURE/m, '--check: no server');

# --- killed at random ------------------------------------------------------

srand(20261124);
for my $round (1 .. 5)
{
	$r = start_relay('killed', @to, '--status-interval', '0.05', set('mode=upsert'));
	for (1 .. 4)
	{
		$node->safe_psql($db, random_changes('item', 60));
		sleep rand 0.1;
	}
	$r->signal('KILL');
	$r->wait_end;
}
($status, $out, $err) = relay(@to, '--endpos', 'current', set('mode=upsert'));
is($status, 0, 'killed at random: status') or diag $err;
is_deeply(entries(1 .. 1300), table_rows($node, $db, 'item'), 'killed at random: entries are the rows');

$node->stop;
done_testing();
