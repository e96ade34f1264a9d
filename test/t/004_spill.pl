# One large transaction, with values out of line and half of its
# subtransactions rolled back: the events do not depend on how much of it the
# server keeps in memory, nor on the interface or on how messages are cut.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Utils;
use Test::More;
use Cdc;

my $node = new_node('main', "logical_decoding_work_mem = '64kB'");
my $db = 'postgres';

$node->safe_psql($db, <<'SQL');
CREATE TABLE narrow (id int PRIMARY KEY, v text);
CREATE TABLE wide (id int PRIMARY KEY, small int, big text, big2 bytea);
ALTER TABLE wide ALTER big SET STORAGE EXTERNAL, ALTER big2 SET STORAGE EXTERNAL;
CREATE TABLE whole (id int PRIMARY KEY, big text);
ALTER TABLE whole REPLICA IDENTITY FULL;
INSERT INTO wide SELECT -g, g, repeat(md5(g::text), 200), decode(repeat(md5(g::text), 100), 'hex') FROM generate_series(1, 5) g;
INSERT INTO whole SELECT -g, repeat(md5(g::text), 200) FROM generate_series(1, 5) g;
SELECT pg_create_logical_replication_slot('spill', 'cdc_json');
DO $$
BEGIN
	FOR i IN 1..100 LOOP
		BEGIN
			INSERT INTO narrow SELECT i * 1000 + g, 'row ' || g FROM generate_series(1, 980) g;
			INSERT INTO wide SELECT i * 10 + g, i, repeat(md5(i::text), 100), decode(repeat(md5(g::text), 100), 'hex') FROM generate_series(1, 5) g;
			UPDATE wide SET small = small + 1 WHERE id BETWEEN -5 AND -1 OR id = i * 10 + 1;
			UPDATE whole SET big = big || i WHERE id = -1 - i % 5;
			BEGIN
				DELETE FROM narrow WHERE id BETWEEN i * 1000 AND i * 1000 + 5;
				IF i % 4 = 1 THEN
					RAISE 'inner';
				END IF;
			EXCEPTION WHEN raise_exception THEN
				INSERT INTO narrow VALUES (-i, 'instead');
			END;
			IF i % 2 = 0 THEN
				RAISE 'outer';
			END IF;
		EXCEPTION WHEN raise_exception THEN
			NULL;
		END;
	END LOOP;
END $$;
SQL
my $end = position($node, $db);
my @narrow = split /\n/, $node->safe_psql($db, 'SELECT id FROM narrow ORDER BY id');

sub copy_of
{
	my ($name) = @_;

	$node->safe_psql($db, "SELECT pg_copy_logical_replication_slot('spill', '$name')");
	return $name;
}

sub stream_with
{
	my ($memory, $name, @options) = @_;
	local $ENV{PGOPTIONS} = "-c logical_decoding_work_mem=$memory";

	return stream($node, $db, copy_of($name), $end, @options);
}

my @small = stream_with('64kB', 'small_memory');
cmp_ok(@small, '>', 49_000, 'one transaction of ' . @small . ' events');
cmp_ok($node->safe_psql($db, "SELECT coalesce(sum(spill_count), 0) FROM pg_stat_replication_slots WHERE slot_name = 'small_memory'"),
	'>', 10, 'which was spilled to disk') if ok($node->poll_query_until($db,
		"SELECT spill_txns > 0 FROM pg_stat_replication_slots WHERE slot_name = 'small_memory'"), 'statistics');

# The rows that the table has are those that the events leave.
my %rows;
for (@small)
{
	next unless /"table":"narrow"/;
	$rows{$1} = 1 if /"after":\{"id":(-?\d+)/;
	delete $rows{$1} if /"before":\{"id":(-?\d+).*"after":null/;
}
is(join(',', sort { $a <=> $b } keys %rows), join(',', @narrow), 'rolled back subtransactions leave nothing');
my @unchanged = grep { /"op":"u"/ && /"table":"wide"/ } @small;
is(scalar(grep { /"big":"__debezium_unavailable_value"/ } @unchanged), scalar @unchanged, 'unchanged values out of line are unavailable');
is(scalar(grep { /"table":"whole"/ && /"before":\{"id":-\d+,"big":"\w{6400}\d*"\},"after":\{"id":-\d+,"big":"\w{6400}\d+"/ } @small), 50,
	'both rows with REPLICA IDENTITY FULL');

same_events(\@small, [ stream_with('1GB', 'large_memory') ], 'memory of 1 GB');
is($node->safe_psql($db, "SELECT coalesce(sum(spill_count), 0) FROM pg_stat_replication_slots WHERE slot_name = 'large_memory'"), '0', 'where nothing spills');
same_events(\@small, [ peek($node, $db, copy_of('sql')) ], 'SQL');
same_events(\@small, [ stream_with('64kB', 'batches', 'batch.bytes=100000') ], 'batches');
same_events(\@small, [ peek($node, $db, 'sql', 'batch.bytes=3000') ], 'batches from SQL');

# The other formats hold the same values.
my @records = stream_with('64kB', 'record', 'format=record', 'position.header=true');
my @values = map { /^\{"topic":"[^"]*","key":.*?,"value":(\{.*\}),"headers":\{[^{}]*\}\}$/ ? $1 : () } @records;
same_events(\@small, \@values, 'values of format=record');
my @positions = map { /"__cdc_json.position":"([^"]*)"/ } @records;
is(scalar @positions, scalar @records, 'a position for each record');
is(join(' ', @positions), join(' ', sort @positions), 'in order');

my (@framed_values, @framed_positions, $messages);
{
	stream_with('64kB', 'framed', 'format=frame', 'batch.bytes=65536');
	my $bytes = slurp_file("$ENV{TESTDIR}/framed.1.frames");
	my $at = 0;

	while ($at < length $bytes)
	{
		my ($magic, $version, $flags, undef, $count) = unpack 'a C C C N', substr($bytes, $at, 8);

		die "no frame at $at" if $magic ne 'F' || $version != 1;
		$messages++;
		$at += 8;
		for (1 .. $count)
		{
			my ($length, $hi, $lo, $seq, $part) = unpack 'N5', substr($bytes, $at, 20);
			my ($topic, $key, $value) = unpack 'N3', substr($bytes, $at + 44, 12);

			push @framed_positions, sprintf('%08x%08x.%08x.%u', $hi, $lo, $seq, $part);
			push @framed_values, substr($bytes, $at + 72 + $topic + $key, $value) if $value > 0;
			$at += 4 + $length;
		}
		is($flags & 1, $at + 1 == length $bytes ? 1 : 0, 'the last frame ends the transaction') if $flags & 1 || $at + 1 == length $bytes;
		die 'no newline' if substr($bytes, $at++, 1) ne "\n";    # pg_recvlogical's
	}
}
same_events(\@small, \@framed_values, 'values of format=frame');
is(join(' ', @framed_positions), join(' ', @positions), 'positions of format=frame');
cmp_ok($messages, '>', 100, 'in several frames');

# One copy of the events is enough for the suite "json".
unlink glob("$ENV{TESTDIR}/{large_memory,batches,framed}.*");
$node->stop;
done_testing();
