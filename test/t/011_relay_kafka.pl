# The relay with the sink kafka, against librdkafka's cluster in memory: what
# arrives, what is confirmed, and errors of every class.
use strict;
use warnings FATAL => 'all';

use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use Cdc;
use Relay;

build_relay('with kafka');

my $node = new_node('main', 'wal_sender_timeout = 5s');
my $db = 'postgres';
my $dsn = $node->connstr($db);
my $dir = $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check;
my $mock = mock(3);
# the errors that are ordered below are meant for records, not for the state
my @kafka = ('--state', "$dir/state", '--dsn', $dsn, '--slot', 's', '--sink', 'kafka', '--set', "bootstrap.servers=$mock->{servers}", '--option', 'topic.prefix=app');
my ($status, $out, $err);

sub confirmed_upto
{
	my ($lsn) = @_;

	return $node->safe_psql($db, "SELECT confirmed_flush_lsn >= '$lsn' FROM pg_replication_slots WHERE slot_name = 's'") eq 't';
}

# Inserts, and says where in the log the transaction has not ended yet.  (A
# quiet slot moves on with the log, so its position alone tells nothing.)
sub insert
{
	my ($values) = @_;

	return $node->safe_psql($db, "BEGIN; INSERT INTO item VALUES $values; SELECT pg_current_wal_insert_lsn(); COMMIT");
}

sub unconfirmed
{
	my ($lsn) = @_;

	return $node->safe_psql($db, "SELECT confirmed_flush_lsn <= '$lsn' FROM pg_replication_slots WHERE slot_name = 's'") eq 't';
}

# Ids of the topic's rows, in the order of each partition.
sub ids
{
	my ($topic) = @_;

	return map { $_->{key}{id} } $mock->read($topic);
}

# --- properties ------------------------------------------------------------

for my $case (
	[ ['bogus=1'], qr/no property "bogus"/ ],
	[ ['acks=perhaps'], qr/invalid value for property "acks"/ ],
	[ ['sasl.password=hunter2', 'sasl.mechanisms=x', 'security.protocol=nonsense'], qr/invalid value for property/ ],
	[ ['topic.creation.default.partitions=0'], qr/invalid value for property "topic.creation.default.partitions"/ ],
	[ ['topic.creation.groups=a'], qr/no property "topic.creation.groups"/ ],
	[ ['errors.tolerance=all'], qr/records are never dropped/ ],
	[ ['errors.deadletterqueue.topic.name=dead'], qr/needs errors.tolerance=all/ ])
{
	($status, $out, $err) = relay(@kafka, map { ('--set', $_) } @{ $case->[0] });
	is($status, 2, "@{$case->[0]}: status");
	like($err, $case->[1], "@{$case->[0]}: message");
	unlike($err, qr/hunter2/, "@{$case->[0]}: no secrets");
}
($status, $out, $err) = relay('--slot', 's', '--sink', 'kafka');
is($status, 2, 'no brokers: status');
like($err, qr/needs --set bootstrap.servers/, 'no brokers: message');

# --- records ---------------------------------------------------------------

$node->safe_psql($db, <<'SQL');
CREATE TABLE item (id int PRIMARY KEY, v text);
CREATE TABLE keyless (v text);
SELECT pg_create_logical_replication_slot('s', 'cdc_json');
INSERT INTO item SELECT g, 'v' || g FROM generate_series(1, 300) g;
UPDATE item SET v = v || '!' WHERE id <= 50;
UPDATE item SET id = 1001 WHERE id = 1;
DELETE FROM item WHERE id = 2;
INSERT INTO keyless VALUES ('x'), ('y');
SQL
$mock->command('topic app.public.item 4');
($status, $out, $err) = relay(@kafka, '--endpos', 'current', '--option', 'position.header=true');
is($status, 0, 'all is delivered') or diag $err;
my @records = $mock->read('app.public.item');
is(scalar(@records), 300 + 50 + 3 + 2, 'as many as there should be');
is(fold_events(@records)->{'{"id":1001}'}, '{"id":1001,"v":"v1!"}', 'a row by its key');
is(scalar(keys %{ fold_events(@records) }), 299, 'all rows');
my %partitions;
push @{ $partitions{ $_->{partition} } }, $_ for @records;
is(scalar(keys %partitions), 4, 'all partitions are used');
is(scalar(grep { my @p = map { $_->{headers}{'__cdc_json.position'} } @$_; "@p" ne join ' ', sort @p } values %partitions), 0, 'each in order');
# What org.apache.kafka.common.utils.Utils.murmur2 gives for these keys.
my %where = map { $_->{key}{id} => $_->{partition} } @records;
is(join(' ', map { $where{$_} } 100 .. 109), '0 2 2 2 0 0 0 1 3 1', 'partitions are those of Java clients');
my ($tombstone) = grep { $_->{key}{id} == 1 && !defined $_->{value} } @records;
is($tombstone->{headers}{'__debezium.newkey'}, '{"id":1001}', 'headers: JSON');
is(scalar(grep { !defined $_->{key} } $mock->read('app.public.keyless')), 2, 'records without a key');

# --- errors that heal ------------------------------------------------------

my $id = 2000;
my $r = start_relay('kafka', @kafka, '--status-interval', '0.1', '--retry-max', '1', '--set', 'retry.backoff.ms=50', '--set', 'reconnect.backoff.max.ms=500');

# Rows are committed during a trouble, and all of them arrive.
sub survives
{
	my ($name, $trouble, $remedy) = @_;
	my $first = $id;
	my $upto;

	$trouble->();
	for (1 .. 5)
	{
		$node->safe_psql($db, "INSERT INTO item SELECT g, '$name' FROM generate_series($id, $id + 9) g");
		$id += 10;
	}
	$upto = position($node, $db);
	$remedy->() if $remedy;
	wait_until($name, sub { confirmed_upto($upto) });
	my %seen = map { $_ => 1 } ids('app.public.item');
	is(scalar(grep { !$seen{$_} } $first .. $id - 1), 0, "$name: nothing is missing");
	return;
}

survives('no trouble', sub { });
survives('request timed out', sub { $mock->command('errors 0 7 3') });
survives('not the leader', sub { $mock->command('errors 0 6 3') });
survives('not enough replicas', sub { $mock->command('errors 0 19 3') });
survives('not enough replicas after append', sub { $mock->command('errors 0 20 3') });
survives('coordinator errors', sub { $mock->command('errors 0 -195 2') });
survives('the leader moves', sub { $mock->command("leader app.public.item $_ 2") for 0 .. 3 });
survives('one broker away', sub { $mock->command('down 2') }, sub { sleep 1; $mock->command('up 2') });
survives('slow brokers', sub { $mock->command("rtt $_ 1500") for 1 .. 3 }, sub { $mock->command("rtt $_ 0") for 1 .. 3 });
survives('all brokers away, longer than wal_sender_timeout', sub { $mock->command("down $_") for 1 .. 3 },
	sub { sleep 7; is($r->ended, undef, 'waits'); $mock->command("up $_") for 1 .. 3 });
is(scalar(() = $r->log_text =~ /trying again in/g), 0, 'the connection to the server was never lost');
survives('out of order sequence: the producer fails', sub { $mock->command('errors 0 45 1') });
survives('a second fatal error', sub { $mock->command('errors 0 45 1') });
cmp_ok(scalar(() = $r->log_text =~ /the sink starts again/g), '>=', 1, 'a new producer, and from the last acknowledged transaction');
is($r->stop, 0, 'SIGTERM: status');

# A producer that fails when the end position has been read already: what it had comes again.
my $inside = insert("(2999, 'fatal')");
$mock->command('errors 0 45 1');
($status, $out, $err) = relay(@kafka, '--endpos', 'current');
is($status, 0, '--endpos and a fatal error: status') or diag $err;
like($err, qr/the sink starts again/, '--endpos and a fatal error: a new producer');
is(scalar(grep { $_ == 2999 } ids('app.public.item')), 1, '--endpos and a fatal error: delivered');

# While no broker answers, nothing is confirmed, and SIGTERM ends with its own status.
$mock->command("down $_") for 1 .. 3;
$r = start_relay('away', @kafka, '--shutdown-timeout', '1', '--status-interval', '0.1');
$inside = insert("(3000, 'undelivered')");
wait_until('streaming', sub { $r->log_text =~ /reading slot/ });
sleep 1;
is($r->stop, 5, 'stopped with records in flight: status');
ok(unconfirmed($inside), 'nothing is confirmed');
$mock->command("up $_") for 1 .. 3;

# --- errors that do not heal -----------------------------------------------

($status, $out, $err) = relay(@kafka, '--endpos', 'current');
is($status, 0, 'delivered by the next one');
is(scalar(grep { $_ == 3000 } ids('app.public.item')), 1, 'once');

for my $case (
	[ 'too large at the broker', 'errors 0 10 1', qr/message size too large/i, qr/max.message.bytes/ ],
	[ 'not authorized', 'errors 0 29 1', qr/authorization failed/i, qr/Allow this user/ ],
	[ 'unknown topic', 'errors 0 3 30', qr/unknown topic/i, qr/Create the topic/ ])
{
	my ($name, $command, $message, $hint) = @$case;

	$id++;
	$inside = insert("($id, 'refused')");
	$mock->command($command);
	($status, $out, $err) = relay(@kafka, '--endpos', 'current');
	if ($name eq 'unknown topic' && $status == 0)
	{
		pass("$name: librdkafka tries again") for 1 .. 4;
		next;
	}
	is($status, 4, "$name: status");
	like($err, $message, "$name: message");
	like($err, $hint, "$name: what to do");
	ok(unconfirmed($inside), "$name: nothing is confirmed");
	($status, $out, $err) = relay(@kafka, '--endpos', 'current');
	is($status, 0, "$name: comes with the next attempt");
}

$id++;
$node->safe_psql($db, "INSERT INTO item VALUES ($id, repeat('x', 3000))");
($status, $out, $err) = relay(@kafka, '--endpos', 'current', '--set', 'message.max.bytes=2000');
is($status, 4, 'too large here: status');
like($err, qr/max.message.bytes.*dead letters/s, 'too large here: what to do');

# --- dead letters ----------------------------------------------------------

my @dead = ('--set', 'errors.tolerance=all', '--set', 'errors.deadletterqueue.topic.name=dead');
$node->safe_psql($db, "INSERT INTO item VALUES ($id + 1, 'small')");
($status, $out, $err) = relay(@kafka, '--endpos', 'current', '--set', 'message.max.bytes=2000', @dead);
is($status, 0, 'dead letters: goes on') or diag $err;
my ($letter) = $mock->read('dead');
is($letter->{key}{id}, $id, 'dead letters: key');
is($letter->{headers}{'__connect.errors.topic'}, 'app.public.item', 'dead letters: topic');
like($letter->{headers}{'__connect.errors.exception.message'}, qr/too large/i, 'dead letters: reason');
cmp_ok($letter->{headers}{'__cdc_json.value.bytes'}, '>', 3000, 'dead letters: size of the value that was left out');
is(scalar(grep { $_ == $id + 1 } ids('app.public.item')), 1, 'dead letters: the next record arrives');
$id += 2;
$node->safe_psql($db, "INSERT INTO item VALUES ($id, 'refused')");
$mock->command('errors 0 29 1');
($status, $out, $err) = relay(@kafka, '--endpos', 'current', @dead);
is($status, 0, 'dead letters: refused by the broker');
($letter) = grep { $_->{key}{id} == $id } $mock->read('dead');
is($letter->{value}{after}{v}, 'refused', 'dead letters: with its value');
like($letter->{headers}{'__connect.errors.exception.class.name'}, qr/TOPIC_AUTHORIZATION_FAILED/, 'dead letters: class of the error');

# --- bounded memory --------------------------------------------------------

$mock->command("down $_") for 1 .. 3;
$r = start_relay('pressure', @kafka, '--max-inflight-bytes', '4MB', '--status-interval', '0.1');
$node->safe_psql($db, "INSERT INTO keyless SELECT repeat(md5(g::text), 30) FROM generate_series(1, 100000) g");
wait_until('streaming', sub { $r->log_text =~ /reading slot/ });
sleep 7;
cmp_ok(memory_kb($r->{pid}), '<', 40 * 1024, '130 MB wait: resident memory stays bounded');
is(scalar(() = $r->log_text =~ /trying again in/g), 0, 'and the server keeps the connection');
$r->signal('KILL');
$r->wait_end;
$mock->end;

done_testing();
