# The relay's snapshots: what is read, how it is marked, each --snapshot mode,
# and that rows and stream together are the tables: also when the program,
# sessions and the server die on the way and tables are altered meanwhile.
# CDC_JSON_RUNS sets how many random runs there are.
use strict;
use warnings FATAL => 'all';

use Digest::MD5 qw(md5_hex);
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use Cdc;
use PostgreSQL::Test::Utils;
use Relay;

build_relay();

my $node = new_node('main', 'max_connections = 40', 'max_locks_per_transaction = 100');
my $db = 'postgres';
my $dsn = $node->connstr($db);
my $dir = $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check;
my $runs = $ENV{CDC_JSON_RUNS} || 3;
my ($status, $out, $err);

sub sql
{
	return $node->safe_psql($db, $_[0]);
}

# Runs the relay up to now, with a slot and a state of its own unless told otherwise.
sub run_relay
{
	my ($slot, $mode, @rest) = @_;

	($status, $out, $err) = relay('--dsn', $dsn, '--slot', $slot, '--snapshot', $mode, '--option', 'topic.prefix=app',
		'--endpos', 'current', @rest);
	return $status;
}

sub count_ops
{
	my ($text) = @_;
	my %n;

	$n{$1}++ while $text =~ /"op":"(\w)"/g;
	return join ' ', map { "$_=$n{$_}" } sort keys %n;
}

sub marks
{
	my ($text) = @_;

	return join ' ', map { /"table":"(\w+)"/; my $table = $1; /"snapshot":"(\w+)"/; "$table:$1" } grep { !/"snapshot":"(true|false)"/ } split /\n/, $text;
}

sub drop_slot
{
	my ($slot) = @_;

	wait_until("$slot to be free", sub { sql("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '$slot' AND active") eq '0' });
	sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '$slot'");
}

# --- what it needs -----------------------------------------------------------

run_relay('s', 'initial', '--create-slot');
is($status, 3, 'without the extension: status');
like($err, qr/needs the extension.*CREATE EXTENSION cdc_json/s, 'without the extension: what to do');
is(sql('SELECT count(*) FROM pg_replication_slots'), '0', 'without the extension: no slot is left');
($status, $out) = relay('--dsn', $dsn, '--slot', 's', '--create-slot', '--check', '--snapshot', 'initial');
is($status, 6, 'without the extension: --check');
like($out, qr/^BAD  extension: is not installed.*CREATE EXTENSION/ms, 'without the extension: --check says so');
sql('CREATE EXTENSION cdc_json');
run_relay('s', 'initial');
is($status, 3, 'without a slot: status');
like($err, qr/slot "s" does not exist.*--create-slot/s, 'without a slot: what to do');
run_relay('s', 'initial', '--create-slot');
is("$status:$out", '0:', 'a database without tables');
drop_slot('s');

# --- what is read --------------------------------------------------------------

sql(<<'SQL');
CREATE SCHEMA "Odd ""schema";
CREATE TABLE "Odd ""schema"."Odd ""table" ("the key" int PRIMARY KEY, v text);
INSERT INTO "Odd ""schema"."Odd ""table" VALUES (1, E'\n\t\\ "quoted"'), (2, NULL);
CREATE TABLE a_empty (id int PRIMARY KEY);
CREATE TABLE b_one (id int PRIMARY KEY);
INSERT INTO b_one VALUES (1);
CREATE TABLE c_many (id int PRIMARY KEY, v text);
INSERT INTO c_many SELECT g, repeat('x', 200) FROM generate_series(1, 1000) AS g;
CREATE TABLE part (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (50);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (50) TO (100);
INSERT INTO part SELECT g, 'p' FROM generate_series(0, 99) AS g;
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (extra text, PRIMARY KEY (id)) INHERITS (parent);
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (2, 'x');
CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY);
INSERT INTO unlogged VALUES (1);
CREATE VIEW a_view AS SELECT * FROM c_many;
CREATE MATERIALIZED VIEW stored AS SELECT * FROM b_one;
ANALYZE;
SQL
my %rows = ('Odd "schema.Odd "table' => 2, 'public.b_one' => 1, 'public.c_many' => 1000, 'public.part_1' => 50, 'public.part_2' => 50,
	'public.parent' => 1, 'public.child' => 1);

sub tables_of
{
	my %n;

	$n{ $_->{value}{source}{schema} . '.' . $_->{value}{source}{table} }++ for grep { $_->{value}{op} eq 'r' } records(split /\n/, $_[0]);
	return \%n;
}

for my $jobs (1, 3)
{
	run_relay('s', 'initial', '--create-slot', '--snapshot-jobs', $jobs, '--snapshot-chunk-rows', 100);
	is($status, 0, "$jobs jobs: status") or diag($err);
	is_deeply(tables_of($out), \%rows, "$jobs jobs: every row of every table once");
	like($err, qr/reading 8 tables, about \d+ rows, with $jobs session.*the snapshot is complete: 1105 rows/s, "$jobs jobs: log");
	is(scalar(grep { /"last"/ } split /\n/, $out), 1, "$jobs jobs: one last row");
	like((split /\n/, $out)[-1], qr/"snapshot":"last"/, "$jobs jobs: and it is the last one");
	my %first = map { $_ => 1 } $out =~ /"snapshot":"(?:first|first_in_data_collection|last_in_data_collection|last)".*?"table":"(.*?)","txId"/g;
	is(scalar keys %first, 7, "$jobs jobs: all tables are marked");
	my ($lsn) = $out =~ /"lsn":(\d+)/;
	is(scalar(grep { !/"sequence":"\[null,\\"$lsn\\"\]".*"txId":\d+,"lsn":$lsn,/ } split /\n/, $out), 0, "$jobs jobs: position and transaction");
	is($lsn, lsn_number($err =~ /reading slot "s" from (\S+)/), "$jobs jobs: the stream begins there");
	is(scalar(keys %{ { map { $_ => 1 } $out =~ /"name":"app","ts_ms":(\d+)/g } }), 1, "$jobs jobs: one time");
	drop_slot('s');
}
is(sql('SELECT count(*) FROM pg_replication_slots'), '0', 'no slot that stood in is left');

run_relay('s', 'initial', '--create-slot', '--option', 'schema.include.list=public', '--option', 'table.exclude.list=public\.part.*,public\.child');
is_deeply(tables_of($out), { 'public.b_one' => 1, 'public.c_many' => 1000, 'public.parent' => 1 }, "the plugin's filters count");
is(marks($out), 'b_one:last_in_data_collection c_many:first_in_data_collection c_many:last_in_data_collection parent:last', 'marks, where the first table is empty');
drop_slot('s');
run_relay('s', 'initial', '--create-slot', '--option', 'table.include.list=public\.[bc].*');
is(marks($out), 'b_one:first c_many:first_in_data_collection c_many:last_in_data_collection child:last', 'marks, where the first table has one row');
drop_slot('s');
run_relay('s', 'initial', '--create-slot', '--option', 'table.include.list=public\.b_one', '--option', 'schemas.enable=true');
like($out, qr/"payload":\{.*"snapshot":"last","db"/, 'marks, with schemas');
drop_slot('s');
run_relay('s', 'initial', '--create-slot', '--option', 'table.include.list=public\.part', '--option', 'publish.via.partition.root=true', '--snapshot-jobs', 2);
is_deeply(tables_of($out), { 'public.part' => 100 }, 'partitions as their root');
drop_slot('s');

run_relay('s', 'initial', '--create-slot', '--option', 'bogus=1');
is($status, 2, 'an option that the plugin refuses: status');
like($err, qr/unrecognized option: "bogus"/, 'an option that the plugin refuses: message');
sql("CREATE ROLE reader LOGIN REPLICATION; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; REVOKE SELECT ON c_many FROM reader");
($status, $out, $err) = relay('--dsn', "$dsn user=reader", '--slot', 's', '--create-slot', '--snapshot', 'initial', '--endpos', 'current', '--option', 'schema.include.list=public');
is($status, 3, 'without SELECT: status');
like($err, qr/permission denied for table c_many.*GRANT SELECT/s, 'without SELECT: what to do');
is($out, '', 'without SELECT: not one row');
sql('GRANT SELECT ON c_many TO reader; ALTER TABLE c_many ENABLE ROW LEVEL SECURITY');
($status, $out, $err) = relay('--dsn', "$dsn user=reader", '--slot', 's', '--create-slot', '--snapshot', 'initial', '--endpos', 'current', '--option', 'schema.include.list=public');
is($status, 3, 'row-level security: status');
like($err, qr/row-level security would hide rows of table "c_many"/, 'row-level security: message');
sql('ALTER TABLE c_many DISABLE ROW LEVEL SECURITY');
($status, $out, $err) = relay('--dsn', "$dsn user=reader", '--slot', 's', '--create-slot', '--snapshot', 'initial', '--endpos', 'current', '--option', 'schema.include.list=public');
is($status, 0, 'a role that may only read is enough') or diag($err);
drop_slot('s');
sql('DROP SCHEMA "Odd ""schema" CASCADE');

# --- modes, without a state ------------------------------------------------------

my $all = 1103;
sql("SELECT pg_create_logical_replication_slot('m', 'cdc_json'); INSERT INTO b_one VALUES (2)");
run_relay('m', 'initial');
is(count_ops($out), 'c=1', 'initial: a slot that is there has had its snapshot');
run_relay('m', 'when_needed');
is(count_ops($out), '', 'when_needed: nor does it need one');
sql('INSERT INTO b_one VALUES (3)');
run_relay('m', 'always');
is(count_ops($out), 'c=1 r=' . ($all + 2), 'always: rows, then what the slot has');
like($out, qr/"op":"r".*"op":"c"/s, 'always: in this order');
run_relay('m', 'always');
is(count_ops($out), 'r=' . ($all + 2), 'always: again');
run_relay('m2', 'no_data', '--create-slot');
is("$status:$out", '0:', 'no_data: no rows');
drop_slot('m2');
run_relay('m2', 'initial_only');
is("$status " . count_ops($out), '0 r=' . ($all + 2), 'initial_only: rows');
is(sql("SELECT count(*) FROM pg_replication_slots WHERE slot_name <> 'm'"), '0', 'initial_only: no slot');
run_relay('m2', 'initial_only', '--create-slot');
is($status, 2, 'initial_only has no use for a new slot');
run_relay('temporary', 'initial', '--create-slot', '--temporary');
is("$status " . count_ops($out), '0 r=' . ($all + 2), 'a temporary slot');
is(sql("SELECT count(*) FROM pg_replication_slots WHERE slot_name <> 'm'"), '0', 'which is gone');
drop_slot('m');

# --- many small tables -----------------------------------------------------------

sql(q{DO $$ BEGIN FOR i IN 1..2000 LOOP EXECUTE format('CREATE TABLE small.t%s (id int)', i); EXECUTE format('INSERT INTO small.t%s VALUES (%s)', i, i); END LOOP; END $$}
	  =~ s/^/CREATE SCHEMA small; /r);
run_relay('small', 'initial', '--create-slot', '--snapshot-jobs', 2, '--option', 'schema.include.list=small', '--state', "$dir/small.state");
is("$status " . count_ops($out), '0 r=2000', '2000 tables') or diag($err);
drop_slot('small');
# a table is altered, truncated, dropped, made while the snapshot is taken: all wait, or come through the stream
{
	my $ddl = IPC::Run::start([ 'psql', '-XAtq', '-d', $dsn,
			map { ('-c', $_) } map { ("ALTER TABLE small.t$_ ADD c int DEFAULT 5; INSERT INTO small.t$_ VALUES (-$_)", 'DROP TABLE small.t' . ($_ + 1),
				'TRUNCATE small.t' . ($_ + 2), "CREATE TABLE small.n$_ (id int); INSERT INTO small.n$_ VALUES (0)") } map { $_ * 20 } 1 .. 90 ], '<', '/dev/null', '>', '/dev/null', '2>', "$dir/ddl.err");
	run_relay('small', 'initial', '--create-slot', '--snapshot-jobs', 3, '--option', 'schema.include.list=small', '--state', "$dir/small2.state", '--retry-max', '0.5');
	is($status, 0, 'DDL meanwhile: status') or diag($err);
	my $first = $out;
	$ddl->finish;
	run_relay('small', 'initial', '--option', 'schema.include.list=small', '--state', "$dir/small2.state");
	my %seen = map { $_ => 1 } "$first\n$out" =~ /"table":"(\w+)"/g;
	my $missing = sql("SELECT count(*) FROM pg_class WHERE relnamespace = 'small'::regnamespace AND relkind = 'r' AND NOT relname = ANY ('{"
		  . join(',', keys %seen) . "}') AND (pg_relation_size(oid) > 0)");
	is($missing, '0', 'DDL meanwhile: no table with rows is missing');
	drop_slot('small');
}
# (in steps, each of which has its locks)
sql("DO \$\$ BEGIN FOR i IN 0..19 LOOP EXECUTE (SELECT string_agg(format('DROP TABLE %s', oid::regclass), ';') FROM pg_class WHERE relnamespace = 'small'::regnamespace AND relkind = 'r' AND oid::int % 20 = i); COMMIT; END LOOP; END \$\$");

# --- rows and stream are the tables ---------------------------------------------------

sql(<<'SQL');
DROP TABLE a_empty, c_many, b_one, part, parent CASCADE;
CREATE TABLE item (id int PRIMARY KEY, n int, v text, big text) WITH (fillfactor = 60);
ALTER TABLE item ALTER big SET STORAGE EXTERNAL;
CREATE TABLE part (id int PRIMARY KEY, n int, v text, big text) PARTITION BY HASH (id);
CREATE TABLE part_a PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_b PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
ALTER TABLE part_a ALTER big SET STORAGE EXTERNAL;
INSERT INTO item SELECT g, 0, 'start', repeat(md5(g::text), 70) FROM generate_series(1, 900) AS g;
INSERT INTO part SELECT g, 0, 'start', repeat(md5(g::text), 70) FROM generate_series(1, 600) AS g;
DELETE FROM item WHERE id % 3 = 0;
VACUUM ANALYZE;
SQL

sub background
{
	return IPC::Run::start([ 'psql', '-XAtq', '-d', $dsn, map { ('-c', $_) } @_ ], '<', '/dev/null', '>', '/dev/null', '2>', "$dir/background.log");
}

# Changes rows, moves them within and between files, rewrites the files.
sub writer
{
	my ($seed, $rounds) = @_;

	return background("SELECT setseed(0.$seed)", <<"SQL");
DO \$\$
DECLARE
	k int;
	t text;
BEGIN
	FOR i IN 1..$rounds LOOP
		BEGIN
			k := (random() * 1000)::int;
			t := CASE WHEN random() < 0.7 THEN 'item' ELSE 'part' END;
			CASE (random() * 7)::int
				WHEN 0 THEN EXECUTE format('INSERT INTO %s VALUES (\$1, 1, ''new'', repeat(md5(\$1::text), 70)) ON CONFLICT (id) DO UPDATE SET v = ''again''', t) USING k;
				WHEN 1 THEN EXECUTE format('DELETE FROM %s WHERE id = \$1', t) USING k;
				WHEN 2 THEN EXECUTE format('UPDATE %s SET id = id + 10000 WHERE id = \$1', t) USING k;
				WHEN 3 THEN EXECUTE format('UPDATE %s SET big = repeat(md5(random()::text), 70) WHERE id = \$1', t) USING k;
				ELSE EXECUTE format('UPDATE %s SET n = n + 1, v = ''w$seed'' || \$2 WHERE id BETWEEN \$1 AND \$1 + 10', t) USING k, i;
			END CASE;
		EXCEPTION WHEN unique_violation OR deadlock_detected THEN
			NULL;
		END;
		COMMIT;
		PERFORM pg_sleep(0.001);
	END LOOP;
END \$\$;
SQL
}

# Applies events by table and key; what the log did not hold comes from the row before.
sub fold
{
	my (@lines) = @_;
	my (%state, %moved, $holes);

	for my $line (@lines)
	{
		# a short name for a long value: reading it would take most of the time
		my $record = event($line =~ s/([0-9a-f]{100,})/md5_hex($1)/ger);
		my $value = $record->{value} or next;
		my $place = "$value->{source}{table} $record->{key}{id}";

		if ($value->{op} eq 'd')
		{
			my $to = $record->{headers}{'__debezium.newkey'};
			my $old = delete $state{$place};

			$moved{"$value->{source}{table} $to->{id}"} = $old if $to && $old;
			next;
		}
		my $row = $value->{after};
		for my $column (@{ $record->{headers}{'__cdc_json.unavailable'} || [] })
		{
			my $from = $state{$place} // $moved{$place};

			$row->{$column} = $from->{$column};
		}
		$state{$place} = $row;
	}
	return \%state;
}

my $canonical = JSON::PP->new->canonical;

sub same_as_tables
{
	my ($name, @lines) = @_;
	my $state = fold(@lines);
	my $expected = fold(map { split /\n/, sql("SELECT cdc_json.read_event(t, 'format', 'record') FROM $_ AS t") } qw(item part_a part_b));
	my @wrong = grep { !$state->{$_} || !$expected->{$_} || $canonical->encode($state->{$_}) ne $canonical->encode($expected->{$_}) }
	  sort keys %{ { %$state, %$expected } };

	is(scalar @wrong, 0, "$name: the events folded are the tables")
	  or diag(join "\n", map { "$_: " . substr($canonical->encode($state->{$_} // {}), 0, 100) . ' instead of ' . substr($canonical->encode($expected->{$_} // {}), 0, 100) }
		  @wrong[ 0 .. ($#wrong > 5 ? 5 : $#wrong) ]);
}

my @random = ('--option', 'topic.prefix=app', '--snapshot', 'initial', '--snapshot-chunk-rows', 40, '--create-slot',
	'--status-interval', '0.01', '--retry-max', '0.3', '--heartbeat', '1', '--max-inflight-bytes', '1MB');

# In the background, with a pipe: it goes on only as we read.
sub start_slowly
{
	my (@arguments) = @_;

	pipe(my $read, my $write) or die "pipe: $!";
	my $pid = fork() // die "fork: $!";
	if ($pid == 0)
	{
		open STDIN, '<', '/dev/null';
		open STDOUT, '>&', $write or POSIX::_exit(99);
		open STDERR, '>>', "$dir/random.err" or POSIX::_exit(99);
		exec "$ENV{PWD}/build/relay/cdc_json_relay", @arguments or POSIX::_exit(99);
	}
	close $write;
	return { pid => $pid, pipe => $read, text => '' };
}

# Reads so many bytes, or until nothing comes any more.
sub take
{
	my ($r, $bytes) = @_;
	my $until = length($r->{text}) + $bytes;
	my $ready = '';

	vec($ready, fileno($r->{pipe}), 1) = 1;
	while (length $r->{text} < $until && select(my $now = $ready, undef, undef, 0.6))
	{
		last if !sysread $r->{pipe}, $r->{text}, 32768, length $r->{text};
	}
}

# What was written before the end was acknowledged, but for half a line.
sub end_of
{
	my ($r, $signal) = @_;

	kill $signal, $r->{pid};
	while (sysread $r->{pipe}, $r->{text}, 65536, length $r->{text}) { }
	waitpid $r->{pid}, 0;
	return split /\n/, $r->{text} =~ s/[^\n]*\z//r;
}

# --- while it is taken: metrics, health, and a sink that takes nothing ---------------

sub http
{
	my ($port, $path) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 10) or return '';

	local $SIG{ALRM} = sub { die "no answer to $path" };
	alarm 20;
	print $socket "GET $path HTTP/1.1\r\nHost: x\r\n\r\n";
	my $answer = join '', <$socket>;
	alarm 0;
	return $answer;
}

{
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	my $r = start_slowly('--dsn', $dsn, '--slot', 'watched', @random, '--metrics', $port);
	my $rows = -1;

	take($r, 100_000);
	# the pipe is full, and so is what the relay may hold
	wait_until('nothing more is read', sub {
		my $before = $rows;
		sleep 0.2;
		($rows) = http($port, '/metrics') =~ /^cdc_json_snapshot_rows_total (\d+)$/m;
		return $rows == $before;
	});
	my $metrics = http($port, '/metrics');
	cmp_ok($rows, '>', 20, 'metrics: rows');
	cmp_ok($rows, '<', 900, 'a sink that takes nothing: nothing more is read');
	like($metrics, qr/^cdc_json_snapshot_running 1$/m, 'metrics: running');
	like($metrics, qr/^cdc_json_snapshot_completed 0$/m, 'metrics: not completed');
	like($metrics, qr/^cdc_json_snapshot_tables_remaining [1-9]$/m, 'metrics: tables');
	like($metrics, qr/^cdc_json_snapshot_chunks_remaining [1-9]\d*$/m, 'metrics: chunks');
	like(http($port, '/healthz'), qr/ 200 .*taking the snapshot/s, 'healthy');
	is(sql("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'watched'"), '0', 'without a state, the slot is not there before the end');
	end_of($r, 'KILL');
	wait_until('nothing is left', sub { sql('SELECT count(*) FROM pg_replication_slots') eq '0' });
	pass('nor is the one that stood in, when the program is killed');
}

# --- whatever dies --------------------------------------------------------------------

my ($resumed, $interrupted) = (0, 0);
for my $run (1 .. $runs)
{
	my $slot = "random_$run";
	# without a state, an interrupted snapshot begins anew
	my @state = $run % 4 == 0 ? () : ('--state', "$dir/$slot.state");
	my @arguments = ('--dsn', $dsn, '--slot', $slot, '--snapshot-jobs', 1 + $run % 3, @random, @state);
	my @writers = map { writer("$run$_", 400) } 1 .. 3;
	my @got;

	for my $death (1 .. 5)
	{
		my $r = start_slowly(@arguments);
		my $kind = (qw(kill session coordinator server kill))[ ($run + $death) % 5 ];

		take($r, rand 1_500_000);
		if ($kind eq 'server')
		{
			$node->stop('immediate');
			eval { $_->finish } for @writers;
			$node->start;
			@writers = (writer("$run$death", 200));
		}
		elsif ($kind ne 'kill')
		{
			my $which = $kind eq 'session' ? 'DESC' : 'ASC';

			sql("SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE application_name = 'cdc_json_relay snapshot' ORDER BY backend_start $which LIMIT 1) q");
		}
		take($r, rand 1_500_000) if $kind ne 'kill';
		push @got, end_of($r, $death % 3 ? 'KILL' : 'TERM');
		$interrupted++ if @got && $got[-1] =~ /"op":"r"/;
		# rows move, without a word in the log
		sql('VACUUM item; VACUUM part') if $death == 2;
		sql('CLUSTER item USING item_pkey') if $death == 4;
	}
	eval { $_->finish } for @writers;
	wait_until('the slot is free', sub { sql('SELECT count(*) FROM pg_replication_slots WHERE active') eq '0' });
	($status, $out, $err) = relay(@arguments, '--endpos', 'current');
	is($status, 0, "run $run: status") or diag($err);
	same_as_tables("run $run", @got, split /\n/, $out);
	drop_slot($slot);
}
$resumed = () = slurp_file("$dir/random.err") =~ /what an interrupted snapshot has left/g;
cmp_ok($interrupted, '>=', 2, "snapshots were interrupted ($interrupted)");
cmp_ok($resumed, '>=', 2, "and went on ($resumed)");

$node->stop;
done_testing();
