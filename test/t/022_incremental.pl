# Incremental snapshots while others write: every row comes, none of them after
# a newer change, and all events folded by key are the tables at the end.  Then
# the same with sessions, readers and servers that die on the way, and attempts
# to make rows that no snapshot has read.
#
# CDC_JSON_RUNS sets how many runs with deaths there are.
use strict;
use warnings FATAL => 'all';

use Test::More;
use Time::HiRes qw(usleep);
use Cdc;

my $node = new_node('main', 'max_connections = 60', 'max_wal_senders = 10', 'max_prepared_transactions = 20');
my $db = 'postgres';
my $runs = $ENV{CDC_JSON_RUNS} || 2;
my @tables = qw(item part_a part_b pair heap);
my $all = '{item,part,pair,heap}';
my @options = ('format=record', 'position.header=true');

# item: values out of line that updates leave out; pair: a key of two columns;
# heap: no key, read block after block.
$node->safe_psql($db, <<'SQL');
CREATE EXTENSION cdc_json;
CREATE TABLE item (id int PRIMARY KEY, n int, v text, big text) WITH (toast_tuple_target = 128);
ALTER TABLE item ALTER big SET STORAGE EXTERNAL;
CREATE TABLE part (id int, region int, n int, v text, big text, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
CREATE TABLE part_a PARTITION OF part FOR VALUES IN (0) WITH (toast_tuple_target = 128);
CREATE TABLE part_b PARTITION OF part FOR VALUES IN (1) WITH (toast_tuple_target = 128);
ALTER TABLE part_a ALTER big SET STORAGE EXTERNAL;
ALTER TABLE part_b ALTER big SET STORAGE EXTERNAL;
CREATE TABLE pair (id int NOT NULL, name text COLLATE "C" NOT NULL, n int, v text, big text, PRIMARY KEY (name, id));
CREATE TABLE heap (id int, n int, v text, big text);
ALTER TABLE heap REPLICA IDENTITY FULL;
INSERT INTO item SELECT g, 0, 'start', repeat(md5(g::text), 6) FROM generate_series(1, 1200) AS g;
INSERT INTO part SELECT g, g % 2, 0, 'start', repeat(md5(g::text), 6) FROM generate_series(1, 500) AS g;
INSERT INTO pair SELECT g, 'n' || g % 7, 0, 'start', 'x' FROM generate_series(1, 600) AS g;
INSERT INTO heap SELECT g, 0, 'start', 'x' FROM generate_series(1, 600) AS g;
VACUUM ANALYZE item, part, pair, heap;
SQL

# Runs commands by itself.
sub background
{
	my $log = "$PostgreSQL::Test::Utils::tmp_check/background.log";

	return IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr($db), map { ('-c', $_) } @_ ], '<', '/dev/null', '>', '/dev/null', '2>', $log);
}

sub session
{
	return $node->background_psql($db, on_error_stop => 0, @_);
}

# One or two changes in each transaction, some rolled back, some moved to another key or partition.
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
			FOR j IN 1..(1 + (random() * 1.4)::int) LOOP
				k := (random() * 1500)::int;
				t := (ARRAY['item', 'item', 'part', 'pair', 'heap'])[1 + (random() * 4.99)::int];
				CASE (random() * 7)::int
					WHEN 0 THEN
						IF t = 'item' THEN
							INSERT INTO item VALUES (k, 1, 'new', repeat(md5(k::text), 6)) ON CONFLICT (id) DO UPDATE SET v = 'again';
						ELSIF t = 'part' THEN
							INSERT INTO part VALUES (k, k % 2, 1, 'new', repeat(md5(k::text), 6)) ON CONFLICT DO NOTHING;
						ELSIF t = 'pair' THEN
							INSERT INTO pair VALUES (k, 'n' || k % 5, 1, 'new', 'y') ON CONFLICT DO NOTHING;
						ELSIF NOT EXISTS (SELECT FROM heap WHERE id = k + 100000 * $seed) THEN
							INSERT INTO heap VALUES (k + 100000 * $seed, 1, 'new', 'y');
						END IF;
					WHEN 1 THEN EXECUTE format('DELETE FROM %I WHERE id = \$1', t) USING k;
					WHEN 2 THEN
						IF t = 'part' THEN
							UPDATE part SET region = 1 - region WHERE id = k;
						ELSIF t = 'pair' THEN
							UPDATE pair SET name = 'n' || (random() * 9)::int WHERE id = k;
						ELSIF t = 'item' THEN
							UPDATE item SET id = CASE WHEN id < 0 THEN -id ELSE -id - 1 END WHERE id = k;
						END IF;
					WHEN 3 THEN EXECUTE format('UPDATE %I SET big = repeat(md5(random()::text), 6) WHERE id = \$1', t) USING k;
					ELSE EXECUTE format('UPDATE %I SET n = n + 1, v = ''w$seed '' || \$2 WHERE id = \$1', t) USING k, i;
				END CASE;
			END LOOP;
			IF random() < 0.1 THEN
				RAISE EXCEPTION 'rolled back';
			END IF;
			IF random() < 0.03 THEN
				PERFORM pg_sleep(0.05);
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

# Transactions that are prepared, hold their locks for a while, and end either way.
sub preparer
{
	my ($seed, $rounds) = @_;
	my @commands;

	for my $i (1 .. $rounds)
	{
		my ($k, $end) = (int rand 1200, rand() < 0.7 ? 'COMMIT' : 'ROLLBACK');

		push @commands, 'BEGIN', "UPDATE item SET n = n + 1, v = 'prepared $i' WHERE id IN ($k, $k + 1)",
		  "UPDATE pair SET v = 'prepared $i' WHERE id = $k", "PREPARE TRANSACTION 'p$seed.$i'", 'SELECT pg_sleep(0.05)',
		  "$end PREPARED 'p$seed.$i'";
	}
	return background(@commands);
}

# A struct of the tables above, whose values hold no quotes and braces.
sub columns
{
	my ($text) = @_;

	return $text eq 'null' ? undef : { $text =~ /"(\w+)":("[^"]*"|[^,}]+)/g };
}

# What of an event matters here.  There are too many to parse them as JSON,
# which the suite "json" does with those that pg_recvlogical has read.
sub parse
{
	my ($line) = @_;
	my ($key, $before, $after, $table, $op, $headers) =
	  $line =~ /"key":(\{[^}]*\}|null),"value":\{"before":(\{[^}]*\}|null),"after":(\{[^}]*\}|null),"source":\{.*?"table":"(\w+)",.*"op":"(\w)",.*"headers":(\{.*\})\}$/
	  or return undef;
	my $row = columns($after);
	my @unavailable = $headers =~ /"__cdc_json.unavailable":\["([^\]]*)"\]/ ? split /","/, $1 : ();
	my ($to) = $headers =~ /"__debezium.newkey":(\{[^}]*\})/;
	my $same = $row || columns($before);

	# where there is no key, a column that no update changes serves
	return { table => $table, op => $op, row => $row, unavailable => \@unavailable, to => $to && "$table $to",
		place => "$table " . ($key eq 'null' ? $same->{id} : $key) };
}

sub text
{
	my ($row) = @_;

	return $row ? join(',', map { "$_=" . ($row->{$_} // '?') } sort keys %$row) : 'nothing';
}

# Applies events.  A row of the snapshot must be what the events before it made
# of its key; counts those that were known, and those that are wrong.
sub fold
{
	my ($state, $gone, @lines) = @_;
	my ($known, $wrong, $rows) = (0, 0, 0);
	my %moved;

	for my $line (@lines)
	{
		my $event = parse($line) or next;
		my ($op, $place, $row) = @{$event}{qw(op place row)};

		if ($op eq 'd')
		{
			my $old = delete $state->{$place};

			$moved{ $event->{to} } = $old if $event->{to} && $old;
			$gone->{$place} = 1;
			next;
		}
		my $before = $op eq 'c' ? delete $moved{$place} : $state->{$place};
		if ($op eq 'r')
		{
			my $stale = $gone->{$place} || @{ $event->{unavailable} };

			$rows++;
			if ($before && !grep { !defined } values %$before)
			{
				$known++;
				$stale = 1 if text($before) ne text($row);
			}
			diag("stale: $line") if $stale;
			$wrong++ if $stale;
		}
		# undefined: not known so far
		$row->{$_} = $before ? $before->{$_} : undef for @{ $event->{unavailable} };
		$state->{$place} = $row;
		delete $gone->{$place};
	}
	return ($rows, $known, $wrong);
}

sub same_as_tables
{
	my ($state, $name) = @_;
	my %expected;

	for my $table (@tables)
	{
		fold(\%expected, {}, split /\n/, $node->safe_psql($db, "SELECT cdc_json.read_event(t, 'format', 'record') FROM $table AS t"));
	}
	my @wrong = grep { text($state->{$_}) ne text($expected{$_}) } sort keys %{ { %$state, %expected } };
	cmp_ok(scalar keys %expected, '>', 1000, "$name: rows in the tables");
	is(scalar @wrong, 0, "$name: the events folded are the tables")
	  or diag(join "\n", map { "$_: " . text($state->{$_}) . ' instead of ' . text($expected{$_}) } @wrong[ 0 .. ($#wrong > 3 ? 3 : $#wrong) ]);
	return;
}

sub slot_is_free
{
	my ($slot) = @_;

	return wait_for("$slot to be free", sub {
		return $node->safe_psql($db, "SELECT active FROM pg_replication_slots WHERE slot_name = '$slot'") eq 'f';
	});
}

# The last job's states, and its number.
sub states
{
	return $node->safe_psql($db, "SELECT string_agg(DISTINCT state, ',' ORDER BY state) FROM cdc_json.snapshot_progress WHERE job = (SELECT max(job) FROM cdc_json.snapshot_progress)");
}

sub job
{
	return $node->safe_psql($db, 'SELECT max(job) FROM cdc_json.snapshot_progress');
}

# Works on the last job until it is done, however often it is interrupted.
sub finish_job
{
	my ($name) = @_;

	for (1 .. 50)
	{
		last if states() eq 'done';
		$node->psql($db, 'CALL cdc_json.snapshot_resume((SELECT max(job) FROM cdc_json.snapshot_progress))');
	}
	is(states(), 'done', "$name: done");
	return;
}

sub rollback_prepared
{
	$node->safe_psql($db, join ';', split /\n/, $node->safe_psql($db, "SELECT format('ROLLBACK PREPARED %L', gid) FROM pg_prepared_xacts"));
	return;
}

# Nobody else writes: rows come once, each in its table's order.
{
	new_slot($node, $db, 'quiet');
	$node->safe_psql($db, "CALL cdc_json.snapshot_incremental('$all', 100)");
	my @events = get($node, $db, 'quiet', @options);
	my (%state, %gone);
	my ($rows, $known, $wrong) = fold(\%state, \%gone, @events);

	is($rows, 2900, 'quiet: each row once');
	is($known, 0, 'quiet: no row twice');
	same_as_tables(\%state, 'quiet');
	is(scalar(grep { !/"op":"r"/ } @events), 0, 'nothing else is in the stream');
	is(join(',', $node->safe_psql($db, 'SELECT sum(rows) FROM cdc_json.snapshot_progress')), 2900, 'progress counts them');
	$node->safe_psql($db, "CALL cdc_json.snapshot_incremental('{item,heap}', 100, 'id % 10 = 3 -- a comment')");
	is(scalar(my @some = get($node, $db, 'quiet')), 180, 'where');
	$node->safe_psql($db, "CALL cdc_json.snapshot_incremental('{item}', slot => 'quiet')");
	new_slot($node, $db, 'other');
	$node->safe_psql($db, "CALL cdc_json.snapshot_incremental('{item}', slot => 'other')");
	is(scalar(my @mine = get($node, $db, 'quiet')), 1200, 'rows for one slot are not in another');
	is(scalar(my @others = get($node, $db, 'other')), 1200, 'but in that one');
	$node->safe_psql($db, "SELECT pg_drop_replication_slot('other')");
}

# A locked row waits for whoever has locked it, and nobody waits for the row.
{
	my $locker = session();

	$locker->query_safe("BEGIN; UPDATE item SET v = 'locked' WHERE id = 77; UPDATE heap SET v = 'locked' WHERE id = 77");
	my $call = background("CALL cdc_json.snapshot_incremental('{item,heap}', 100)");
	ok(wait_for('rows that wait', sub {
		return $node->safe_psql($db, 'SELECT sum(waiting) FROM cdc_json.snapshot_progress WHERE job = (SELECT max(job) FROM cdc_json.snapshot_progress)') eq '2' && states() eq 'retrying';
	}), 'locked rows are shown');
	is($node->safe_psql($db, 'SELECT sum(rows), min(waiting_since) < now(), min(pid) IS NOT NULL FROM cdc_json.snapshot_progress WHERE state = \'retrying\''),
		'1798|t|t', 'all others have been read');
	$node->safe_psql($db, "SET lock_timeout = '5s'; UPDATE item SET v = 'free' WHERE id = 78");
	$locker->query_safe('COMMIT');
	$locker->quit;
	$call->finish;
	is(states(), 'done', 'then they are read as well');
	my @events = get($node, $db, 'quiet', @options);
	my @row = grep { /"op":"r"/ && /"key":\{"id":77\}/ } @events;
	is(scalar(grep { /"v":"locked"/ } @row), scalar @row, 'the locked row as it is after the change');
	cmp_ok(scalar @row, '>', 0, 'and only then');
	is(scalar(grep { /"op":"r"/ && /"table":"heap"/ && /"id":77,/ } @events), 0, 'a row that moved within a table without a key is in the stream anyway');
}

# A row takes a key that has been read: its values out of line come in the end.
{
	my $call = background("CALL cdc_json.snapshot_incremental('{item}', 100, rows_per_second => 1000)");

	wait_for('some rows', sub { return $node->safe_psql($db, 'SELECT max(rows) FROM cdc_json.snapshot_progress WHERE job = (SELECT max(job) FROM cdc_json.snapshot_progress)') >= 200 });
	my $job = job();
	is($node->safe_psql($db, "SELECT cdc_json.snapshot_pause($job), cdc_json.snapshot_pause($job)"), 't|f', 'pause');
	wait_for('a pause', sub { return states() eq 'paused' });
	usleep(600_000);
	my $rows = $node->safe_psql($db, 'SELECT sum(rows) FROM cdc_json.snapshot_progress');
	$node->safe_psql($db, 'UPDATE item SET id = -1000 WHERE id = 1150');
	usleep(300_000);
	is($node->safe_psql($db, 'SELECT sum(rows) FROM cdc_json.snapshot_progress'), $rows, 'nothing is read during a pause');
	$node->safe_psql($db, "CALL cdc_json.snapshot_resume($job)");
	$call->finish;
	is(states(), 'done', 'resumed');
	my @events = grep { /"id":-1000\b/ } get($node, $db, 'quiet', @options);
	like($events[-1], qr/"op":"r"/, 'the row under its new key');
	like($events[-1], qr/"big":"[0-9a-f]{192}"/, 'with all its values');
	$node->safe_psql($db, 'UPDATE item SET id = 1150 WHERE id = -1000');

	# a stopped job does not go on
	$call = background("CALL cdc_json.snapshot_incremental('{item}', 100, rows_per_second => 100)");
	wait_for('another job', sub { return job() > $job });
	$job = job();
	usleep(1_300_000);
	my $written = $node->safe_psql($db, "SELECT rows FROM cdc_json.snapshot_progress WHERE job = $job");
	ok($written >= 100 && $written <= 300, 'a limit below one chunk a second') or diag($written);
	is($node->safe_psql($db, "SELECT cdc_json.snapshot_stop($job), cdc_json.snapshot_stop($job)"), 't|f', 'stop');
	$call->finish;
	is(states(), 'stopped', 'stopped');
	fails($node, $db, "CALL cdc_json.snapshot_resume($job)", qr/was stopped/, 'and not resumed');
	$node->safe_psql($db, "SELECT cdc_json.snapshot_forget($job); SELECT pg_drop_replication_slot('quiet')");
	isnt(job(), $job, 'forgotten');
}

# What happens to the tables while they are read.
{
	new_slot($node, $db, 'ddl');
	$node->safe_psql($db, 'CREATE TABLE doomed AS SELECT g AS id FROM generate_series(1, 500) AS g; CREATE TABLE changing (id int PRIMARY KEY, v text); '
		  . "INSERT INTO changing SELECT g, 'x' FROM generate_series(1, 500) AS g");
	my $call = background("CALL cdc_json.snapshot_incremental('{item,doomed,changing}', 100, rows_per_second => 2000)");
	wait_for('some rows', sub { return $node->safe_psql($db, 'SELECT max(rows) FROM cdc_json.snapshot_progress WHERE job = (SELECT max(job) FROM cdc_json.snapshot_progress)') >= 100 });
	$node->safe_psql($db, 'DROP TABLE doomed; ALTER TABLE item RENAME TO renamed; CREATE TABLE item (id int PRIMARY KEY); INSERT INTO item VALUES (4711)');
	wait_for('the next table', sub { return $node->safe_psql($db, "SELECT rows FROM cdc_json.snapshot_progress WHERE relation = 'changing'::regclass") >= 100 });
	$node->safe_psql($db, "ALTER TABLE changing ALTER id TYPE bigint, ADD w int DEFAULT 7");
	$call->finish;
	is($node->safe_psql($db, "SELECT string_agg(state, ',' ORDER BY relation::text ~ '^[a-z]', relation::text) FROM cdc_json.snapshot_progress WHERE job = (SELECT max(job) FROM cdc_json.snapshot_progress)"),
		'gone,done,done', 'a dropped table is left out, others are done');
	my @events = get($node, $db, 'ddl', @options);
	is(scalar(grep { /"table":"(?:item|renamed)"/ && /"op":"r"/ } @events), 1200, 'a renamed table is still the same');
	my %ids = map { /"key":\{"id":(\d+)\}/; ($1 => 1) } grep { /"table":"changing"/ && /"w":7/ } @events;
	is(scalar(keys %ids), 500, 'a key of another type: from the start again, in the new shape');
	$node->safe_psql($db, "SELECT pg_drop_replication_slot('ddl'); DROP TABLE item, changing; ALTER TABLE renamed RENAME TO item");
}

# The real thing.
for my $run (0 .. $runs)
{
	my $slot = "run_$run";

	rollback_prepared();
	new_slot($node, $db, $slot);
	my @writers = ((map { writer($run * 10 + $_, $run ? 600 : 1500) } 1 .. 4), preparer($run, $run ? 10 : 25));
	my $before = job();
	my $call = background("CALL cdc_json.snapshot_incremental('$all', 40, rows_per_second => 1500)");
	my (@events, $reader);

	wait_for('the job', sub { return job() ne $before });
	# without deaths in the first run
	for my $death ($run ? ('session', ('client', 'server')[ $run % 2 ], ('client', 'server', 'session')[ rand 3 ]) : ())
	{
		$reader = follow($node, $db, $slot, '-s 1', @options);
		$reader->wait_for_lines(50 + int rand 200);
		if ($death eq 'server')
		{
			$node->stop('immediate');
			eval { $_->finish } for @writers, $call;
			$reader->wait_for_end;
			$node->start;
			rollback_prepared();
			@writers = map { writer($run * 10 + 4 + $_, 300) } 1 .. 3;
			like(states(), qr/interrupted/, "$slot: interrupted");
			$call = background('CALL cdc_json.snapshot_resume(' . job() . ')');
		}
		elsif ($death eq 'client')
		{
			$reader->stop('KILL');
		}
		else
		{
			$node->safe_psql($db, 'SELECT pg_terminate_backend(pid) FROM cdc_json.snapshot_progress WHERE pid IS NOT NULL LIMIT 1');
			eval { $call->finish };
			$call = background('CALL cdc_json.snapshot_resume(' . job() . ')');
			$reader->stop('INT');
		}
		push @events, grep { /\}$/ } $reader->lines;
		slot_is_free($slot);
	}
	eval { $_->finish } for @writers;
	rollback_prepared();
	eval { $call->finish };
	finish_job($slot);
	push @events, stream($node, $db, $slot, position($node, $db), @options);
	# what comes again is known by its position
	my $last = '';
	my @new = grep { /"__cdc_json.position":"([^"]+)"/; $1 gt $last ? ($last = $1) : 0 } @events;
	my (%state, %gone);
	my ($rows, $known, $wrong) = fold(\%state, \%gone, @new);

	cmp_ok($rows, '>', 1500, "$slot: rows");
	cmp_ok($known, '>', 20, "$slot: rows that had changed before");
	cmp_ok(scalar(grep { /"op":"[cud]"/ } @new), '>', 100, "$slot: changes");
	is($wrong, 0, "$slot: no row is stale");
	same_as_tables(\%state, $slot);
	$node->safe_psql($db, "SELECT pg_drop_replication_slot('$slot')");
}

# A row that no message holds: its largest value is left out.  Takes a minute, so only with many runs.
if ($runs > 2)
{
	$node->safe_psql($db, <<'SQL');
CREATE TABLE huge (id int PRIMARY KEY, a text, b text, c text);
ALTER TABLE huge ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL, ALTER c SET STORAGE EXTERNAL;
INSERT INTO huge VALUES (1, repeat('a', 400000000)), (2, 'x');
UPDATE huge SET b = repeat('b', 410000000) WHERE id = 1;
UPDATE huge SET c = repeat('c', 300000000) WHERE id = 1;
SELECT pg_create_logical_replication_slot('huge', 'cdc_json');
CALL cdc_json.snapshot_incremental('{huge}');
SQL
	is($node->safe_psql($db, "SELECT length(data) > 700000000, position('\"b\":\"__debezium_unavailable_value\"' IN data) > 400000000, position('__cdc_json.unavailable\":[\"b\"]' IN right(data, 50)) > 0 "
			. "FROM pg_logical_slot_get_changes('huge', NULL, NULL, 'format', 'record')"), "t|t|t\nf|f|f", 'a row of more than 1 GB');
	$node->safe_psql($db, "SELECT pg_drop_replication_slot('huge')");
}

$node->stop;
done_testing();
