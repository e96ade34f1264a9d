# Values near 1 GB.  A message has a limit of 1,000,000,000 bytes; what would
# exceed it comes out with its largest values unavailable, counted and logged,
# and the slot goes on.  Needs about 6 GB of memory for a short time.
use strict;
use warnings FATAL => 'all';

use MIME::Base64 qw(encode_base64);
use PostgreSQL::Test::Utils;
use Test::More;
use Cdc;

my ($available) = -r '/proc/meminfo' ? slurp_file('/proc/meminfo') =~ /^MemAvailable:\s+(\d+) kB/m : 0;
my ($free) = `df -Pk "$PostgreSQL::Test::Utils::tmp_check"` =~ /\n\S+\s+\d+\s+\d+\s+(\d+)/;
plan skip_all => 'needs 8 GB of memory and 12 GB on disk' unless $available > 8e6 && ($free || 0) > 12e6;

my $node = new_node('main');
my $db = 'postgres';
my $lost = '__debezium_unavailable_value';
my $lz4 = $node->safe_psql($db, "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'") eq 't';

$node->append_conf('postgresql.conf', 'default_toast_compression = lz4') if $lz4;
$node->reload;

# Each of these is a transaction of its own, and a small row follows it.  A run
# of a or b counts as one letter here.  What is there before: "prepare".
my @cases = (
	{
		name => 'text of 170 MB that is 1,020 MB with escapes',
		table => 'escapes (id int PRIMARY KEY, v text STORAGE EXTERNAL, tail text)',
		change => "INSERT INTO escapes VALUES (1, mb(chr(1), 170), 'tail')",
		after => qq({"id":1,"v":"$lost","tail":"tail"}), lost => 1
	},
	{
		name => 'bytea of 760 MB that is 1,013 MB in base64',
		table => 'bytes (id int PRIMARY KEY, v bytea, tail text)',
		change => "INSERT INTO bytes VALUES (1, convert_to(mb('a', 760), 'UTF8'), 'tail')",
		after => qq({"id":1,"v":"$lost","tail":"tail"}), lost => 1
	},
	{
		name => 'text of 990 MB, which fits',
		table => 'plain (id int PRIMARY KEY, v text, tail text)',
		change => "INSERT INTO plain VALUES (1, mb('a', 990), 'tail')",
		after => '{"id":1,"v":"a","tail":"tail"}', size => 990000000
	},
	{
		name => 'text of 1,060 MB, which does not',
		table => 'plainer (id int PRIMARY KEY, v text, tail text)',
		change => "INSERT INTO plainer VALUES (1, mb('a', 1060), 'tail')",
		after => qq({"id":1,"v":"$lost","tail":"tail"}), lost => 1
	},
	{
		name => '500 and 600 MB, of which the larger goes',
		prepare => "CREATE TABLE part (id int, v text); INSERT INTO part VALUES (1, mb('a', 500)); INSERT INTO part VALUES (2, mb('b', 600))",
		table => 'two (id int PRIMARY KEY, v text, w text, tail text)',
		change => "INSERT INTO two SELECT 1, a.v, b.v, 'tail' FROM part a, part b WHERE a.id = 1 AND b.id = 2",
		after => qq({"id":1,"v":"a","w":"$lost","tail":"tail"}), size => 500000000, lost => 1
	},
	{
		name => '600 MB before and 600 MB after, of which the older goes',
		table => 'whole (id int PRIMARY KEY, v text, tail text)',
		prepare => "ALTER TABLE whole REPLICA IDENTITY FULL; INSERT INTO whole VALUES (1, mb('a', 600), 'tail')",
		change => "UPDATE whole SET v = mb('b', 600)",
		op => 'u', before => qq({"id":1,"v":"$lost","tail":"tail"}), after => '{"id":1,"v":"b","tail":"tail"}', size => 600000000, lost => 1, header => 0
	},
	{
		name => 'jsonb of 150 MB that is 1,050 MB with two kinds of escapes',
		table => 'document (id int PRIMARY KEY, v jsonb, tail text)',
		change => "INSERT INTO document VALUES (1, to_jsonb(mb(chr(1), 150)), 'tail')",
		after => qq({"id":1,"v":"$lost","tail":"tail"}), lost => 1
	},
	{
		name => 'numeric[] of 15 kB that is 1,310 MB of digits',
		table => 'digits (id int PRIMARY KEY, v numeric[], tail text)',
		change => "INSERT INTO digits SELECT 1, array_agg('1e131071'::numeric), 'tail' FROM generate_series(1, 10000)",
		after => qq({"id":1,"v":"$lost","tail":"tail"}), lost => 1
	},
	{
		name => 'a key of 170 MB that is 1,020 MB with escapes',
		table => 'keyed (id int PRIMARY KEY, v text, tail text)',
		change => "INSERT INTO keyed VALUES (1, mb(chr(1), 170), 'tail')",
		key => 'null', after => qq({"id":1,"v":"$lost","tail":"tail"}), lost => 1, lost_key => 1
	});

# repeat() by itself takes its time
my $mb = "CREATE FUNCTION mb(text, int) RETURNS text LANGUAGE sql AS 'SELECT repeat(repeat(\$1, 10000), \$2 * 100)'";
$node->safe_psql($db, "$mb; CREATE TABLE later (id int PRIMARY KEY)");
for my $case (@cases)
{
	# the column's storage can be given there since 16
	my $table = $case->{table};
	my $external = $table =~ s/ STORAGE EXTERNAL//;

	$case->{relation} = $table =~ s/ .*//r;
	$node->safe_psql($db, "CREATE TABLE $table");
	$node->safe_psql($db, "ALTER TABLE $case->{relation} ALTER v SET STORAGE EXTERNAL") if $external;
	$node->safe_psql($db, $case->{prepare}) if $case->{prepare};
}
new_slot($node, $db, 'large');
for my $i (0 .. $#cases)
{
	$node->safe_psql($db, "$cases[$i]{change}; INSERT INTO later VALUES ($i)");
}

# Lines of a file whose runs of a and b are cut to one letter, and their real lengths.
sub squeezed_lines
{
	my ($file) = @_;
	my @lines = ({ text => '', length => 0 });

	open my $fh, '<:raw', $file or die "$file: $!";
	while (sysread $fh, my $chunk, 4 << 20)
	{
		for my $piece (split /(\n)/, $chunk)
		{
			if ($piece eq "\n")
			{
				push @lines, { text => '', length => 0 };
				next;
			}
			$lines[-1]{length} += length $piece;
			$piece =~ tr/ab//s;
			$lines[-1]{text} .= $piece;
		}
	}
	pop @lines if $lines[-1]{text} eq '';
	$_->{text} =~ tr/ab//s for @lines;
	return @lines;
}

my $file = "$PostgreSQL::Test::Utils::tmp_check/large";
my $stop = $node->safe_psql($db, 'SELECT pg_current_wal_lsn() + 1000000');
my $reader = follow($node, $db, 'large', 'format=record', 'decimal.handling.mode=string', 'message.key.columns=public.keyed:v', "--endpos=$stop", '-s 1', "-f $file");
my $pid = active_pid($node, 'large');
my $end = position($node, $db);

ok($node->poll_query_until($db, "SELECT confirmed_flush_lsn >= '$end' FROM pg_replication_slots WHERE slot_name = 'large'"), 'the slot is read to its end');

# Only libpq's own buffer stays as large as the largest message.
my $contexts = contexts_kb($node, $pid);
my $top = delete $contexts->{TopMemoryContext};
my ($peak) = slurp_file("/proc/$pid/status") =~ /^VmHWM:\s+(\d+) kB/m;
cmp_ok($peak, '>', 2_000_000, "peak memory of the walsender: $peak kB");
cmp_ok($contexts->{''} - $top, '<', 32_000, sprintf 'contexts take %.0f kB afterwards', $contexts->{''} - $top);
cmp_ok(memory_kb($pid), '<', 1_400_000, 'memory of the walsender: ' . memory_kb($pid) . ' kB');
$node->safe_psql($db, "SELECT pg_logical_emit_message(true, 'cdc_json.end', repeat('x', 2000000))");
is($reader->wait_for_end, '', 'ends');

my @lines = squeezed_lines($file);
unlink $file;
my $clock;
is(@lines, 2 * @cases, 'number of events');
for my $i (0 .. $#cases)
{
	my $case = $cases[$i];
	my ($name, $line, $later) = ($case->{name}, $lines[ 2 * $i ], $lines[ 2 * $i + 1 ]);
	my $event = event($line->{text});

	my $key = $case->{key} || '{"id":1}';
	my $before = $case->{before} || 'null';
	like($line->{text}, qr/"key":\Q$key\E,"value":\{"before":\Q$before\E,"after":\Q$case->{after}\E,"source":/, $name);
	is($event->{value}{source}{table}, $case->{relation}, "$name: table");
	is($event->{value}{op}, $case->{op} || 'c', "$name: op");
	is(scalar @{ $event->{headers}{'__cdc_json.unavailable'} || [] }, $case->{lost} && !defined $case->{header} ? 1 : 0, "$name: header");
	cmp_ok($line->{length} - ($case->{size} || 0), '<', 2000, "$name: length");
	cmp_ok($line->{length} - ($case->{size} || 0), '>', 0, "$name: whole length");
	note(sprintf '%s: %.1f s', $name, (event($later->{text})->{value}{ts_ms} - $clock) / 1000) if $clock;
	$clock = event($later->{text})->{value}{ts_ms};
	is(event($later->{text})->{value}{after}{id}, $i, "$name: the row after it");
}

# The log says so, once for each table, and counts at the end of the session.
wait_for('the end of the session', sub { server_log($node) =~ /were incomplete/ });
my $log = server_log($node);
for my $case (grep { $_->{lost} } @cases)
{
	is(scalar(() = $log =~ /a row of table "public.$case->{relation}" is too large for one message/g), 1, "$case->{name}: logged");
}
my $values = grep { $_->{lost} } @cases;
like($log, qr/values too large: $values; keys too large: 1;/, 'and counted');
unlike($log, qr/ERROR: |terminated by signal|PANIC/, 'no error');

# From SQL, in a database whose encoding makes six bytes of one; and a message.
new_database($node, 'latin', 'LATIN1');
$node->safe_psql('latin', "$mb; CREATE TABLE t (id int PRIMARY KEY, v text)");
new_slot($node, 'latin', 'latin');
$node->safe_psql('latin', <<'SQL');
INSERT INTO t VALUES (1, mb(chr(233), 170));
SELECT pg_logical_emit_message(false, 'large', convert_to(mb('a', 751), 'UTF8'));
SELECT pg_logical_emit_message(false, mb(chr(1), 170), 'content');
INSERT INTO t VALUES (2, 'small');
SQL
my @sql = get($node, 'latin', 'latin');
like($sql[0], qr/"after":\{"id":1,"v":"$lost"\}/, 'the limit counts escapes');
like($sql[1], qr/"message":\{"prefix":"large","content":""\}/, 'a message of 751 MB that is 1,001 MB in base64');
like($sql[2], qr/"message":\{"prefix":"","content":""\}/, 'a message whose prefix of 170 MB is 1,020 MB with escapes');
like($sql[3], qr/"after":\{"id":2,"v":"small"\}/, 'the row after them');

$node->stop;
done_testing();
