# Events of an outbox without a table, and context, through the replication
# protocol: in databases of several encodings, from roles without any right but
# to call the functions, and with messages that somebody wrote by hand.
use strict;
use warnings FATAL => 'all';

use Test::More;
use Cdc;

my $node = new_node('main');

my %text = (UTF8 => "\xC5\xBElu\xC5\xA5 \xE2\x82\xAC", LATIN1 => "\xC3\xA9t\xC3\xA9", SQL_ASCII => 'plain');

sub record
{
	my ($line) = @_;

	return event($line);
}

for my $encoding (sort keys %text)
{
	my $db = new_database($node, lc "own_$encoding", $encoding);
	my $slot = new_slot($node, $db, lc "own_$encoding");
	my $text = $text{$encoding};
	my $decoded = $text;
	my (@lines, $event);

	utf8::decode($decoded);
	$node->safe_psql($db, 'CREATE EXTENSION cdc_json; CREATE TABLE t (id int PRIMARY KEY, v text)');
	# the functions' arguments are not the same on all servers
	$node->safe_psql($db, "SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', oid::regprocedure) FROM pg_proc WHERE proname = 'pg_logical_emit_message' \\gexec");
	$node->safe_psql($db, "CREATE ROLE app_$encoding LOGIN");
	$node->safe_psql($db, "GRANT INSERT ON t TO app_$encoding; GRANT EXECUTE ON FUNCTION cdc_json.emit, cdc_json.set_context TO app_$encoding");
	$node->safe_psql(
		$db,
		"SET ROLE app_$encoding; BEGIN;
		SELECT cdc_json.set_context(jsonb_build_object('actor', '$text', 'request', 4711));
		INSERT INTO t VALUES (1, 'one');
		SELECT cdc_json.emit('order', '$text', 'Created', jsonb_build_object('name', '$text'), jsonb_build_object('h', '$text'));
		COMMIT; INSERT INTO t VALUES (2, 'two')");

	# as records, then once more with frames, which SQL functions read in the database's encoding
	my @peeked = split /\n/, $node->safe_psql($db, "SELECT concat_ws('|', topic, key, value, headers) FROM cdc_json.peek_events('$slot', NULL, NULL)");
	is(@peeked, 3, "$encoding: peek_events reads all of them");
	@lines = stream($node, $db, $slot, position($node, $db), 'format=record', 'topic.prefix=srv');
	is(@lines, 3, "$encoding: three records");
	$event = record($lines[0]);
	is($event->{topic}, 'srv.public.t', "$encoding: a row");
	is($event->{headers}{'__cdc_json.context.actor'}, $decoded, "$encoding: its actor");
	is($event->{headers}{'__cdc_json.context.request'}, '4711', "$encoding: its request");
	$event = record($lines[1]);
	is($event->{topic}, 'outbox.event.order', "$encoding: an event");
	is($event->{key}, $decoded, "$encoding: its key");
	is($event->{value}, qq({"name": "$decoded"}), "$encoding: its value");
	is($event->{headers}{h}, $decoded, "$encoding: its header");
	is($event->{headers}{'__cdc_json.context.actor'}, $decoded, "$encoding: its actor");
	like($event->{headers}{id}, qr/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/, "$encoding: its id");
	is_deeply(record($lines[2])->{headers}, {}, "$encoding: the next transaction has no context");

	# what was read once comes again in the same way, and a topic may be of any characters
	$node->safe_psql($db, "SELECT cdc_json.emit('$text', '1', 'T', '1')");
	@peeked = split /\n/, $node->safe_psql($db, "SELECT topic FROM cdc_json.peek_events('$slot', NULL, NULL)");
	is(@peeked, 1, "$encoding: a topic beyond ASCII does not stop peek_events");
	@lines = stream($node, $db, $slot, position($node, $db), 'format=record');
	is(record($lines[0])->{topic}, "outbox.event.$decoded", "$encoding: a topic beyond ASCII");

	# nothing under our prefixes stops the slot
	$node->safe_psql($db, "SELECT pg_logical_emit_message(t, p, c) FROM unnest('{f,t}'::boolean[]) AS t,
		unnest('{cdc_json.outbox,cdc_json.context,cdc_json.unheard_of}'::text[]) AS p,
		unnest(ARRAY['', '{', '{\"aggregatetype\":{}}', repeat('[', 5000), repeat('{\"a\":', 5000), repeat('x', 100000)]) AS c");
	$node->safe_psql($db, "SELECT pg_logical_emit_message(true, 'cdc_json.outbox', '\\x7bff00c3'::bytea)");
	$node->safe_psql($db, "INSERT INTO t VALUES (3, 'three')");
	my $from = -s $node->logfile;
	@lines = stream($node, $db, $slot, position($node, $db), 'format=record');
	is(@lines, 1, "$encoding: malformed messages make no records");
	my @log = grep { /is dropped/ } split /\n/, substr(PostgreSQL::Test::Utils::slurp_file($node->logfile), $from);
	is(@log, 1, "$encoding: they are logged once for the session");
	like(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/malformed ones among our own: 24/, "$encoding: and counted");
	is($node->safe_psql($db, "SELECT pg_drop_replication_slot('$slot')"), '', "$encoding: slot dropped");
}

# A large payload is an event like any other; too large a one is left out of its record, and the slot goes on.
{
	my $db = new_database($node, 'own_large', 'UTF8');
	my $slot = new_slot($node, $db, 'own_large');
	my @lines;

	$node->safe_psql($db, 'CREATE EXTENSION cdc_json');
	$node->safe_psql($db, "SELECT cdc_json.emit('order', '1', 'T', to_jsonb(repeat('x', 20000000)))");
	$node->safe_psql($db, "SELECT cdc_json.emit('order', '2', 'T', to_jsonb(repeat('\"', 10000000)))");
	$node->safe_psql($db, "SELECT cdc_json.emit('order', '3', 'T', '3')");
	@lines = split /\n/, $node->safe_psql($db, "SELECT key, length(value) FROM cdc_json.peek_events('$slot', NULL, NULL)");
	is($lines[0], '"1"|20000006', 'a payload of 20 MB');
	is($lines[1], '"2"|40000006', 'a payload that is four times as long in its record');
	is($lines[2], '"3"|3', 'an event after it');
}

$node->stop;
done_testing();
