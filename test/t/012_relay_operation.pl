# The relay in operation: heartbeats, metrics, health, --check, systemd.
use strict;
use warnings FATAL => 'all';

use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use Cdc;
use Relay;

build_relay();

my $node = new_node('main');
my $db = 'postgres';
my $dsn = $node->connstr($db);
my $dir = $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check;
my $port = PostgreSQL::Test::Cluster::get_free_port();
my ($status, $out, $err);

# Status and body.
sub http
{
	my ($path) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 10) or return (0, '');

	# no answer is a failure, not a hang
	local $SIG{ALRM} = sub { die "no answer to $path" };
	alarm 20;
	print $socket "GET $path HTTP/1.1\r\nHost: x\r\n\r\n";
	my $answer = join '', <$socket>;
	alarm 0;
	return $answer =~ /^HTTP\/1.1 (\d+) .*?\r\n\r\n(.*)$/s ? ($1, $2) : (0, $answer);
}

sub metric
{
	my ($name) = @_;
	my (undef, $body) = http('/metrics');

	return $body =~ /^cdc_json_\Q$name\E (\S+)$/m ? $1 : undef;
}

# --- --check ---------------------------------------------------------------

$node->safe_psql($db, "CREATE TABLE item (id int PRIMARY KEY, v text); SELECT pg_create_logical_replication_slot('s', 'cdc_json')");
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--check');
is($status, 0, '--check: all is well');
like($out, qr/^ok   replication connection.*^ok   slot: s.*^ok   sink: stdout/ms, '--check: what it looked at');
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 'none', '--check');
is($status, 6, '--check: no slot: status');
like($out, qr/^BAD  slot: does not exist\n +--create-slot/m, '--check: no slot: hint');
SKIP:
{
	skip 'the extension is not installed', 3 if $node->safe_psql($db, "SELECT count(*) FROM pg_available_extensions WHERE name = 'cdc_json'") eq '0';
	$node->safe_psql($db, 'CREATE EXTENSION cdc_json');
	($status, $out, $err) = relay('--dsn', $dsn, '--slot', 'none', '--create-slot', '--check');
	like($out, qr/^ok   slot: will be created/m, '--check creates nothing');
	like($out, qr/wal_level/, '--check: with cdc_json.check()');
	is($node->safe_psql($db, "SELECT count(*) FROM pg_replication_slots"), '1', '--check: no slot was made');
}
($status, $out, $err) = relay('--dsn', 'host=/nonexistent', '--slot', 's', '--check');
is($status, 6, '--check: no server: status');
like($out, qr/^BAD  replication connection: /m, '--check: no server: message');

# --- heartbeats ------------------------------------------------------------

# systemd's socket
my $notify = IO::Socket::UNIX->new(Type => Socket::SOCK_DGRAM, Local => "$dir/n") or die "socket: $!";
my $r;
{
	local $ENV{NOTIFY_SOCKET} = "$dir/n";
	$r = start_relay('operation', '--dsn', $dsn, '--slot', 's', '--metrics', $port, '--heartbeat', '0.3', '--status-interval', '0.1',
		'--option', 'topic.prefix=app', '--option', 'topic.heartbeat.prefix=__debezium-heartbeat');
}
my $message = '';
$notify->recv($message, 1000);
like($message, qr/^READY=1/, 'systemd: ready');

my $before = $node->safe_psql($db, 'SELECT pg_current_wal_lsn()');
wait_until('heartbeats', sub { grep { /heartbeat/ } lines($r->{out}) });
my ($beat) = grep { $_->{topic} eq '__debezium-heartbeat.app' } records(lines($r->{out}));
is($beat->{key}{serverName}, 'app', "Debezium's heartbeat record: key");
cmp_ok($beat->{value}{ts_ms}, '>', 1600000000000, "Debezium's heartbeat record: value");
# Log of another database: the slot passes it although this one is quiet.
$node->safe_psql('template1', "CREATE TABLE busy AS SELECT g FROM generate_series(1, 50000) g");
my $after = $node->safe_psql($db, 'SELECT pg_current_wal_lsn()');
wait_until('the slot moves', sub { $node->safe_psql($db, "SELECT confirmed_flush_lsn >= '$after' FROM pg_replication_slots WHERE slot_name = 's'") eq 't' });
pass('a quiet database does not hold back the log of a busy one');
is(scalar(grep { $_->{topic} !~ /heartbeat/ } records(lines($r->{out}))), 0, 'a heartbeat is never an event');

# --- metrics and health ----------------------------------------------------

my ($code, $body) = http('/healthz');
is("$code $body", "200 ok\n", 'healthy');
is((http('/elsewhere'))[0], 404, 'no such path');
$node->safe_psql($db, "INSERT INTO item SELECT g, 'x' FROM generate_series(1, 10) g; DELETE FROM item WHERE id = 1");
# two transactions: the last record of the second one counts last
wait_until('metrics', sub { (metric('events_total{topic="app.public.item",op="tombstone"}') || 0) == 1 });
is(metric('events_total{topic="app.public.item",op="c"}'), 10, 'metrics: inserts');
is(metric('events_total{topic="app.public.item",op="d"}'), 1, 'metrics: deletes');
is(metric('keyless_total{topic="app.public.item"}'), undef, 'metrics: no records without a key');
is(metric('up'), 1, 'metrics: up');
cmp_ok(metric('transactions_total'), '>=', 1, 'metrics: transactions');
is(metric('queue_bytes'), 0, 'metrics: nothing in flight');
wait_until('slot metrics', sub { defined metric('slot_retained_bytes') });
is(metric('slot_wal_status{wal_status="reserved"}'), 1, 'metrics: the slot');
cmp_ok(metric('heartbeats_total'), '>=', 1, 'metrics: heartbeats');
cmp_ok(metric('delivery_latency_seconds_count'), '>=', 1, 'metrics: latency');
(undef, $body) = http('/metrics');
is(scalar(grep { !/^(# (HELP|TYPE) cdc_json_\w+ .+|cdc_json_\w+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9.e+]+)$/ } split /\n/, $body), 0, 'metrics: all lines are well-formed');

# clients that say nothing, or too much, do no harm
my @silent = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") } 1 .. 20;
{
	local $SIG{PIPE} = 'IGNORE';
	my $loud = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
	print $loud 'x' x 100000 if $loud;
	is((http('/healthz'))[0], 200, 'other clients are still served');
	$loud->close if $loud;
}
undef @silent;

$node->stop('immediate');
wait_until('unhealthy', sub { (http('/healthz'))[0] == 503 });
pass('not healthy while the server is away');
$node->start;
wait_until('healthy again', sub { (http('/healthz'))[0] == 200 });
cmp_ok(metric('reconnects_total{peer="server"}'), '>=', 1, 'metrics: reconnects');
is($r->stop, 0, 'SIGTERM');
$message = '';
$notify->recv($message, 1000) for 1;
like($message, qr/^STOPPING=1/, 'systemd: stopping');

($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--metrics', 'nonsense:x');
is($status, 2, 'no such address: status');
like($err, qr/invalid value for option "metrics"/, 'no such address: message');

done_testing();
