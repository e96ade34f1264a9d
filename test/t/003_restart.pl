# However often a slot's reader, its walsender or the server is stopped, the
# readings put together are what one reading gives: nothing is missing, and
# what comes again is the same bytes.
use strict;
use warnings FATAL => 'all';

use Test::More;
use Cdc;

my $node = new_node('main');
my $db = 'postgres';

$node->safe_psql($db, <<'SQL');
CREATE TABLE item (id int PRIMARY KEY, v text, n numeric, at timestamptz DEFAULT now());
CREATE TABLE whole (id int PRIMARY KEY, v text);
ALTER TABLE whole REPLICA IDENTITY FULL;
ALTER TABLE item ALTER v SET STORAGE EXTERNAL;
SELECT pg_create_logical_replication_slot('origin', 'cdc_json');
DO $$
BEGIN
	FOR i IN 1..60 LOOP
		INSERT INTO item SELECT i * 1000 + g, 'v' || g, g / 7.0 FROM generate_series(1, (i * 37) % 120) g;
		INSERT INTO whole VALUES (i, repeat('x', i * 50));
		IF i % 3 = 0 THEN
			UPDATE item SET v = repeat(md5(id::text), 100) WHERE id % 50 = 0 AND id / 1000 = i;
			UPDATE item SET n = n + 1 WHERE id % 50 = 0 AND id / 1000 = i;
			UPDATE whole SET v = v || '!' WHERE id < i;
		END IF;
		IF i % 4 = 0 THEN
			DELETE FROM item WHERE id % 7 = 0 AND id / 1000 = i;
			UPDATE whole SET id = -id WHERE id = i;
			PERFORM pg_logical_emit_message(true, 'within', i::text);
		END IF;
		IF i % 10 = 0 THEN
			PERFORM pg_logical_emit_message(false, 'outside', i::text);
			EXECUTE format('ALTER TABLE whole ADD COLUMN c%s int DEFAULT %s', i, i);
			TRUNCATE whole;
		END IF;
		COMMIT;
	END LOOP;
	INSERT INTO item SELECT -g, repeat('long ', 40) FROM generate_series(1, 6000) g;
	COMMIT;
	INSERT INTO item VALUES (0, 'last');
END $$;
SQL
my $end = position($node, $db);

sub copy_slot
{
	my ($to) = @_;

	$node->safe_psql($db, "SELECT pg_copy_logical_replication_slot('origin', '$to')");
	return $to;
}

sub drop_slot
{
	my ($slot) = @_;

	wait_for("$slot to be free", sub {
		return $node->safe_psql($db, "SELECT active FROM pg_replication_slots WHERE slot_name = '$slot'") eq 'f';
	});
	$node->safe_psql($db, "SELECT pg_drop_replication_slot('$slot')");
}

# Where in the whole reading a line is: what neither the clock nor the session
# changes is different for each line.
sub place
{
	return session_masked(masked($_[0]));
}

# Follows the readings of a slot through the whole one.
sub new_ledger
{
	my ($name, @whole) = @_;
	my %at;

	$at{ place($whole[$_]) } = $_ for 0 .. $#whole;
	is(keys %at, @whole, "$name: no line twice");
	return { name => $name, whole => \@whole, at => \%at, next => 0, repeated => 0 };
}

sub account
{
	my ($ledger, @lines) = @_;
	my $name = sprintf '%s, reading %d', $ledger->{name}, ++$ledger->{readings};
	my ($first, $last);

	return $first unless @lines;
	$first = $ledger->{at}{ place($lines[0]) };
	return fail("$name: starts with a line that is not there: $lines[0]") unless defined $first;
	ok($first <= $ledger->{next}, "$name: starts at $first, and $ledger->{next} would be next");
	$last = $first + $#lines;
	return fail("$name: reads beyond the end") if $last > $#{ $ledger->{whole} };
	same_events([ @{ $ledger->{whole} }[ $first .. $last ] ], \@lines, $name);
	$ledger->{repeated} += $ledger->{next} - $first;
	$ledger->{next} = $last + 1 if $last >= $ledger->{next};
	return $first;
}

sub complete
{
	my ($ledger) = @_;

	return is($ledger->{next}, scalar @{ $ledger->{whole} }, "$ledger->{name}: all of it, in $ledger->{readings} readings, $ledger->{repeated} lines again");
}

my @record = ('format=record', 'position.header=true', 'provide.transaction.metadata=true', 'skipped.operations=none');
my @record_lines = stream($node, $db, copy_slot('whole_record'), $end, @record);
drop_slot('whole_record');

# Positions, in the order of events: where each transaction ends, and where changes are.
my (@commits, @inside);
for my $line (@record_lines)
{
	my ($hi, $lo) = $line =~ /"__cdc_json.position":"(\w{8})(\w{8})\./;
	my $commit = sprintf '%X/%X', hex $hi, hex $lo;

	push @commits, $commit unless @commits && $commits[-1] eq $commit;
	push @inside, sprintf('%X/%X', $1 >> 32, $1 & 0xffffffff) if $line =~ /"lsn":(\d+),/;
}
cmp_ok(@commits, '>=', 60, 'transactions');
cmp_ok(@inside, '>', 8000, 'changes');

for my $options (
	[], [@record],
	[ 'batch.bytes=5000', 'schemas.enable=true' ],
	[ 'debezium.quirks=true', 'provide.transaction.metadata=true' ])
{
	my $name = join ' ', @$options ? @$options : 'defaults';
	my @whole = stream($node, $db, copy_slot('whole'), $end, @$options);
	my $ledger = new_ledger("$name, --endpos within transactions", @whole);

	drop_slot('whole');
	copy_slot('pieces');
	account($ledger, stream($node, $db, 'pieces', $inside[ $_ * $#inside / 6 ], @$options)) for 1 .. 5;
	account($ledger, stream($node, $db, 'pieces', $end, @$options));
	complete($ledger);
	cmp_ok($ledger->{repeated}, '>', 0, "$name: transactions came again as a whole");
	drop_slot('pieces');

	# a position that is a transaction's end has been read: it does not come again
	$ledger = new_ledger("$name, --endpos between transactions", @whole);
	copy_slot('pieces');
	for my $n (1 .. 5)
	{
		my $next = $ledger->{next};
		my $first = account($ledger, stream($node, $db, 'pieces', $commits[ $n * $#commits / 6 ], @$options));

		is($first, $next, "$name: what was confirmed does not come again");
	}
	account($ledger, stream($node, $db, 'pieces', $end, @$options));
	complete($ledger);
	is($ledger->{repeated}, 0, "$name: no line came again");
	is(stream($node, $db, 'pieces', position($node, $db), @$options), 0, "$name: nor the last transaction");
	drop_slot('pieces');
}

# Readers, walsenders and servers that die while they are busy.
my %deaths = (
	'client killed' => sub { my ($reader) = @_; $reader->stop('KILL') },
	'client interrupted' => sub { my ($reader) = @_; $reader->stop('INT') },
	'walsender terminated' => sub {
		my ($reader, $slot) = @_;

		$node->safe_psql($db, 'SELECT pg_terminate_backend(' . active_pid($node, $slot) . ')');
		like($reader->wait_for_end, qr/terminat|unexpected/, 'pg_recvlogical says so');
	},
	'server stopped, immediate' => sub {
		my ($reader) = @_;

		$node->stop('immediate');
		$reader->wait_for_end;
		$node->start;
	},
	'server stopped, fast' => sub {
		my ($reader) = @_;

		$node->stop('fast');
		$reader->wait_for_end;
		$node->start;
	});
my @whole = map { (split /\n/)[0] } stream($node, $db, copy_slot('whole'), $end);
drop_slot('whole');

for my $death (sort keys %deaths)
{
	my $ledger = new_ledger($death, @whole);

	copy_slot('victim');
	# a server that stops fast sends all it has before
	for my $n (1 .. ($death =~ /fast/ ? 1 : 3))
	{
		my $reader = follow($node, $db, 'victim', '-s 1');
		my $more = $n == 2 ? 6000 : 300;

		ok($reader->wait_for_lines($more), "$death: has read something");
		$deaths{$death}->($reader, 'victim');
		account($ledger, $reader->lines);
		wait_for('the walsender to go', sub {
			return $node->safe_psql($db, "SELECT active FROM pg_replication_slots WHERE slot_name = 'victim'") eq 'f';
		});
	}
	account($ledger, stream($node, $db, 'victim', $end));
	complete($ledger);
	drop_slot('victim');
}

# What was not committed when the server crashed never happened.
{
	my ($stdin, $stdout, $stderr) = ('', '', '');
	my $session = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr($db) ], '<', \$stdin, '>', \$stdout, '2>', \$stderr);
	my $reader = follow($node, $db, copy_slot('crash'), '-s 1');

	$stdin = "BEGIN; INSERT INTO item SELECT 1000000 + g, 'phantom' FROM generate_series(1, 1000) g; SELECT 'open';\n";
	wait_for('an open transaction', sub { $session->pump_nb; $stdout =~ /open/ });
	$node->safe_psql($db, "INSERT INTO item VALUES (999999, 'real')");
	ok($reader->wait_for_lines(@whole + 1), 'reads on');
	$node->stop('immediate');
	$reader->wait_for_end;
	eval { $session->finish };
	$node->start;
	$node->safe_psql($db, "INSERT INTO item VALUES (999998, 'after')");
	my @lines = ($reader->lines, stream($node, $db, 'crash', position($node, $db)));
	is(scalar(grep { /phantom/ } @lines), 0, 'no event of what was rolled back');
	cmp_ok(scalar(grep { /"v":"real"/ } @lines), '>=', 1, 'the event before the crash');
	is(scalar(grep { /"v":"after"/ } @lines), 1, 'the event after the crash');
}

unlike(server_log($node), qr/terminated by signal|PANIC/, 'no process died by itself');
$node->stop;
done_testing();
