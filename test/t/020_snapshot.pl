# A snapshot by several sessions, then the stream, while four sessions write and
# one rewrites the tables: every row or change comes once, and all events folded
# by key are the tables at the end.  Then the same with sessions, readers and
# servers that die on the way, where a chunk or a stretch of the stream comes
# again.  CDC_JSON_RUNS sets how many such runs there are.
use strict;
use warnings FATAL => 'all';

use List::Util qw(shuffle);
use Test::More;
use Cdc;

my $node = new_node('main', 'max_connections = 60', 'max_wal_senders = 10');
my $db = 'postgres';
my $runs = $ENV{CDC_JSON_RUNS} || 3;
my @tables = qw(item part_a part_b);

# transaction ids beyond 32 bits, of which events have the lower half
$node->stop;
PostgreSQL::Test::Utils::system_or_bail($node->installed_command('pg_resetwal'), '--epoch=3', '-D', $node->data_dir);
$node->start;

$node->safe_psql($db, <<'SQL');
CREATE EXTENSION cdc_json;
CREATE TABLE item (id int PRIMARY KEY, n int, v text, big text);
ALTER TABLE item ALTER big SET STORAGE EXTERNAL;
CREATE TABLE part (id int PRIMARY KEY, n int, v text, big text) PARTITION BY HASH (id);
CREATE TABLE part_a PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_b PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
ALTER TABLE part_a ALTER big SET STORAGE EXTERNAL;
INSERT INTO item SELECT g, 0, 'start', repeat(md5(g::text), 70) FROM generate_series(1, 1200) AS g;
INSERT INTO part SELECT g, 0, 'start', 'x' FROM generate_series(1, 400) AS g;
VACUUM ANALYZE item, part;
SQL

# Runs commands by itself; what is given as standard input would wait until somebody waits.
sub background
{
	my $log = "$PostgreSQL::Test::Utils::tmp_check/background.log";

	return IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr($db), map { ('-c', $_) } @_ ], '<', '/dev/null', '>', '/dev/null', '2>', $log);
}

# One change in each transaction, now and then two, some rolled back.
sub writer
{
	my ($seed, $rounds) = @_;
	my $sql = <<"SQL";
DO \$\$
DECLARE
	k int;
	t text;
BEGIN
	FOR i IN 1..$rounds LOOP
		BEGIN
			FOR j IN 1..(1 + (random() * 1.2)::int) LOOP
				k := (random() * 1500)::int;
				t := CASE WHEN random() < 0.7 THEN 'item' ELSE 'part' END;
				CASE (random() * 6)::int
					WHEN 0 THEN EXECUTE format('INSERT INTO %s VALUES (\$1, 1, ''new'', repeat(md5(\$1::text), 70)) ON CONFLICT (id) DO UPDATE SET v = ''again''', t) USING k;
					WHEN 1 THEN EXECUTE format('DELETE FROM %s WHERE id = \$1', t) USING k;
					WHEN 2 THEN EXECUTE format('UPDATE %s SET id = id + 10000 WHERE id = \$1', t) USING k;
					WHEN 3 THEN EXECUTE format('UPDATE %s SET big = repeat(md5(random()::text), 70) WHERE id = \$1', t) USING k;
					ELSE EXECUTE format('UPDATE %s SET n = n + 1, v = ''w$seed'' || \$2 WHERE id = \$1', t) USING k, i;
				END CASE;
			END LOOP;
			IF random() < 0.05 THEN
				RAISE EXCEPTION 'rolled back';
			END IF;
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
		COMMIT;
		PERFORM pg_sleep(0.001);
	END LOOP;
END \$\$;
SQL
	return background("SELECT setseed(0.$seed)", $sql);
}

# Rewrites tables whenever it gets the lock at once.
sub rewriter
{
	my ($rounds) = @_;
	my $sql = <<"SQL";
DO \$\$
BEGIN
	FOR i IN 1..$rounds LOOP
		BEGIN
			EXECUTE format('ALTER TABLE %s ALTER n TYPE %s', CASE i % 3 WHEN 0 THEN 'part' ELSE 'item' END,
				CASE (i / 3) % 2 WHEN 0 THEN 'bigint' ELSE 'int' END);
		EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
			NULL;
		END;
		COMMIT;
		PERFORM pg_sleep(0.02);
	END LOOP;
END \$\$;
SQL
	return background("SET lock_timeout = '20ms'", $sql);
}

sub session
{
	return $node->background_psql($db, on_error_stop => 0, @_);
}

# With the exported snapshot.
sub reading_session
{
	my ($snapshot) = @_;
	my $session = session();

	$session->query_safe("BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '$snapshot'");
	return $session;
}

# The recipe.  Gives the rows of the snapshot; "kill" is called with the pids of
# the reading sessions before each chunk and may end one.
sub take_snapshot
{
	my ($slot, $sessions, $kill) = @_;
	my ($coordinator, $exporter) = (session(), session(replication => 'database'));
	my (@rows, @readers);

	# before the slot: no table can be rewritten until all has been read
	$coordinator->query_safe('BEGIN; LOCK TABLE item, part IN ACCESS SHARE MODE');
	my ($name, $consistent, $snapshot) =
	  split /\|/, $exporter->query_safe("CREATE_REPLICATION_SLOT $slot LOGICAL cdc_json EXPORT_SNAPSHOT");
	die "no snapshot" unless $snapshot;

	@readers = map { reading_session($snapshot) } 1 .. $sessions;
	my @chunks = split /\n/, $readers[0]->query_safe("SELECT relation, lower, upper FROM cdc_json.chunks('item', 150) UNION ALL "
		  . "SELECT relation, lower, upper FROM cdc_json.chunks('part', 100)");
	my $relations = "SELECT string_agg(DISTINCT relation::oid::text, ' ') FROM (SELECT relation FROM cdc_json.chunks('item', 150) UNION ALL "
	  . "SELECT relation FROM cdc_json.chunks('part', 100)) AS c";
	my $before = $readers[0]->query_safe($relations);
	my $n = 0;
	cmp_ok(scalar @chunks, '>', 5, "$slot: chunks");
	for my $chunk (shuffle(@chunks))
	{
		my ($table, $lower, $upper) = split /\|/, $chunk;
		my $reader = \$readers[ $n++ % $sessions ];
		my $query = "SELECT cdc_json.read_event(t, 'format', 'record', 'snapshot.lsn', '$consistent') "
		  . "FROM ONLY $table AS t WHERE t.ctid >= '$lower' AND t.ctid < '$upper'";

		if ($kill && rand() < 0.4)
		{
			# dies after some rows, or before: its chunk is read again by another session
			my ($stdout, undef) = eval { $$reader->query("$query LIMIT 50; SELECT pg_terminate_backend(pg_backend_pid())") };
			push @rows, grep { /^\{.*\}$/ } split /\n/, $stdout // '';
			eval { $$reader->quit };
			$$reader = reading_session($snapshot);
		}
		push @rows, split /\n/, $$reader->query_safe($query);
	}
	# tables and their files are still the same
	is($readers[0]->query_safe($relations), $before, "$slot: the same tables and files at the end");
	$_->quit for @readers;
	is($coordinator->query_safe("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'AccessShareLock' AND relation = 'item'::regclass"),
		1, "$slot: the coordinator held its lock");
	$coordinator->query_safe('COMMIT');
	$coordinator->quit;
	$exporter->quit;
	return @rows;
}

# Applies events by table and key.  "strict": a row that is created is not there, one that is changed is.
sub fold
{
	my ($state, $strict, $name, @lines) = @_;
	my $wrong = 0;
	my %moved;

	for my $line (@lines)
	{
		my $record = event($line);
		my $value = $record->{value} or next;
		my ($table, $op) = ($value->{source}{table}, $value->{op});
		my $id = $record->{key}{id};
		my $place = "$table $id";

		if ($op eq 'd')
		{
			# a key change: what the log does not hold of the new row is in the old one
			my $to = $record->{headers}{'__debezium.newkey'};

			$wrong++ if $strict && !$state->{$place};
			my $old = delete $state->{$place};
			$moved{"$table $to->{id}"} = $old if $to && $old;
			next;
		}
		my $row = $value->{after};
		$wrong++ if $strict && ($op eq 'u' ? !$state->{$place} : $state->{$place});
		for my $column (@{ $record->{headers}{'__cdc_json.unavailable'} || [] })
		{
			$row->{$column} = ($op eq 'c' ? $moved{$place} : $state->{$place})->{$column};
		}
		$state->{$place} = $row;
	}
	is($wrong, 0, "$name: every row or change once") if $strict;
	return;
}

sub same_as_tables
{
	my ($state, $name) = @_;
	my %expected;

	for my $table (@tables)
	{
		fold(\%expected, 0, '', split /\n/, $node->safe_psql($db, "SELECT cdc_json.read_event(t, 'format', 'record') FROM $table AS t"));
	}
	my @wrong = grep { !$state->{$_} || !$expected{$_} || json_text($state->{$_}) ne json_text($expected{$_}) }
	  sort keys %{ { %$state, %expected } };
	is(scalar @wrong, 0, "$name: the events folded are the tables") or diag(join "\n", @wrong[ 0 .. ($#wrong > 5 ? 5 : $#wrong) ]);
	return;
}

my $canonical = JSON::PP->new->canonical;

sub json_text
{
	return $canonical->encode($_[0]);
}

sub drop_slot
{
	my ($slot) = @_;

	wait_for("$slot to be free", sub {
		return $node->safe_psql($db, "SELECT active FROM pg_replication_slots WHERE slot_name = '$slot'") eq 'f';
	});
	$node->safe_psql($db, "SELECT pg_drop_replication_slot('$slot')");
	return;
}

my @options = ('format=record', 'position.header=true');

# Nothing dies: every row or change comes exactly once.
for my $sessions (1, 3)
{
	my @writers = ((map { writer($_, 400) } 1 .. 4), rewriter(40));
	my $slot = "whole_$sessions";
	my @rows = take_snapshot($slot, $sessions);
	my %state;

	$_->finish for @writers;
	my @events = stream($node, $db, $slot, position($node, $db), @options);
	cmp_ok(scalar @rows, '>', 800, "$slot: rows");
	cmp_ok(scalar(grep { /"op":"[cud]"/ } @events), '>', 100, "$slot: changes");
	fold(\%state, 1, $slot, @rows, @events);
	same_as_tables(\%state, $slot);
	drop_slot($slot);
}

# A slot that was there before: what the snapshot sees is left out of the stream.
{
	new_slot($node, $db, 'before');
	my @writers = map { writer($_, 600) } 1 .. 4;
	my $session = session();
	my %state;

	wait_for('changes', sub { my @some = peek($node, $db, 'before', @options); @some > 50 });
	$session->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ');
	my ($snapshot, $lsn, $xmax) = split /\|/, $session->query_safe('SELECT snapshot, lsn, pg_snapshot_xmax(snapshot) FROM cdc_json.snapshot_position()');
	my @rows = split /\n/, $session->query_safe(
		"SELECT format('{\"key\":%s,\"value\":%s,\"headers\":%s}', key, value, headers) FROM (SELECT (s).* FROM (SELECT cdc_json.snapshot('{item,part}') AS s) AS q) AS r");
	$session->query_safe('COMMIT');
	$session->quit;
	$_->finish for @writers;
	my @events = grep { /"txId":\d/ } stream($node, $db, 'before', position($node, $db), @options);
	my %xids = map { /"txId":(\d+)/; $1 => 1 } @events;
	# the whole id is the one nearest to the snapshot's
	my %seen = map { $_ => 1 } split /\n/,
	  $node->safe_psql($db, "SELECT x FROM unnest('{" . join(',', keys %xids) . "}'::bigint[]) AS x "
		  . "WHERE pg_visible_in_snapshot(($xmax + ((x - $xmax + 2147483648) & 4294967295) - 2147483648)::text::xid8, '$snapshot')");
	cmp_ok($xmax, '>', 2**32, 'transaction ids beyond 32 bits');
	my @later = grep { /"txId":(\d+)/; !$seen{$1} } @events;
	my $position = sprintf '%016x', lsn_number($lsn);
	cmp_ok(scalar @later, '<', scalar @events, 'some changes are in the snapshot');
	is(scalar(grep { /"txId":(\d+)/; $seen{$1} && /position":"(\w{16})/ && $1 gt $position } @events), 0, 'none of them commits beyond the position');
	fold(\%state, 1, 'snapshot_position', @rows, @later);
	same_as_tables(\%state, 'snapshot_position');
	drop_slot('before');
}

# Without the lock, a rewrite in between leaves nothing to be seen: that is an error, not an empty table.
{
	my $exporter = session(replication => 'database');
	my (undef, undef, $snapshot) = split /\|/, $exporter->query_safe('CREATE_REPLICATION_SLOT unlocked TEMPORARY LOGICAL cdc_json EXPORT_SNAPSHOT');
	my $begin = "BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '$snapshot';";

	$node->safe_psql($db, "$begin SELECT cdc_json.snapshot('{item}')");
	$node->safe_psql($db, 'ALTER TABLE item ALTER n TYPE numeric; ALTER TABLE part ALTER n TYPE numeric');
	is($node->safe_psql($db, "$begin SELECT count(*) FROM item"), 0, 'a plain query sees nothing');
	fails($node, $db, "$begin SELECT cdc_json.snapshot('{item}')", qr/table "item" was rewritten or truncated after the snapshot/, 'snapshot');
	fails($node, $db, "$begin SELECT cdc_json.chunks('item', 100)", qr/table "item" was rewritten or truncated after the snapshot/, 'chunks');
	fails($node, $db, "$begin SELECT cdc_json.chunks('part', 100)", qr/table "part_a" was rewritten or truncated after the snapshot/, 'chunks of partitions');
	$exporter->quit;
	fails($node, $db, "$begin SELECT 1", qr/ERROR:  (?:invalid snapshot identifier|snapshot "[^"]+" does not exist)/, 'the snapshot ends with the connection that exported it');
	$node->safe_psql($db, 'ALTER TABLE item ALTER n TYPE int; ALTER TABLE part ALTER n TYPE int');
}

# Sessions, readers and servers die: chunks and stretches of the stream come again.
for my $run (1 .. $runs)
{
	my @writers = ((map { writer($run * 10 + $_, 300) } 1 .. 4), rewriter(20));
	my $slot = "dying_$run";
	my @rows = take_snapshot($slot, 2, 1);
	my (%state, @events);

	for my $death (map { [ 'client', 'walsender', 'server' ]->[ rand 3 ] } 1 .. 2)
	{
		my $reader = follow($node, $db, $slot, '-s 1', @options);

		$reader->wait_for_lines(1 + int rand 100);
		if ($death eq 'server')
		{
			$node->stop('immediate');
			$reader->wait_for_end;
			eval { $_->finish } for @writers;
			$node->start;
			@writers = (writer($run + 7, 100));
		}
		elsif ($death eq 'walsender')
		{
			$node->safe_psql($db, "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '$slot'");
			$reader->wait_for_end;
		}
		else
		{
			$reader->stop('KILL');
		}
		push @events, grep { /\}$/ } $reader->lines;
		wait_for("$slot to be free", sub {
			return $node->safe_psql($db, "SELECT active FROM pg_replication_slots WHERE slot_name = '$slot'") eq 'f';
		});
	}
	eval { $_->finish } for @writers;
	push @events, stream($node, $db, $slot, position($node, $db), @options);
	# what comes again is known by its position
	my $last = '';
	my @new = grep { /"__cdc_json.position":"([^"]+)"/; $1 gt $last ? ($last = $1) : 0 } @events;

	fold(\%state, 0, $slot, @rows);
	fold(\%state, 1, $slot, @new);
	same_as_tables(\%state, $slot);
	drop_slot($slot);
}

$node->stop;
done_testing();
