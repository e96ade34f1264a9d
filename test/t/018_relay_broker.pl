# The relay and a real Kafka broker: what it stores, and what it refuses.
use strict;
use warnings FATAL => 'all';

use POSIX ();
use Test::More;
use Cdc;
use Relay;

build_relay('with kafka');

# One listener for all, one with names and passwords; an authorizer that lets the first do all.
my $jaas = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_reader="r-secret" user_writer="w-secret";';
my $sasl = PostgreSQL::Test::Cluster::get_free_port();
my $broker = broker('broker', 'auto.create.topics.enable=false', "listeners=PLAINTEXT://127.0.0.1:%PORT%,SASL_PLAINTEXT://127.0.0.1:$sasl,CONTROLLER://127.0.0.1:%CONTROLLER%",
	"advertised.listeners=PLAINTEXT://127.0.0.1:%PORT%,SASL_PLAINTEXT://127.0.0.1:$sasl", 'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
	'super.users=User:ANONYMOUS', 'sasl.enabled.mechanisms=PLAIN', "listener.name.sasl_plaintext.plain.sasl.jaas.config=$jaas");
plan skip_all => Relay::no_broker() if !$broker;

my $node = new_node('main', 'wal_sender_timeout = 3s');
my $db = 'postgres';
my $dsn = $node->connstr($db);
my $dir = $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check;
# the state is in a file: rights below are those to the records' topics
my @plain = ('--state', "$dir/state", '--dsn', $dsn, '--slot', 's', '--sink', 'kafka', '--option', 'topic.prefix=app', '--status-interval', '0.1', '--retry-max', '0.5');
my @kafka = (@plain, '--set', "bootstrap.servers=$broker->{servers}", '--set', 'reconnect.backoff.max.ms=500');
my @create = ('--set', 'topic.creation.default.partitions=4');
my ($status, $out, $err);

# Kafka's own tool; its standard output.
sub tool
{
	my ($class, @arguments) = @_;
	my $file = "$broker->{dir}.tool";

	Relay::Broker::run_tool($file, $class, '--bootstrap-server', $broker->{servers}, @arguments);
	return join "\n", lines($file);
}

sub confirmed_upto
{
	my ($lsn) = @_;

	return $node->safe_psql($db, "SELECT confirmed_flush_lsn >= '$lsn' FROM pg_replication_slots WHERE slot_name = 's'") eq 't';
}

$node->safe_psql($db, <<'SQL');
CREATE TABLE item (id int PRIMARY KEY, v text);
CREATE TABLE keyless (v text);
CREATE TABLE large (id int PRIMARY KEY, v text);
SELECT pg_create_logical_replication_slot('s', 'cdc_json');
INSERT INTO item SELECT g, 'v' || g FROM generate_series(1, 300) g;
UPDATE item SET id = 1001 WHERE id = 1;
DELETE FROM item WHERE id = 2;
INSERT INTO keyless SELECT 'x' FROM generate_series(1, 40);
SQL

# --- topics -----------------------------------------------------------------

($status, $out, $err) = relay(@kafka, '--endpos', 'current');
is($status, 4, 'no topic, and none is created: status');
like($err, qr/unknown topic or partition.*topic\.creation\.default\.partitions/si, 'no topic: what to do');
($status, $out, $err) = relay(@kafka, '--endpos', 'current', @create, '--set', 'topic.creation.default.replication.factor=3');
is($status, 4, 'more copies than brokers: status');
like($err, qr/could not create topic "app.public.item": .*replication/i, 'more copies than brokers: message');
($status, $out, $err) = relay(@kafka, '--endpos', 'current', @create, '--set', 'topic.creation.default.cleanup.policy=nonsense');
is($status, 4, 'an invalid configuration: status');
like($err, qr/could not create topic .*cleanup.policy/, 'an invalid configuration: message');
$node->safe_psql($db, "SELECT pg_copy_logical_replication_slot('s', 'copy')");
($status, $out, $err) = relay((map { $_ eq 's' ? 'copy' : $_ eq "$dir/state" ? "$dir/state.copy" : $_ } @kafka), '--endpos', 'current', @create, '--set', 'topic.creation.default.cleanup.policy=compact', '--option', 'table.include.list=public.keyless');
is($status, 4, 'no key in a compacted topic: status') or diag $err;
like($err, qr/"app.public.keyless": .*validate.*takes no records without a key/si, 'no key in a compacted topic: message');
$node->safe_psql($db, "SELECT pg_drop_replication_slot('copy')");
tool('org.apache.kafka.tools.TopicCommand', '--delete', '--topic', 'app.public.keyless');
tool('org.apache.kafka.tools.TopicCommand', '--create', '--topic', 'app.public.keyless', '--partitions', 3);
($status, $out, $err) = relay(@kafka, '--endpos', 'current', @create, '--set', 'topic.creation.default.replication.factor=1', '--set', 'topic.creation.default.cleanup.policy=compact',
	'--set', 'compression.type=zstd', '--option', 'position.header=true');
is($status, 0, 'topics are created') or diag $err;
like(tool('org.apache.kafka.tools.TopicCommand', '--describe', '--topic', 'app.public.item'), qr/PartitionCount: 4\s+ReplicationFactor: 1\s+Configs: .*cleanup.policy=compact/, 'as they should be');

my @records = $broker->read('app.public.item');
is(scalar(@records), 300 + 5, 'all records');
is(scalar(keys %{ fold_events(@records) }), 299, 'all rows');
my ($tombstone) = grep { $_->{key}{id} == 1 && !defined $_->{value} } @records;
is($tombstone->{headers}{'__debezium.newkey'}, '{"id":1001}', 'headers of a tombstone');
is(scalar(grep { !defined $_->{key} } $broker->read('app.public.keyless')), 40, 'records without a key');
is(compression('app.public.item'), 4, 'compressed as asked for');

# How the first batch of a topic is compressed, in the numbers of Kafka's format: 4 is zstd.
sub compression
{
	my ($topic) = @_;
	my ($log) = grep { -s } glob "$broker->{dir}/data/$topic-*/*.log";

	return unpack('x21 n', PostgreSQL::Test::Utils::slurp_file($log)) & 7;
}

# --- partitions: those of Kafka's Java producer -------------------------------

{
	my $keys = "$broker->{dir}.keys";
	my $file = "$broker->{dir}.java";

	tool('org.apache.kafka.tools.TopicCommand', '--create', '--topic', 'java', '--partitions', 4);
	PostgreSQL::Test::Utils::append_to_file($keys, join '', map { "{\"id\":$_->{key}{id}}\tx\n" } @records);
	Relay::Broker::run_tool("$file <'$keys'", 'org.apache.kafka.tools.ConsoleProducer', '--bootstrap-server', $broker->{servers}, '--topic', 'java', '--property', 'parse.key=true');
	my %java = map { my @f = split /\t/; ($f[3] => $f[1]) } Relay::read_topics($broker->{servers}, 'java');
	my @different = grep { $java{"{\"id\":$_->{key}{id}}"} != $_->{partition} } @records;

	is(scalar(keys %java), 301, "a record of the Java producer for each key");
	is(scalar(@different), 0, 'each key is in the partition of the Java producer');
}

# --- too large ------------------------------------------------------------------

# For the producer it is small enough, for the topic it is not.
tool('org.apache.kafka.tools.TopicCommand', '--create', '--topic', 'app.public.large', '--config', 'max.message.bytes=20000');
my $before = position($node, $db);
$node->safe_psql($db, "INSERT INTO large SELECT 1, string_agg(md5(g::text), '') FROM generate_series(1, 2000) g");
$node->safe_psql($db, "INSERT INTO large VALUES (2, 'small')");
for my $dedupe ([], ['--dedupe'])
{
	my $name = "too large for the topic @$dedupe";

	($status, $out, $err) = relay(@kafka, @$dedupe, '--endpos', 'current');
	is($status, 4, "$name: status") or diag $err;
	like($err, qr/topic "app.public.large": .*too large/i, "$name: message");
	like($err, qr/max\.message\.bytes.*dead letters/s, "$name: what to do");
}
($status, $out, $err) = relay(@kafka, '--endpos', 'current', @create, '--set', 'errors.tolerance=all', '--set', 'errors.deadletterqueue.topic.name=dead');
is($status, 0, 'dead letters: goes on') or diag $err;
my ($letter) = grep { $_->{key}{id} == 1 } $broker->read('dead');
is(length $letter->{value}{after}{v}, 64000, 'dead letters: with its value');
is($letter->{headers}{'__connect.errors.topic'}, 'app.public.large', 'dead letters: from where');
is($letter->{headers}{'__connect.errors.exception.class.name'}, 'MSG_SIZE_TOO_LARGE', 'dead letters: why');
is(join(' ', grep { $_ == 2 } map { $_->{key}{id} } $broker->read('app.public.large'), $broker->read('dead')), '2', 'the next record is somewhere, once');

# --- rights -----------------------------------------------------------------------

sub as_user
{
	my ($user, $password, @more) = @_;

	return relay(@plain, '--set', "bootstrap.servers=127.0.0.1:$sasl", '--set', 'security.protocol=SASL_PLAINTEXT', '--set', 'sasl.mechanisms=PLAIN',
		'--set', "sasl.username=$user", '--set', "sasl.password=$password", '--endpos', 'current', @more);
}

$node->safe_psql($db, "INSERT INTO item VALUES (3000, 'rights')");
($status, $out, $err) = as_user('reader', 'r-secret');
is($status, 4, 'no right to write: status') or diag $err;
like($err, qr/authoriz/i, 'no right to write: message');
like($err, qr/Allow this user/, 'no right to write: what to do');
unlike($err, qr/r-secret/, 'no right to write: no secrets');
tool('org.apache.kafka.tools.AclCommand', '--add', '--allow-principal', 'User:writer', '--producer', '--topic', 'app.public.', '--resource-pattern-type', 'prefixed', '--idempotent') ;
($status, $out, $err) = as_user('writer', 'w-secret');
is($status, 0, 'with the rights of a producer') or diag $err;
$node->safe_psql($db, "INSERT INTO item VALUES (3001, 'rights')");
($status, $out, $err) = as_user('writer', 'w-secret', '--dedupe');
is($status, 4, '--dedupe without the right to read: status') or diag $err;
like($err, qr/must be allowed to read/, '--dedupe without the right to read: what to do');
tool('org.apache.kafka.tools.AclCommand', '--add', '--allow-principal', 'User:writer', '--operation', 'Read', '--topic', 'app.public.', '--resource-pattern-type', 'prefixed');
($status, $out, $err) = as_user('writer', 'w-secret', '--dedupe');
is($status, 0, '--dedupe with it') or diag $err;
is(join(' ', sort map { $_->{key}{id} } grep { $_->{key}{id} >= 3000 } $broker->read('app.public.item')), '3000 3001', 'each once');
$node->safe_psql($db, "INSERT INTO item VALUES (3002, 'rights')");
my $r = start_relay('password', @plain, '--set', "bootstrap.servers=127.0.0.1:$sasl", '--set', 'security.protocol=SASL_PLAINTEXT', '--set', 'sasl.mechanisms=PLAIN',
	'--set', 'sasl.username=writer', '--set', 'sasl.password=wrong-one', '--shutdown-timeout', '0.1');
wait_until('the wrong password', sub { $r->log_text =~ /Kafka: .*authenticat/i });
pass('a wrong password is said');
unlike($r->log_text, qr/wrong-one/, 'a wrong password: no secrets');
is($r->stop, 5, 'a wrong password: nothing is lost');

$broker->stop;

done_testing();
