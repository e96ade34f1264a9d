# Routed events and flattened rows through the relay: as lines, and to Kafka,
# where partition and time of an event are the record's own.
use strict;
use warnings FATAL => 'all';

use Test::More;
use Cdc;
use Relay;

build_relay('with kafka');

my $node = new_node('main');
my $db = 'postgres';
my $dir = $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check;
my @source = ('--dsn', $node->connstr($db), '--endpos', 'current', '--option', 'topic.prefix=app', '--option', 'outbox.table.include.list=public\.outbox',
	'--option', 'outbox.table.fields.additional.placement=type:header,part:partition', '--option', 'outbox.table.field.event.timestamp=at',
	'--option', 'unwrap=true', '--option', 'add.headers=op,origin', '--option', 'delete.tombstone.handling.mode=delete-to-tombstone');

$node->safe_psql($db, 'CREATE EXTENSION cdc_json;
	CREATE TABLE item (id int PRIMARY KEY, v text);
	CREATE TABLE outbox (id uuid PRIMARY KEY, aggregatetype text NOT NULL, aggregateid text, type text, payload jsonb, part int, at timestamp)');
new_slot($node, $db, 'lines');
new_slot($node, $db, 'kafka');
$node->safe_psql($db, "BEGIN; SELECT cdc_json.set_context('{\"actor\": \"alice\"}');
	INSERT INTO item VALUES (1, 'one');
	INSERT INTO outbox SELECT gen_random_uuid(), 'order', g, 'Created', '{}', 3, '2021-01-01 12:00:00.123' FROM generate_series(1, 5) AS g;
	SELECT cdc_json.emit('order', '9', 'Created', '{}'); COMMIT; DELETE FROM item");

# --- lines -------------------------------------------------------------------

my ($status, $out, $err) = relay(@source, '--state', "$dir/lines.state", '--slot', 'lines', '--sink', 'stdout', '--set', 'format=record');
is($status, 0, 'lines: exit status') or diag($err);
my @lines = records(split /\n/, $out);
is(@lines, 8, 'lines: all records');
is_deeply($lines[0], { topic => 'app.public.item', key => { id => 1 }, value => { id => 1, v => 'one' },
	headers => { __op => 'c', __origin => undef, '__cdc_json.context.actor' => 'alice' } }, 'lines: a flat row, with a header without a value');
is($lines[1]{topic}, 'outbox.event.order', 'lines: a routed event');
is($lines[1]{headers}{'__cdc_json.partition'}, '3', 'lines: its partition is a header');
is($lines[1]{headers}{'__cdc_json.timestamp'}, '1609502400123', 'lines: its time is a header');
is($lines[7]{value}, undef, 'lines: a delete has no value');

# --- Kafka -------------------------------------------------------------------

my $mock = mock(1);

($status, $out, $err) = relay(@source, '--state', "$dir/kafka.state", '--slot', 'kafka', '--sink', 'kafka', '--set', "bootstrap.servers=$mock->{servers}");
is($status, 0, 'kafka: exit status') or diag($err);
my @events = $mock->read('outbox.event.order');
is(@events, 6, 'kafka: all events');
is_deeply([ map { $_->{partition} } grep { $_->{key} ne '9' } @events ], [ 3, 3, 3, 3, 3 ], 'kafka: rows come to the partition that they name');
unlike(join('', map { join ' ', %{ $_->{headers} } } @events), qr/__cdc_json\.(partition|timestamp)/, 'kafka: parts of the record are no headers');
is($events[0]{headers}{type}, 'Created', 'kafka: a placed header');
is($events[0]{headers}{'__cdc_json.context.actor'}, 'alice', 'kafka: context');
is($mock->read('app.public.item'), 2, 'kafka: the table has its topic');

$node->stop;
done_testing();
