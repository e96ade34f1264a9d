# The relay's state: in a file and in a topic of Kafka; missing, damaged, foreign,
# of another cluster or timeline; a slot that was dropped, made anew, advanced or
# lost; what each --snapshot mode makes of it.
use strict;
use warnings FATAL => 'all';

use POSIX ();
use Test::More;
use Cdc;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Relay;

build_relay();

my @settings = ('max_wal_size = 64MB', 'min_wal_size = 32MB', 'wal_keep_size = 0');
my $node = new_node('main', @settings);
my $db = 'postgres';
my $dsn = $node->connstr($db);
my $dir = $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check;
my $file = "$dir/state";
my ($status, $out, $err);

sub sql
{
	return $node->safe_psql($db, $_[0]);
}

# Up to now, with the state in $file; tells the status and the records.
sub run_relay
{
	my ($mode, @rest) = @_;

	($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--snapshot', $mode, '--endpos', 'current', '--option', 'topic.prefix=app',
		(grep { /^--(state|sink)$/ } @rest) ? () : ('--state', $file), @rest);
	my %n;
	$n{$1}++ while $out =~ /"op":"(\w)"/g;
	return join ' ', $status, map { "$_=$n{$_}" } sort keys %n;
}

sub state_of
{
	return JSON::PP->new->decode(slurp_file($_[0] || $file))->{state};
}

sub write_file
{
	my ($text) = @_;

	open my $fh, '>', $file or die "$file: $!";
	print $fh $text;
	close $fh;
}

my $ways_out = qr/--snapshot no_data.*--snapshot always/s;

sql('CREATE EXTENSION cdc_json; CREATE TABLE item (id int PRIMARY KEY, v text); INSERT INTO item VALUES (1), (2), (3)');

# --- the course of things ------------------------------------------------------

is(run_relay('initial', '--create-slot'), '0 r=3', 'a snapshot at first');
my $state = state_of();
is($state->{phase}, 'streaming', 'state: phase');
is($state->{slot} . ' ' . $state->{database}, 's postgres', 'state: whose it is');
is($state->{system_identifier}, sql('SELECT system_identifier FROM pg_control_system()'), 'state: cluster');
is(sql("SELECT confirmed_flush_lsn <= '$state->{acknowledged}' FROM pg_replication_slots"), 't', 'state: not behind the slot');
sql('INSERT INTO item VALUES (4)');
is(run_relay('initial'), '0 c=1', 'then the stream');
is(run_relay('initial'), '0', 'and nothing twice');
is(run_relay('when_needed'), '0', 'when_needed: it is not needed');
is(run_relay('no_data'), '0', 'no_data: there is none');
is(run_relay('initial_only'), '0', 'initial_only: it was taken before');
sql('INSERT INTO item VALUES (5)');
is(run_relay('always'), '0 c=1 r=5', 'always: rows again, then the stream');

# what was acknowledged does not come again, although the slot is behind
sql('INSERT INTO item VALUES (6)');
my $before = slurp_file($file);
run_relay('initial');
my $after = slurp_file($file);
$node->stop('immediate');
$node->start;
is(run_relay('initial'), '0', 'after a crash of the server: nothing twice');

# --- missing, damaged, foreign ---------------------------------------------------

my $good = slurp_file($file);
unlink $file;
is(run_relay('initial'), '3', 'missing: status');
like($err, qr/slot "s" exists, but no state in file/, 'missing: message');
like($err, $ways_out, 'missing: both ways out');
ok(!-e $file, 'missing: nothing is written');
($status, $out) = relay('--dsn', $dsn, '--slot', 's', '--check', '--state', $file, '--snapshot', 'initial');
like($out, qr/^ok   state: none yet/m, '--check: no state');
is(run_relay('no_data'), '0', 'missing: the first way out');
is(state_of()->{phase}, 'streaming', 'missing: and there is a state again');
unlink $file;
is(run_relay('always'), '0 r=6', 'missing: the second way out');
unlink $file;
is(run_relay('when_needed'), '0 r=6', 'missing: when_needed needs a snapshot');

$good = slurp_file($file);
for my $case (
	[ 'empty', '' ], [ 'half', substr($good, 0, length($good) / 2) ], [ 'another digit', $good =~ s/("acknowledged":"\w+\/)(\w)/$1 . ($2 eq '1' ? '2' : '1')/er ],
	[ 'of a later version', $good =~ s/"version":1/"version":2/r ], [ 'something else', "phase = streaming\n" ])
{
	write_file($case->[1]);
	for my $mode (qw(initial always when_needed no_data))
	{
		is(run_relay($mode), '3', "$case->[0], $mode: status");
	}
	like($err, qr/the state in file .* is damaged/, "$case->[0]: message");
	like($err, $ways_out, "$case->[0]: both ways out");
	is(slurp_file($file), $case->[1], "$case->[0]: left as it is");
}
($status, $out) = relay('--dsn', $dsn, '--slot', 's', '--check', '--state', $file, '--snapshot', 'initial');
is($status, 6, '--check: a damaged state: status');
like($out, qr/^BAD  state: .* is damaged/m, '--check: a damaged state');
write_file($good);
($status, $out) = relay('--dsn', $dsn, '--slot', 's', '--check', '--state', $file, '--snapshot', 'initial');
like($out, qr/^ok   state: file/m, '--check: a good state');
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 'other', '--create-slot', '--snapshot', 'initial', '--endpos', 'current', '--state', $file);
is($status, 3, 'of another slot: status');
like($err, qr/is of slot "s", not "other"/, 'of another slot: message');
is(sql('SELECT count(*) FROM pg_replication_slots'), '1', 'of another slot: none was made');
$node->safe_psql($db, 'CREATE DATABASE elsewhere');
($status, $out, $err) = relay('--dsn', $node->connstr('elsewhere'), '--slot', 's', '--snapshot', 'no_data', '--endpos', 'current', '--state', $file);
is($status, 3, 'of another database: status');
like($err, qr/is of database "postgres", not "elsewhere"/, 'of another database: message');
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--state', "$dir", '--endpos', 'current');
is($status, 2, 'a folder as the file: status');
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--state', 'kafka:x', '--endpos', 'current');
is($status, 2, 'Kafka without the sink: status');
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 't', '--create-slot', '--temporary', '--state', $file, '--endpos', 'current');
is($status, 2, 'of a temporary slot: status');

# --- the slot is not what it was ---------------------------------------------------

sub free_slot
{
	wait_until('the slot is free', sub { sql('SELECT count(*) FROM pg_replication_slots WHERE active') eq '0' });
}

sql("SELECT pg_drop_replication_slot('s')");
is(run_relay('initial', '--create-slot'), '3', 'dropped: status');
like($err, qr/does not exist any more.*when_needed or always/s, 'dropped: what to do');
is(run_relay('no_data', '--create-slot'), '3', 'dropped, no_data: status');
is(run_relay('when_needed'), '3', 'dropped, when_needed: not without --create-slot');
is(run_relay('when_needed', '--create-slot'), '0 r=6', 'dropped, when_needed: a new slot and a snapshot');
sql("SELECT pg_drop_replication_slot('s')");
is(run_relay('always', '--create-slot'), '0 r=6', 'dropped, always: a new slot and a snapshot');

sql("SELECT pg_drop_replication_slot('s'); SELECT pg_create_logical_replication_slot('s', 'cdc_json')");
for my $mode (qw(initial no_data))
{
	is(run_relay($mode), '3', "made anew, $mode: status");
	like($err, qr/slot "s" is at .*, but only what is before .* was delivered.*--snapshot always/s, "made anew, $mode: message");
}
is(run_relay('when_needed'), '0 r=6', 'made anew, when_needed: a snapshot');
sql("INSERT INTO item VALUES (7); SELECT pg_replication_slot_advance('s', pg_current_wal_lsn())");
is(run_relay('initial'), '3', 'advanced by somebody: status');
is(run_relay('always'), '0 r=7', 'advanced by somebody, always: a snapshot');

$node->append_conf('postgresql.conf', 'max_slot_wal_keep_size = 16MB');
$node->reload;
for (1 .. 4)
{
	sql("SELECT pg_logical_emit_message(false, 'fill', repeat('x', 1000000)) FROM generate_series(1, 16); SELECT pg_switch_wal(); CHECKPOINT");
}
is(sql("SELECT wal_status FROM pg_replication_slots"), 'lost', 'the slot is lost');
is(run_relay('initial', '--create-slot'), '3', 'lost: status');
like($err, qr/slot "s" was invalidated.*when_needed or always/s, 'lost: what to do');
is(run_relay('when_needed'), '3', 'lost, when_needed: not without --create-slot');
is(run_relay('when_needed', '--create-slot'), '0 r=7', 'lost, when_needed: a new slot and a snapshot');
like($err, qr/warning: slot "s" was invalidated .*: it is made anew/, 'lost, when_needed: is told');
$node->append_conf('postgresql.conf', 'max_slot_wal_keep_size = -1');
$node->reload;

# --- killed while the slot is created, and in the middle of a snapshot ------------------

# an older transaction holds up the slot's creation
sql("SELECT pg_drop_replication_slot('s')");
unlink $file;
my $old = $node->background_psql($db, on_error_stop => 0);
$old->query_safe('BEGIN; SELECT pg_current_xact_id()');
my $r = start_relay('creating', '--dsn', $dsn, '--slot', 's', '--snapshot', 'initial', '--create-slot', '--state', $file);
wait_until('the slot is being created', sub { -e $file && sql('SELECT count(*) FROM pg_replication_slots') eq '1' });
is(state_of()->{phase}, 'creating', 'the state knows before the slot is there');
is($r->stop, 0, 'SIGTERM while the slot is created: status');
is(sql('SELECT count(*) FROM pg_replication_slots'), '0', 'SIGTERM while the slot is created: there is none');
$r = start_relay('creating', '--dsn', $dsn, '--slot', 's', '--snapshot', 'initial', '--create-slot', '--state', $file);
wait_until('the slot is being created', sub { sql('SELECT count(*) FROM pg_replication_slots') eq '1' });
$r->signal('KILL');
$r->wait_end;
$old->query_safe('COMMIT');
$old->quit;
free_slot();
is(run_relay('initial', '--create-slot'), '0 r=7', 'killed while the slot was created: a snapshot');

# the slot was made, and then the program died
sql("SELECT pg_drop_replication_slot('s'); SELECT pg_create_logical_replication_slot('s', 'cdc_json')");
my $creating = slurp_file($file) =~ s/"phase":"streaming"/"phase":"creating"/r;
write_file(with_sum($creating));
is(run_relay('initial', '--create-slot'), '0 r=7', 'killed when the slot was there: a snapshot');

# Puts the right checksum into a document.
sub with_sum
{
	my ($text) = @_;
	my ($inner) = $text =~ /"state":(\{.*\})\}\s*\z/s;
	my $crc = 0xffffffff;

	for my $byte (unpack 'C*', $inner)
	{
		$crc ^= $byte;
		$crc = $crc & 1 ? ($crc >> 1) ^ 0xedb88320 : $crc >> 1 for 1 .. 8;
	}
	return $text =~ s/"checksum":"\w+"/sprintf '"checksum":"%08x"', $crc ^ 0xffffffff/er;
}

# a snapshot of which a part is finished: only the rest comes, with what has changed in the values that the log does not have
sql("CREATE TABLE wide (id int PRIMARY KEY, n int, big text); ALTER TABLE wide ALTER big SET STORAGE EXTERNAL; "
	  . "INSERT INTO wide SELECT g, 0, repeat('x', 3000) FROM generate_series(1, 800) g; DELETE FROM wide WHERE id <= 100; VACUUM ANALYZE wide; "
	  . "SELECT pg_drop_replication_slot('s'); SELECT pg_create_logical_replication_slot('s', 'cdc_json')");
sub unfinished
{
	my ($relation, $from, $to) = @_;
	my ($oid, $filenode, $lsn, $xmin) = split /\|/,
	  sql("SELECT '$relation'::regclass::oid, pg_relation_filenode('$relation'), confirmed_flush_lsn, pg_snapshot_xmin(pg_current_snapshot()) FROM pg_replication_slots");
	my $text = slurp_file($file);

	$text =~ s/"phase":"\w+"/"phase":"snapshot"/;
	$text =~ s/"acknowledged":"[^"]+"/"acknowledged":"$lsn"/;
	$text =~ s/"snapshot":\{.*\}\}\}/"snapshot":{"lsn":"$lsn","txid":"5","ts":"2026-01-01 00:00:00+00","xmin":"$xmin","tables":[[$oid,$filenode,[$from,$to]]]}}}/;
	write_file(with_sum($text));
}
my ($blocks, $in_first, $rest) = split /\|/, sql("SELECT pg_relation_size('wide') / 8192, count(*) FILTER (WHERE ctid < '(2,0)'), count(*) FILTER (WHERE ctid >= '(2,0)') FROM wide");
cmp_ok($blocks, '>', 2, 'blocks') and cmp_ok($rest, '>', 10, 'rows behind the second');
unfinished('wide', 0, 2);
# a row of the unread part moves to the finished one, and the log has not its large value
my ($moved) = sql("SELECT id FROM wide WHERE ctid >= '(2,0)' ORDER BY id LIMIT 1");
sql("UPDATE wide SET n = 1 WHERE id = $moved");
is(sql("SELECT (ctid::text::point)[0]::int < 2 FROM wide WHERE id = $moved"), 't', 'a row has moved');
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--snapshot', 'initial', '--endpos', 'current', '--state', $file, '--option', 'table.include.list=public\.wide');
is($status, 0, 'going on: status') or diag($err);
my @r = grep { $_->{value}{op} eq 'r' } records(split /\n/, $out);
is(scalar @r, $rest, 'going on: what is not finished, and the row that has moved');
is(scalar(grep { $_->{key}{id} == $moved && length $_->{value}{after}{big} == 3000 } @r), 1, 'going on: with its large value');
like($out, qr/"ts_ms":1767225600000,.*"txId":5,/, 'going on: time and transaction are those of the beginning');
# the file was rewritten in the meantime: all of it comes
unfinished('wide', 0, 2);
sql('SELECT pg_drop_replication_slot(slot_name), pg_create_logical_replication_slot(slot_name, plugin) FROM pg_replication_slots');
unfinished('wide', 0, 2);
sql('VACUUM FULL wide');
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 's', '--snapshot', 'initial', '--endpos', 'current', '--state', $file, '--option', 'table.include.list=public\.wide');
is(scalar(() = $out =~ /"op":"r"/g), 700, 'going on: a table that was rewritten comes as a whole');
# the slot is not where the unfinished snapshot was
sql('SELECT pg_drop_replication_slot(slot_name), pg_create_logical_replication_slot(slot_name, plugin) FROM pg_replication_slots');
unfinished('wide', 0, 2);
sql("INSERT INTO item VALUES (8); SELECT pg_replication_slot_advance('s', pg_current_wal_lsn())");
is(run_relay('initial'), '3', 'an unfinished snapshot, and the slot was advanced: status');
is(run_relay('when_needed'), '0 r=708', 'an unfinished snapshot, and the slot was advanced, when_needed: from the beginning');
unfinished('wide', 0, 2);
is(run_relay('no_data'), '0', 'an unfinished snapshot that is given up');
like($err, qr/warning: the snapshot was not finished/, 'is told');
sql('DROP TABLE wide');

# initial_only, and then a stream
unlink $file;
is(run_relay('initial_only'), '0 r=8', 'initial_only: rows');
is(state_of()->{phase}, 'finished', 'initial_only: state');
is(run_relay('initial_only'), '0', 'initial_only: once');
is(run_relay('initial'), '3', 'initial after initial_only: status');
like($err, qr/taken with initial_only/, 'initial after initial_only: message');
is(run_relay('always'), '0 r=8', 'always after initial_only');

# --- the state cannot be written ---------------------------------------------------------

mkdir "$dir/full" or die;
sql('INSERT INTO item VALUES (9)');
system('cp', $file, "$dir/full/state");
SKIP:
{
	skip 'this account may write everywhere', 3 if $> == 0;
	my $confirmed = sql('SELECT confirmed_flush_lsn FROM pg_replication_slots');
	chmod 0555, "$dir/full";
	is(run_relay('initial', '--state', "$dir/full/state"), '1', 'a folder that cannot be written: status');
	like($err, qr/could not write to the folder of/, 'a folder that cannot be written: message');
	is(sql("SELECT confirmed_flush_lsn FROM pg_replication_slots"), $confirmed, 'a folder that cannot be written: nothing is confirmed');
	chmod 0755, "$dir/full";
}
is(run_relay('initial'), '0 c=1', 'then it comes');

# --- another timeline, another cluster -------------------------------------------------------

$node->stop;
$node->backup_fs_cold('cold');
$node->start;
sql('INSERT INTO item VALUES (10)');
is(run_relay('initial'), '0 c=1', 'goes on');
my $latest = slurp_file($file);
$node->stop;
# the same cluster as it was before: the state is ahead of it
my $older = PostgreSQL::Test::Cluster->new('older');
$older->init_from_backup($node, 'cold');
$older->start;
($status, $out, $err) = relay('--dsn', $older->connstr($db), '--slot', 's', '--snapshot', 'initial', '--endpos', 'current', '--state', $file);
is($status, 3, 'an older copy of the server: status');
like($err, qr/was delivered, but the server's log ends at/, 'an older copy of the server: message');
$older->stop('immediate');
# promoted: another timeline
my $promoted = PostgreSQL::Test::Cluster->new('promoted');
$promoted->init_from_backup($node, 'cold');
$promoted->set_standby_mode;
$promoted->start;
$promoted->promote;
my @promoted = ('--dsn', $promoted->connstr($db), '--slot', 's', '--endpos', 'current', '--state', $file);
($status, $out, $err) = relay(@promoted, '--snapshot', 'initial');
is($status, 3, 'another timeline: status');
like($err, qr/the server's timeline is 2, but the state in file .* is of 1/, 'another timeline: message');
my ($accept) = $err =~ /--accept-cluster (\S+)\./;
like($accept, qr/^\d+\/2$/, 'another timeline: what to do');
is(slurp_file($file), $latest, 'another timeline: the state is left as it is');
$promoted->safe_psql($db, "INSERT INTO item VALUES (11)");
($status, $out, $err) = relay(@promoted, '--snapshot', 'initial', '--accept-cluster', $accept =~ s/\/2$/\/3/r);
is($status, 3, 'another timeline: only the one that is named');
($status, $out, $err) = relay(@promoted, '--snapshot', 'initial', '--accept-cluster', $accept);
is($status, 0, 'another timeline, accepted: status') or diag($err);
like($out, qr/"id":11/, 'another timeline, accepted: goes on from the slot');
is(state_of()->{timeline}, 2, 'another timeline, accepted: from now on it is this one');
($status, $out, $err) = relay(@promoted, '--snapshot', 'initial');
is("$status:$out", '0:', 'another timeline, accepted: once is enough');
$promoted->stop('immediate');
# another cluster altogether, in which a slot has the same name
my $other = new_node('other');
$other->safe_psql($db, "CREATE EXTENSION cdc_json; CREATE TABLE item (id int PRIMARY KEY, v text); INSERT INTO item VALUES (1); SELECT pg_create_logical_replication_slot('s', 'cdc_json')");
($status, $out, $err) = relay('--dsn', $other->connstr($db), '--slot', 's', '--snapshot', 'initial', '--endpos', 'current', '--state', $file);
is($status, 3, 'another cluster: status');
like($err, qr/another cluster answers: system identifier \d+, but the state in file/, 'another cluster: message');
like($err, qr/--accept-cluster \d+\/1\b.*--snapshot always/s, 'another cluster: what to do');

# --- in a topic of Kafka ------------------------------------------------------------------------

$node->start;
SKIP:
{
	skip 'librdkafka is not installed', 15 if !Relay::has_kafka();
	Relay::build_tool();
	my $mock = mock(1);
	my @kafka = ('--dsn', $other->connstr($db), '--slot', 'k', '--endpos', 'current', '--option', 'topic.prefix=app', '--sink', 'kafka', '--set', "bootstrap.servers=$mock->{servers}");

	($status, $out, $err) = relay(@kafka, '--snapshot', 'initial', '--create-slot');
	is($status, 0, 'Kafka: status') or diag($err);
	my @records = $mock->read('cdc_json_relay_state');
	is_deeply($records[-1]{key}, { slot => 'k' }, 'Kafka: key of the state');
	is($records[0]{value}{state}{phase}, 'creating', 'Kafka: before the slot');
	is($records[-1]{value}{state}{phase}, 'streaming', 'Kafka: at the end');
	$other->safe_psql($db, 'INSERT INTO item VALUES (2)');
	($status, $out, $err) = relay(@kafka, '--snapshot', 'initial');
	is($status, 0, 'Kafka: goes on');
	is(join(' ', map { "$_->{value}{op}$_->{key}{id}" } $mock->read('app.public.item')), 'r1 c2', 'Kafka: rows and changes once');
	my $acked = ($mock->read('cdc_json_relay_state'))[-1]{value}{state}{acknowledged};
	is($other->safe_psql($db, "SELECT confirmed_flush_lsn <= '$acked' FROM pg_replication_slots WHERE slot_name = 'k'"), 't', 'Kafka: the slot is not ahead of the state');
	($status, $out, $err) = relay(@kafka, '--snapshot', 'initial', '--state', 'kafka:elsewhere');
	is($status, 3, 'Kafka: another topic: status');
	like($err, qr/no state in topic "elsewhere"/, 'Kafka: another topic: message');
	like($err, $ways_out, 'Kafka: another topic: both ways out');
	# two slots in one topic
	($status, $out, $err) = relay((map { $_ eq 'k' ? 'k2' : $_ } @kafka), '--snapshot', 'initial', '--create-slot');
	is($status, 0, 'Kafka: a second slot in the same topic');
	($status, $out, $err) = relay(@kafka, '--snapshot', 'initial');
	is($status, 0, 'Kafka: and the first one finds its own');
	is(scalar($mock->read('app.public.item')), 4, 'Kafka: nothing twice');
	# the producer of the records, or that of the state, fails in the snapshot
	$mock->command('errors 0 45 1');
	($status, $out, $err) = relay((map { $_ eq 'k' ? 'k3' : $_ eq 'topic.prefix=app' ? 'topic.prefix=third' : $_ } @kafka), '--snapshot', 'initial', '--create-slot');
	is($status, 0, 'Kafka: a producer fails in the snapshot: status') or diag($err);
	is(join(' ', sort keys %{ { map { $_->{key}{id} => 1 } $mock->read('third.public.item') } }), '1 2', 'Kafka: a producer fails in the snapshot: all rows');
	$mock->end;
}

$other->stop('immediate');
$node->stop;
done_testing();
