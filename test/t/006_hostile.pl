# Whatever a table is called and whatever a column holds, an event comes out
# that is JSON, and the slot goes on.
use strict;
use warnings FATAL => 'all';

use MIME::Base64 qw(decode_base64);
use Test::More;
use Cdc;

my $node = new_node('main');
my $db = 'postgres';

sub quoted
{
	my ($name) = @_;

	return '"' . ($name =~ s/"/""/gr) . '"';
}

# names of up to 63 bytes
my @names = map { substr $_, 0, 63 } (
	'a"b', 'a.b', 'a,b', "a\\b", "a\nb\tc\r", "a'b", '{"a":1}', ' ', '"', '%s%n', '$1', "\x01\x1f\x7f", 'x' x 63, '"' x 63, "\n" x 63,
	"\xC3\xA9" x 31, "\xE6\x97\xA5" x 21, "\xF0\x9F\x98\x80" x 15, "\xE2\x80\xA8\xE2\x80\xA9", "a\xCC\x81", 'SELECT', '__proto__', 'before', 'after');
my ($number, $script) = (0, "CREATE SCHEMA types;\n");

new_slot($node, $db, 'names');
for my $name (@names)
{
	my $q = quoted($name);
	my $prefix = $name =~ s/'/''/gr;

	$number++;
	$script .= <<"SQL";
CREATE SCHEMA IF NOT EXISTS $q;
CREATE TYPE types.$q AS ENUM ('$prefix');
CREATE TABLE $q.$q ($q int PRIMARY KEY, e types.$q DEFAULT '$prefix', t text);
ALTER TABLE $q.$q REPLICA IDENTITY FULL;
INSERT INTO $q.$q VALUES ($number, '$prefix', '$prefix');
UPDATE $q.$q SET t = '';
SELECT pg_logical_emit_message(true, '$prefix', '$prefix');
SQL
}
$node->safe_psql($db, $script);
my $end = position($node, $db);
for my $options ([], [ 'format=record', 'schemas.enable=true', 'provide.transaction.metadata=true' ],
	[ 'debezium.quirks=true', 'format=record', 'schema.name.adjustment.mode=avro_unicode', 'field.name.adjustment.mode=avro' ])
{
	my $text = join ' ', 'names', @$options;

	$node->safe_psql($db, "SELECT pg_copy_logical_replication_slot('names', 'copy')");
	my @events = map { event($_) } stream($node, $db, 'copy', $end, @$options);
	my @values = map { $_ = $_->{value} if exists $_->{topic}; $_ && $_->{payload} ? $_->{payload} : $_ } @events;
	my @messages = grep { $_ && $_->{message} } @values;
	my @inserts = grep { $_ && ($_->{op} || '') eq 'c' } @values;
	my @updates = grep { $_ && ($_->{op} || '') eq 'u' } @values;

	$node->safe_psql($db, "SELECT pg_drop_replication_slot('copy')");
	is(@$_, @names, "$text: events") for \@messages, \@inserts, \@updates;
	for my $i (0 .. $#names)
	{
		my $name = $names[$i];

		utf8::decode($name) or die;
		is($inserts[$i]{source}{$_}, $name, "$text: $_ $i") for qw(schema table);
		is($messages[$i]{message}{prefix}, $name, "$text: prefix $i");
		is($inserts[$i]{after}{t}, $name, "$text: value $i");
		is($inserts[$i]{after}{e}, $name, "$text: label $i") unless $text =~ /quirks/;
		is($inserts[$i]{after}{$name}, $i + 1, "$text: column $i") unless $text =~ /adjustment/;
		is($updates[$i]{before}{t}, $name, "$text: before $i");
	}
}

# Values at the edge of what a type can hold; what the event has for each.
my @values = (
	[ 'numeric of 16,000 digits', 'numeric', "repeat('9', 16000)::numeric", sub { $_[0] eq '9' x 16000 } ],
	[ 'numeric of 16,000 digits after the point', 'numeric', "('0.' || repeat('1', 16000))::numeric", sub { $_[0] eq '0.' . '1' x 16000 } ],
	[ 'numeric of 131,072 digits', 'numeric', "('1e131071')::numeric", sub { $_[0] eq '1' . '0' x 131071 } ],
	[ 'negative numeric of 131,072 digits', 'numeric', "repeat('-', 1)::text || repeat('8', 131072)", sub { $_[0] eq '-' . '8' x 131072 } ],
	[ 'numeric with all digits', 'numeric', "(repeat('7', 131072) || '.' || repeat('3', 16383))", sub { $_[0] eq '7' x 131072 . '.' . '3' x 16383 } ],
	[ 'array of 100,000', 'int[]', "array_agg(g) FROM generate_series(1, 100000) g", sub { @{ $_[0] } == 100000 && $_[0][99999] == 100000 } ],
	[ 'array of 100,000 texts', 'text[]', "array_agg(NULLIF('t' || g, 't7')) FROM generate_series(1, 100000) g", sub { @{ $_[0] } == 100000 && !defined $_[0][6] && $_[0][7] eq 't8' } ],
	[ 'array of six dimensions', 'int[]', "array_fill(1, ARRAY[2, 2, 2, 2, 2, 2])", sub { $_[0][1][1][1][1][1][1] == 1 } ],
	[ 'array with strange bounds', 'int[]', "'[-2147483648:-2147483647]={1,2}'::int[]", sub { $_[0][1] == 2 } ],
	[ 'empty arrays', 'text[]', "'{}'::text[]", sub { @{ $_[0] } == 0 } ],
	[ 'jsonb, 5,000 arrays deep', 'jsonb', "(repeat('[', 5000) || repeat(']', 5000))::jsonb", sub { $_[0] eq '[' x 5000 . ']' x 5000 } ],
	[ 'jsonb, 3,000 objects deep', 'jsonb', "(repeat('{\"a\": ', 3000) || '1' || repeat('}', 3000))::jsonb", sub { $_[0] eq '{"a": ' x 3000 . '1' . '}' x 3000 } ],
	[ 'json as it was written', 'json', "'{\"a\" :1,  \"a\":\t2}'::json", sub { $_[0] eq "{\"a\" :1,  \"a\":\t2}" } ],
	[ 'all code points of one byte', 'text', "string_agg(chr(g), '') FROM generate_series(1, 127) g", sub { $_[0] eq join '', map { chr } 1 .. 127 } ],
	[ 'characters of all lengths', 'text', "string_agg(chr(g), '') FROM generate_series(1, 1114111, 37) g WHERE g NOT BETWEEN 55296 AND 57343",
		sub { $_[0] eq join '', map { chr } grep { $_ < 0xD800 || $_ > 0xDFFF } map { 1 + 37 * $_ } 0 .. (1114111 - 1) / 37 } ],
	[ 'text of quotes', 'text', q{repeat('"', 100000)}, sub { $_[0] eq '"' x 100000 } ],
	[ 'bytea with all bytes', 'bytea', "decode(string_agg(lpad(to_hex(g), 2, '0'), ''), 'hex') FROM generate_series(0, 255) g", sub { $_[0] =~ m{^AAECAwQF.*/w==$} } ],
	[ 'tsvector', 'tsvector', q{to_tsvector('simple', string_agg('w' || g, ' ')) FROM generate_series(1, 10000) g}, sub { length $_[0] > 100000 } ],
	[ 'xml', 'xml', "('<a>' || repeat('<b/>', 10000) || '</a>')::xml", sub { length $_[0] == 40007 } ],
	[ 'multirange', 'int4multirange', 'range_agg(int4range(3 * g, 3 * g + 1)) FROM generate_series(1, 10000) g', sub { decode_base64($_[0]) =~ /^\{\[3,4\),/ } ],
	[ 'polygon', 'polygon', "('(' || string_agg('(' || g || ',1e300)', ',') || ')')::polygon FROM generate_series(1, 5000) g", sub { length $_[0] > 50000 } ],
	[ 'timestamps', 'timestamptz[]', "ARRAY['-infinity', 'infinity', '4713-01-01 00:00:00+00 BC', '294276-12-31 23:59:59.999999+00']::timestamptz[]", sub { @{ $_[0] } == 4 } ],
	[ 'dates', 'date[]', "ARRAY['-infinity', 'infinity', '4713-01-01 BC', '5874897-12-31']::date[]", sub { @{ $_[0] } == 4 } ],
	[ 'intervals', 'interval', "'-178000000 years 11 mons -2147483648 days'::interval", sub { defined $_[0] } ],
	[ 'floats', 'float8[]', "ARRAY['NaN', 'Infinity', '-Infinity', '-0', '4.9e-324', '1.7976931348623157e308']::float8[]", sub { @{ $_[0] } == 6 } ],
	[ 'bits', 'varbit', "repeat('10', 50000)::varbit", sub { defined $_[0] } ]);

$node->safe_psql($db, 'CREATE TABLE later (id int PRIMARY KEY)');
new_slot($node, $db, 'values');
for my $i (0 .. $#values)
{
	my ($name, $type, $expression) = @{ $values[$i] };

	$expression = "($expression)::$type" if $type eq 'numeric' && $expression !~ /::numeric$/;
	$node->safe_psql($db, "CREATE TABLE v$i (id int PRIMARY KEY, v $type); ALTER TABLE v$i REPLICA IDENTITY FULL; "
		  . "INSERT INTO v$i SELECT 1, $expression; UPDATE v$i SET id = 2; INSERT INTO later VALUES ($i)");
}
$end = position($node, $db);
{
	my @options = ('include.unknown.datatypes=true', 'decimal.handling.mode=string');
	my @events = map { event($_) } stream($node, $db, 'values', $end, @options);
	my %after = map { $_->{source}{table} => $_->{after}{v} } grep { $_->{op} eq 'c' && $_->{after}{id} == 1 && exists $_->{after}{v} } @events;

	for my $i (0 .. $#values)
	{
		ok(defined $after{"v$i"} && $values[$i][3]->($after{"v$i"}), $values[$i][0]);
	}
	is(scalar(grep { $_->{source}{table} eq 'later' } @events), scalar @values, 'and the row after each');
	unlike(server_log($node), qr/no representation|were incomplete/, 'nothing was left out');
}

# 1,600 columns, in the tuple, in the schema, in the old row; and none.
my $columns = join ', ', map { "c$_ int" } 1 .. 1599;
new_slot($node, $db, 'columns');
$node->safe_psql($db, <<"SQL");
CREATE TABLE columns (id int PRIMARY KEY, $columns);
ALTER TABLE columns REPLICA IDENTITY FULL;
INSERT INTO columns (id, c1599) VALUES (1, 7);
UPDATE columns SET id = 2;
CREATE TABLE none ();
INSERT INTO none DEFAULT VALUES;
CREATE TABLE dropped (a int, b int, c int);
ALTER TABLE dropped DROP a, DROP b, DROP c;
INSERT INTO dropped DEFAULT VALUES;
INSERT INTO later VALUES (1000);
SQL
$end = position($node, $db);
for my $options ([], [ 'schemas.enable=true' ], [ 'format=record', 'batch.bytes=1000000' ])
{
	my $text = join ' ', 'columns', @$options;

	$node->safe_psql($db, "SELECT pg_copy_logical_replication_slot('columns', 'copy')");
	my @events = map { event($_) } stream($node, $db, 'copy', $end, @$options);

	$node->safe_psql($db, "SELECT pg_drop_replication_slot('copy')");
	@events = map { $_->{value} || $_->{payload} || $_ } @events;
	is(scalar keys %{ $events[0]{after} }, 1600, "$text: 1,600");
	is($events[0]{after}{c1599}, 7, "$text: the last one");
	is($events[-1]{source}{table}, 'later', "$text: the row after them");
}

# Deep nesting that is refused, or left out, is no error either.
new_slot($node, $db, 'depth');
$node->safe_psql($db, <<'SQL');
SET max_stack_depth = '6MB';
CREATE TABLE deep (id int PRIMARY KEY, j jsonb);
INSERT INTO deep SELECT n, (repeat('[', n) || repeat(']', n))::jsonb FROM unnest(ARRAY[10, 1000, 6000, 10000, 20000, 30000]) n;
INSERT INTO deep VALUES (1, '[]');
SQL
{
	my @deep = stream($node, $db, 'depth', position($node, $db));

	is(@deep, 7, 'nesting beyond the stack of the walsender');
	like($deep[-1], qr/"after":\{"id":1,"j":"\[\]"\}/, 'and the row after it');
}

unlike(server_log($node), qr/terminated by signal|PANIC|ERROR: /, 'no error');

# A value that takes minutes can be interrupted: 100 kB of numbers with 131,072 digits each.
new_slot($node, $db, 'minutes');
$node->safe_psql($db, <<'SQL');
CREATE TABLE minutes (id int PRIMARY KEY, v numeric[]);
INSERT INTO minutes SELECT 1, array_agg('1e131071'::numeric) FROM generate_series(1, 10000);
SQL
my $started = time;
fails($node, $db, "SET statement_timeout = '500ms'; SELECT count(*) FROM pg_logical_slot_peek_changes('minutes', NULL, NULL)",
	qr/canceling statement due to statement timeout/, 'canceled');
my $reader = follow($node, $db, 'minutes');
$node->safe_psql($db, 'SELECT pg_terminate_backend(' . active_pid($node, 'minutes') . ')');
like($reader->wait_for_end, qr/terminat|unexpected/, 'terminated');
cmp_ok(time - $started, '<', 30, 'at once');

$node->stop;
done_testing();
