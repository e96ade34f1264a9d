# A message outside transactions is the first thing that a session decodes:
# the walsender has no transaction then, and no catalog to look into.
use strict;
use warnings FATAL => 'all';

use MIME::Base64 qw(decode_base64);
use Test::More;
use Cdc;

my $node = new_node('main');

sub check_message
{
	my ($line, $lsn, $prefix, $content, $name) = @_;
	my $event = event($line);
	my $number = lsn_number($lsn);

	is($event->{op}, 'm', "$name: op");
	is($event->{message}{prefix}, $prefix, "$name: prefix");
	is(decode_base64($event->{message}{content}), $content, "$name: content");
	is($event->{source}{txId}, undef, "$name: belongs to no transaction");
	is($event->{source}{lsn}, $number, "$name: source.lsn is the position that the emitter was told");
	is($event->{source}{sequence}, qq(["$number","$number"]), "$name: sequence has it twice");
	is($event->{transaction}, undef, "$name: no transaction block");
	return $event;
}

my %prefix = (UTF8 => "pr\xC3\xA9fixe \xE2\x82\xAC", LATIN1 => "pr\xC3\xA9fixe", SQL_ASCII => 'prefixe');

for my $encoding (sort keys %prefix)
{
	my $db = new_database($node, lc "first_$encoding", $encoding);
	my $prefix = $prefix{$encoding};
	my $decoded = $prefix;

	utf8::decode($decoded);
	$node->safe_psql($db, 'CREATE TABLE t (id int PRIMARY KEY, v text)');
	for my $variant ('format=value', 'provide.transaction.metadata=true', 'schemas.enable=true', 'debezium.quirks=true')
	{
		my $name = "$encoding, $variant";
		my $slot = new_slot($node, $db, lc "first_$encoding");
		my ($first, $second, @events, $event, $row);

		$first = $node->safe_psql($db, "SELECT pg_logical_emit_message(false, '$prefix', '\\xff00c3'::bytea)");
		@events = map { payload($_) } stream($node, $db, $slot, position($node, $db), $variant);
		is(@events, 1, "$name: one event");
		$event = check_message($events[0], $first, $decoded, "\xff\x00\xc3", "$name, first");
		is($event->{source}{db}, $db, "$name: database");

		# pg_recvlogical confirmed it, so the next session has it no more
		$node->safe_psql($db, 'DELETE FROM t; INSERT INTO t VALUES (1, $$one$$)');
		$second = $node->safe_psql($db, "SELECT pg_logical_emit_message(false, 'two', 'deux')");
		@events = map { payload($_) } stream($node, $db, $slot, position($node, $db), $variant);
		($row) = map { event($_) } grep { /"op":"c"/ } @events;
		is($row->{after}{v}, 'one', "$name: the row");
		$event = check_message($events[-1], $second, 'two', 'deux', "$name, second");
		is($event->{source}{ts_us}, $row->{source}{ts_us}, "$name: the message has the time of the transaction before it");
		is($node->safe_psql($db, "SELECT pg_drop_replication_slot('$slot')"), '', "$name: slot dropped");
	}
}

# Between two transactions of one session, and with prefixes that make no event.
my $db = 'first_utf8';
my $slot = new_slot($node, $db, 'between');
$node->safe_psql($db, <<'SQL');
SELECT pg_logical_emit_message(false, 'cdc_json.heartbeat', '');
SELECT pg_logical_emit_message(false, 'left.out', '');
INSERT INTO t VALUES (10, 'before');
SELECT pg_logical_emit_message(false, 'kept', 'x');
INSERT INTO t VALUES (11, 'after');
SELECT pg_logical_emit_message(true, 'kept', 'y');
SQL
my $end = position($node, $db);
my @lines = stream($node, $db, $slot, $end, 'message.prefix.exclude.list=left.*');
my @events = map { event($_) } @lines;
is(join(' ', map { $_->{op} } @events), 'c m c m', 'events between transactions');
my @sequence = map { $_->{source}{sequence} =~ /(\d+)/g } @events;
is($sequence[2], $sequence[3], 'a message outside has its own position twice');
is($sequence[4], $sequence[2], 'and is where the next transaction starts from');
isnt($sequence[6], $sequence[7], 'a message within a transaction has the commit before it');
is($sequence[2], $events[1]{source}{lsn}, 'which is source.lsn');

# The same from SQL, where there is a transaction: created at the same position.
my @sql = map { event($_) } do
{
	new_slot($node, $db, 'between_sql');
	$node->safe_psql($db, "SELECT pg_logical_emit_message(false, 'first', 'sql')");
	position($node, $db);
	peek($node, $db, 'between_sql');
};
is(@sql, 1, 'one event from SQL');
is($sql[0]{message}{prefix}, 'first', 'the message from SQL');

is($node->safe_psql('postgres', 'SELECT 1'), '1', 'the server is alive');
unlike(server_log($node), qr/terminated by signal|PANIC/, 'no process died');
$node->stop;
done_testing();
