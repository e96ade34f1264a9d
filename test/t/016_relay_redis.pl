# The relay with the sink redis, against a real server: streams, entries that
# follow rows, invalidation, and errors of every class.
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
need_sink('redis', 'redis-server');

my $json = JSON::PP->new->utf8->canonical;
my $node = new_node('main', 'wal_sender_timeout = 5s');
my $db = 'postgres';
my $dsn = $node->connstr($db);
my $redis = redis();
my @to = ('--dsn', $dsn, '--sink', 'redis', '--set', "server=127.0.0.1:$redis->{port}");
my ($status, $out, $err);

sub set
{
	return map { ('--set', $_) } @_;
}

sub slot
{
	my ($name) = @_;

	$node->safe_psql($db, "SELECT pg_create_logical_replication_slot('$name', 'cdc_json')");
	return ('--slot', $name);
}

sub end_slot
{
	my ($name) = @_;

	wait_until("slot $name is free", sub { $node->safe_psql($db, "SELECT active FROM pg_replication_slots WHERE slot_name = '$name'") eq 'f' });
	$node->safe_psql($db, "SELECT pg_drop_replication_slot('$name')");
	$redis->command('FLUSHALL');
	return;
}

# Entries by the id in their key.
sub entries
{
	my ($prefix) = @_;

	return { map { substr($_, length $prefix) => $json->encode($json->decode($redis->command('GET', $_))) } $redis->keys("$prefix*") };
}

# --- properties ------------------------------------------------------------

for my $case (
	[ [], qr/needs --set mode=MODE.*"stream", "upsert" and "invalidate"/s ],
	[ ['mode=sometimes'], qr/invalid value for property "mode": "sometimes".*Valid are "stream", "upsert", "invalidate"/s ],
	[ [ 'mode=upsert', 'bogus=1' ], qr/no property "bogus".*Properties are mode, server,/s ],
	[ [ 'mode=upsert', 'database=x' ], qr/invalid value for property "database": "x".*numbers from 0/s ],
	[ [ 'mode=upsert', 'ssl=maybe' ], qr/invalid value for property "ssl".*true and false/s ],
	[ [ 'mode=upsert', 'timeout.seconds=0' ], qr/invalid value for property "timeout.seconds"/ ],
	[ [ 'mode=upsert', 'user=me' ], qr/property "user" needs "password"/ ],
	[ [ 'mode=upsert', 'ssl.key.location=/x' ], qr/need each other/ ],
	[ [ 'mode=upsert', 'ssl=true', 'ssl.ca.location=/nonexistent' ], qr/could not use "\/nonexistent" as ssl.ca.location/ ],
	[ [ 'mode=upsert', 'key={table' ], qr/a brace is not closed/ ],
	[ [ 'mode=upsert', 'key=table}' ], qr/a brace is not opened/ ],
	[ [ 'mode=upsert', 'key={}' ], qr/a name is empty/ ],
	[ [ 'mode=stream', 'key={id}' ], qr/columns have no place here/ ],
	[ [ 'mode=upsert', 'key.item={id}' ], qr/invalid property "key.item".*key.SCHEMA.TABLE/s ],
	[ [ 'mode=invalidate', 'key=a,,b' ], qr/it is empty/ ])
{
	($status, $out, $err) = relay(@to, '--slot', 's', set(@{ $case->[0] }));
	is($status, 2, "@{$case->[0]}: status");
	like($err, $case->[1], "@{$case->[0]}: message");
}

# --- upsert ----------------------------------------------------------------

$node->safe_psql($db, <<'SQL');
CREATE TABLE item (id int PRIMARY KEY, v text, big text);
ALTER TABLE item ALTER big SET STORAGE EXTERNAL;
CREATE TABLE pair (a text, b numeric, v text, PRIMARY KEY (a, b));
CREATE TABLE "We""ird" (id text PRIMARY KEY);
CREATE TABLE keyless (v text);
SQL
my @s = slot('s');
$node->safe_psql($db, <<'SQL');
INSERT INTO item SELECT g, 'v' || g FROM generate_series(1, 300) g;
UPDATE item SET v = v || E'\n"é' WHERE id <= 50;
UPDATE item SET id = 1001 WHERE id = 1;
DELETE FROM item WHERE id = 2;
INSERT INTO pair VALUES ('x:y', 123456789012345678901234567890.5, 'p'), ('x\', 1, 'q');
INSERT INTO "We""ird" VALUES (E'a"b\\c\td');
SQL
($status, $out, $err) = relay(@to, @s, set('mode=upsert'), '--endpos', 'current', '--option', 'decimal.handling.mode=string');
is($status, 0, 'upsert: all is delivered') or diag $err;
is_deeply(entries('item:'), table_rows($node, $db, 'item'), 'upsert: entries are the rows');
is_deeply([ $redis->keys('pair:*') ], [ 'pair:x\\:y:123456789012345678901234567890.5', 'pair:x\\\\:1' ], 'several columns are told apart');
is_deeply([ $redis->keys('We*') ], ["We\"ird:a\"b\\c\td"], 'texts are decoded');

# An unchanged value of 100 kB is not in the log: never a row without it.
$node->safe_psql($db, "UPDATE item SET big = (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 3200) g) WHERE id = 7");
($status, $out, $err) = relay(@to, @s, set('mode=upsert'), '--endpos', 'current');
is(length($json->decode($redis->command('GET', 'item:7'))->{big}), 102400, 'a large value');
$node->safe_psql($db, "UPDATE item SET v = 'new' WHERE id = 7");
($status, $out, $err) = relay(@to, @s, set('mode=upsert'), '--endpos', 'current');
is($status, 0, 'columns are missing: status');
is($redis->command('GET', 'item:7'), undef, 'columns are missing: the entry goes');

# What templates cannot say stops the relay.
$node->safe_psql($db, "UPDATE item SET v = 'x' WHERE id = 8");
($status, $out, $err) = relay(@to, @s, set('mode=upsert', 'key={table}:{nr}'), '--endpos', 'current');
is($status, 4, 'unknown column: status');
like($err, qr/"\{table\}:\{nr\}" names "nr", which is no column of the key of "public.item".*are: id\./s, 'unknown column: message');
($status, $out, $err) = relay(@to, @s, set('mode=upsert', 'key={table}:{nr}', 'key.public.item=i/{key.id}'), '--endpos', 'current');
is($status, 0, 'a template of its own: status');
is($json->decode($redis->command('GET', 'i/8'))->{v}, 'x', 'a template of its own');
$node->safe_psql($db, "INSERT INTO keyless VALUES ('x')");
($status, $out, $err) = relay(@to, @s, set('mode=upsert'), '--endpos', 'current');
is($status, 4, 'no key: status');
like($err, qr/needs a key, and "public.keyless" has none/, 'no key: message');
($status, $out, $err) = relay(@to, @s, set('mode=upsert', 'key.public.keyless='), '--endpos', 'current');
is($status, 0, 'an empty template leaves a table out');

# TRUNCATE
$node->safe_psql($db, 'TRUNCATE item');
($status, $out, $err) = relay(@to, @s, set('mode=upsert'), '--endpos', 'current');
is($status, 4, 'TRUNCATE stops: status');
like($err, qr/table "public.item" was truncated, and truncate.policy is "stop".*truncate.policy=flush/s, 'TRUNCATE stops: message');
$redis->command('SET', 'items', 'stays');
($status, $out, $err) = relay(@to, @s, set('mode=upsert', 'key={key}', 'truncate.policy=flush'), '--endpos', 'current');
like($err, qr/"\{key\}" would match every entry/, 'TRUNCATE never flushes everything');
($status, $out, $err) = relay(@to, @s, set('mode=upsert', 'truncate.policy=flush'), '--endpos', 'current');
is($status, 0, 'TRUNCATE flushes: status');
is_deeply([ $redis->keys('item*') ], ['items'], 'TRUNCATE flushes the entries of the table');
is(scalar(@{ [ $redis->keys('pair:*') ] }), 2, 'TRUNCATE flushes no others');
end_slot('s');

# Hashes
@s = slot('h');
$node->safe_psql($db, "INSERT INTO item VALUES (1, 'a\"b', 'x'), (2, NULL, NULL); UPDATE item SET big = NULL WHERE id = 1; INSERT INTO item VALUES (3, 'c'); DELETE FROM item WHERE id = 3");
($status, $out, $err) = relay(@to, @s, set('mode=upsert', 'format=hash', 'expire.seconds=100'), '--endpos', 'current');
is($status, 0, 'hash: status') or diag $err;
is_deeply({ @{ $redis->command('HGETALL', 'item:1') } }, { id => 1, v => 'a"b' }, 'hash: columns that are NULL now are gone');
is_deeply({ @{ $redis->command('HGETALL', 'item:2') } }, { id => 2 }, 'hash: NULL is no field');
is($redis->command('EXISTS', 'item:3'), 0, 'hash: deleted');
cmp_ok($redis->command('TTL', 'item:1'), '>', 90, 'expire.seconds');
end_slot('h');

# --- invalidate ------------------------------------------------------------

@s = slot('i');
$redis->command('SET', $_, 'x') for 'item:1', 'list:item', 'item:2', 'a,b:item', 'item:9', 'item:10', 'other';
$node->safe_psql($db, "UPDATE item SET v = 'new' WHERE id = 1; UPDATE item SET id = 10 WHERE id = 2; INSERT INTO pair VALUES ('n', 1, 'n')");
($status, $out, $err) = relay(@to, @s, set('mode=invalidate', 'key.public.item={table}:{id}, list:{table}, a\,b:{table}', 'delete.command=DEL'), '--endpos', 'current');
is($status, 0, 'invalidate: status') or diag $err;
is_deeply([ $redis->keys ], [ 'item:9', 'other' ], 'invalidate: all templates, old and new key');
end_slot('i');

# --- streams ---------------------------------------------------------------

@s = slot('x');
$node->safe_psql($db, "INSERT INTO item SELECT g, 'v' || g FROM generate_series(100, 1099) g; UPDATE item SET id = 5000 WHERE id = 100; INSERT INTO keyless VALUES ('k')");
($status, $out, $err) = relay(@to, @s, set('mode=stream'), '--endpos', 'current', '--option', 'topic.prefix=app');
is($status, 0, 'stream: status') or diag $err;
my @entries = map { { @{ $_->[1] } } } @{ $redis->command('XRANGE', 'app.public.item', '-', '+') };
is(scalar(@entries), 1003, 'stream: all records');
is_deeply($json->decode($entries[0]{value})->{after}, { id => 100, v => 'v100', big => undef }, 'stream: value');
is($entries[0]{key}, '{"id":100}', 'stream: key');
is(join(' ', map { exists $_->{value} ? 1 : 0 } @entries[ -3 .. -1 ]), '1 0 1', 'stream: a tombstone has no value');
is($entries[-1]{headers}, '{"__debezium.oldkey":{"id":100}}', 'stream: headers');
is(join(' ', map { $_->{position} } @entries), join(' ', sort map { $_->{position} } @entries), 'stream: in order, with positions');
is({ @{ $redis->command('XRANGE', 'app.public.keyless', '-', '+')->[0][1] } }->{key}, 'null', 'stream: no key');
$node->safe_psql($db, "INSERT INTO item SELECT g, 'v' || g FROM generate_series(6000, 7999) g");
($status, $out, $err) = relay(@to, @s, set('mode=stream', 'key=s:{topic}', 'stream.maxlen=500'), '--endpos', 'current', '--option', 'topic.prefix=app');
cmp_ok($redis->command('XLEN', 's:app.public.item'), '<', 700, 'stream: trimmed');
end_slot('x');

# --- errors that heal ------------------------------------------------------

$node->safe_psql($db, 'TRUNCATE item');
@s = slot('e');
my $metrics = free_port();
my @follow = ('--status-interval', '0.1', '--retry-max', '0.5', '--metrics', $metrics);
my $id = 0;
my $r;

# Changes during a trouble are not confirmed, and arrive when it is over.
sub survives
{
	my ($name, $trouble, $pattern, $remedy) = @_;
	my $offset = -s $r->{err} || 0;
	my $waiting;

	$trouble->();
	$id++;
	$waiting = unconfirmed($node, $db, 'e', "INSERT INTO item VALUES ($id, '$name')");
	wait_until("$name is in the log", sub { substr($r->log_text . "\n", $offset) =~ $pattern });
	ok($waiting->(), "$name: not confirmed");
	is(metric($metrics, 'sink_failing'), 1, "$name: metrics") if $name eq 'full';
	$remedy->();
	wait_until("$name is over", confirmed($node, $db, 'e'));
	is_deeply(entries('item:'), table_rows($node, $db, 'item'), "$name: everything arrives");
	return;
}

$r = start_relay('redis', @to, @s, @follow, set('mode=upsert', 'timeout.seconds=1'));
survives('full', sub { $redis->command('CONFIG', 'SET', 'maxmemory', '1') }, qr/OOM command not allowed.*maxmemory/s,
	sub { $redis->command('CONFIG', 'SET', 'maxmemory', '0') });
survives('away', sub { $redis->stop }, qr/could not connect to/, sub { $redis->restart; $node->safe_psql($db, 'UPDATE item SET v = v') });
survives('a replica', sub { $redis->command('REPLICAOF', '127.0.0.1', '1') }, qr/READONLY.*It is a replica/s, sub { $redis->command('REPLICAOF', 'NO', 'ONE') });
survives('hanging', sub { $redis->signal('STOP') }, qr/has not answered for 1.0 s/, sub { $redis->signal('CONT') });
survives('password', sub { $redis->command('CONFIG', 'SET', 'requirepass', 'hunter2'); $redis->command('AUTH', 'hunter2'); $redis->command('CLIENT', 'KILL', 'TYPE', 'normal') },
	qr/NOAUTH.*password/s, sub { $redis->command('CONFIG', 'SET', 'requirepass', '') });
cmp_ok(metric($metrics, 'sink_retries_total'), '>=', 5, 'metrics count retries');
is($r->stop, 0, 'it ends in good order');

# Wrong credentials, until there is such a user.
$redis->command('ACL', 'SETUSER', 'default', 'on', 'nopass', '~*', '+@all');
$r = start_relay('acl', @to, @s, @follow, set('mode=upsert', 'user=relay', 'password=hunter2'));
survives('credentials', sub { }, qr/WRONGPASS.*Check user and password/s,
	sub { $redis->command('ACL', 'SETUSER', 'relay', 'on', '>hunter2', '~item:*', '+ping', '+set', '+unlink') });
unlike($r->log_text, qr/hunter2/, 'no secrets in the log');
is($r->stop, 0, 'credentials: it ends in good order');

# Lasting errors stop it.
$redis->command('SET', 'app.public.item', 'a text');
$node->safe_psql($db, "INSERT INTO item VALUES (500, 'x')");
($status, $out, $err) = relay(@to, @s, set('mode=stream'), '--endpos', 'current', '--option', 'topic.prefix=app');
is($status, 4, 'a key of another type: status');
like($err, qr/WRONGTYPE.*change the template/s, 'a key of another type: message');
{
	my $listener = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die;
	my $pid = fork();

	# a node of a cluster that has another part of the keys
	if ($pid == 0)
	{
		while (my $client = $listener->accept)
		{
			print $client /PING/ ? "+PONG\r\n" : /SET/ ? "-MOVED 866 10.0.0.1:6379\r\n" : '' while defined($_ = readline $client);
		}
		POSIX::_exit(0);
	}
	($status, $out, $err) = relay('--dsn', $dsn, '--sink', 'redis', @s, set('mode=upsert', 'server=127.0.0.1:' . $listener->sockport), '--endpos', 'current');
	kill 'KILL', $pid;
	waitpid $pid, 0;
	is($status, 4, 'Redis Cluster: status');
	like($err, qr/MOVED 866 10.0.0.1:6379.*another node/s, 'Redis Cluster: message');
}

# --- --check and TLS -------------------------------------------------------

($status, $out, $err) = relay(@to, @s, set('mode=upsert'), '--check');
like($out, qr/^ok   sink: redis/m, '--check');
($status, $out, $err) = relay('--dsn', $dsn, '--sink', 'redis', @s, set('mode=upsert', 'server=127.0.0.1:' . free_port()), '--check');
like($out, qr/^BAD  sink: could not connect to "127.0.0.1:\d+": Connection refused/m, '--check: no server');
($status, $out, $err) = relay(@to, @s, set('mode=upsert', 'user=nobody', 'password=x'), '--check');
like($out, qr/^BAD  sink: Redis refused a command: WRONGPASS/m, '--check: wrong credentials');

SKIP:
{
	my $dir = $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check;
	my $port = free_port();
	my $tls;

	skip 'openssl is not installed', 6 if system('openssl version >/dev/null 2>&1') != 0;
	system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 "
		  . "-keyout '$dir/tls.key' -out '$dir/tls.crt' >'$dir/openssl.log' 2>&1") == 0 or skip 'openssl makes no certificate', 6;
	$tls = eval { Sinks::Redis->start_on(free_port(), '--tls-port', $port, '--tls-cert-file', "$dir/tls.crt", '--tls-key-file', "$dir/tls.key", '--tls-ca-cert-file', "$dir/tls.crt", '--tls-auth-clients', 'optional') }
	  or skip 'redis-server is built without TLS', 6;
	my @tls = ('--dsn', $dsn, '--sink', 'redis', @s, set('mode=upsert', 'ssl=true'));
	($status, $out, $err) = relay(@tls, set("server=localhost:$port", "ssl.ca.location=$dir/tls.crt"), '--check');
	like($out, qr/^ok   sink: redis/m, 'TLS: by name');
	($status, $out, $err) = relay(@tls, set("server=127.0.0.1:$port", "ssl.ca.location=$dir/tls.crt", "ssl.certificate.location=$dir/tls.crt", "ssl.key.location=$dir/tls.key"), '--check');
	like($out, qr/^ok   sink: redis/m, 'TLS: by address, with a certificate of our own');
	($status, $out, $err) = relay(@tls, set("server=localhost:$port"), '--check');
	like($out, qr/^BAD  sink: could not agree on TLS with .*self.signed certificate/m, 'TLS: unknown authority');
	($status, $out, $err) = relay(@tls, set("server=localhost:$port", 'ssl.verify=false'), '--check');
	like($out, qr/^ok   sink: redis/m, 'TLS: without verification');
	($status, $out, $err) = relay(@tls, set("server=localhost:$redis->{port}", 'timeout.seconds=2'), '--check');
	like($out, qr/^BAD  sink: /m, 'TLS: the server has none');
	($status, $out, $err) = relay(@tls, set("server=127.0.0.1:$port", "ssl.ca.location=$dir/tls.crt"), '--endpos', 'current');
	is($tls->command('EXISTS', 'item:500'), 1, 'TLS: rows arrive') or diag $err;
}
end_slot('e');

# --- with a snapshot -------------------------------------------------------

SKIP:
{
	my $dir = $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check;

	skip 'the extension is not installed', 2 if $node->safe_psql($db, "SELECT count(*) FROM pg_available_extensions WHERE name = 'cdc_json'") eq '0';
	$node->safe_psql($db, "CREATE EXTENSION cdc_json; INSERT INTO item SELECT g, 's' || g FROM generate_series(9000, 9999) g ON CONFLICT DO NOTHING");
	($status, $out, $err) = relay(@to, '--slot', 'n', '--create-slot', '--state', "$dir/state", '--snapshot', 'initial', '--option', 'table.include.list=public.item', set('mode=upsert'), '--endpos', 'current');
	is($status, 0, 'snapshot: status') or diag $err;
	is_deeply(entries('item:'), table_rows($node, $db, 'item'), 'snapshot: entries are the rows');
	end_slot('n');
}

# --- killed at random ------------------------------------------------------

$node->safe_psql($db, 'TRUNCATE item');
@s = slot('k');
srand(20261124);
for my $round (1 .. 8)
{
	$r = start_relay('killed', @to, @s, '--status-interval', '0.05', set('mode=upsert'));
	for (1 .. 5)
	{
		$node->safe_psql($db, random_changes('item', 60));
		sleep rand 0.1;
	}
	$r->signal('KILL');
	$r->wait_end;
}
($status, $out, $err) = relay(@to, @s, set('mode=upsert'), '--endpos', 'current');
is($status, 0, 'killed at random: status') or diag $err;
is_deeply(entries('item:'), table_rows($node, $db, 'item'), 'killed at random: entries are the rows');

$node->stop;
done_testing();
