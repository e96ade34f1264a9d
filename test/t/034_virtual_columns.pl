# From 18 on a generated column can be virtual: computed when it is read, and so
# in no log.  It appears in no event, no schema and no key, by any of our ways;
# stored generated columns beside it do.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use Test::More;
use Cdc;

plan skip_all => 'virtual generated columns exist from 18 on' if PostgreSQL::Test::Cluster->new('version')->pg_version < 18;

my $db = 'postgres';
my $node = new_node('main');
my @columns = qw(id total kept note);

$node->safe_psql($db, <<'SQL');
CREATE EXTENSION cdc_json;
CREATE TABLE t (
	first int GENERATED ALWAYS AS (id * 2) VIRTUAL NOT NULL,
	id int PRIMARY KEY,
	total numeric(8,2) DEFAULT 1.5,
	middle text GENERATED ALWAYS AS (note || ' and ' || total),
	kept int GENERATED ALWAYS AS (id + 1) STORED,
	note text,
	last numeric GENERATED ALWAYS AS (1 / (id - 4)) VIRTUAL);
CREATE TABLE parted (id int, twice int GENERATED ALWAYS AS (id * 2) VIRTUAL, v text) PARTITION BY RANGE (id);
CREATE TABLE part (v text, id int NOT NULL, twice int GENERATED ALWAYS AS (id * 2) VIRTUAL);
ALTER TABLE parted ATTACH PARTITION part FOR VALUES FROM (0) TO (100);
CREATE TABLE nothing (one int GENERATED ALWAYS AS (1) VIRTUAL);
SQL
new_slot($node, $db, 's');

# Names of an object's members, or of a struct's fields, in their order.
sub names
{
	my ($text) = @_;

	return join ' ', $text =~ /"(\w+)":/g;
}

sub query
{
	my ($sql) = @_;

	return $node->safe_psql($db, $sql);
}

sub events
{
	return map { event($_) } stream($node, $db, 's', position($node, $db), 'format=record', @_);
}

sub row_is
{
	my ($row, $values, $name) = @_;

	return is_deeply($row, $values, $name);
}

# Streamed; an expression that fails is never computed.
query("INSERT INTO t (id, note) VALUES (1, 'a'), (2, NULL)");
query("INSERT INTO t (id, note) SELECT 4, 'no quotient'");
query("UPDATE t SET note = 'b' WHERE id = 1");
query('ALTER TABLE t REPLICA IDENTITY FULL');
query("UPDATE t SET note = 'c' WHERE id = 1");
query('UPDATE t SET id = 3 WHERE id = 2');
query('DELETE FROM t WHERE id = 1');
query('INSERT INTO nothing DEFAULT VALUES');
query("INSERT INTO parted VALUES (7, DEFAULT, 'p')");
my @lines = stream($node, $db, 's', position($node, $db), 'format=record', 'decimal.handling.mode=string');
my @events = map { event($_) } @lines;
is(join(' ', map { $_->{value} ? $_->{value}{op} : 'null' } @events), 'c c c u u d null c d null c', 'all changes, but of a table that has virtual columns only');
unlike(join("\n", @lines), qr/"(first|middle|last|twice|one)"/, 'no virtual column in any record');
row_is($events[0]{value}{after}, { id => 1, total => '1.50', kept => 2, note => 'a' }, 'the others have their values');
is(names($lines[0] =~ /"after":(\{[^{}]*\})/), "@columns", 'in their order');
row_is($events[4]{value}{before}, { id => 1, total => '1.50', kept => 2, note => 'b' }, 'an old row');
row_is($events[5]{value}{before}, { id => 2, total => '1.50', kept => 3, note => undef }, 'of a changed key');
row_is($events[7]{value}{after}, { id => 3, total => '1.50', kept => 4, note => undef }, 'the new one');
row_is($events[10]{value}{after}, { v => 'p', id => 7 }, 'a partition');

# Its root has the columns in another order.
query("INSERT INTO parted VALUES (8, DEFAULT, 'r')");
my ($root) = stream($node, $db, 's', position($node, $db), 'publish.via.partition.root=true');
is(join('', $root =~ /"after":(\{[^{}]*\})/), '{"id":8,"v":"r"}', 'through the root');

# Lists that name virtual columns: such a key is none, as of a column that is not there.
query("INSERT INTO t (id, note) VALUES (11, 'listed')");
my ($listed) = events('message.key.columns=public.t:first', 'column.include.list=public.t.(first|last|note)', 'column.mask.with.5.chars=public.t.last');
row_is($listed->{key}, { id => 11 }, 'the primary key for a key of a virtual column');
row_is($listed->{value}{after}, { note => 'listed' }, 'no column for one that is listed');
query("INSERT INTO t (id, note) VALUES (12, 'k')");
($listed) = events('message.key.columns=public.t:last,note,first');
row_is($listed->{key}, { note => 'k' }, 'the rest of a key');

# Schemas
query("INSERT INTO t (id, note) VALUES (13, 's')");
my ($event) = events('schemas.enable=true');
for my $row (@{ $event->{value}{schema}{fields} }[0, 1])
{
	is(join(' ', map { $_->{field} } @{ $row->{fields} }), "@columns", "the schema of $row->{field}");
}
is(names(query("SELECT string_agg(format('{\"%s\":1}', f->>'field'), '') FROM json_array_elements(cdc_json.schema('t', 'value')->'fields') f")), "@columns", 'schema()');
is(query("SELECT cdc_json.schema('t', 'key', 'message.key.columns', 'public.t:last')->'fields'->0->>'field'"), 'id', 'its key');

# Snapshots compute them, and leave them out all the same.
query('DELETE FROM t WHERE id = 4');
is(query("SELECT cdc_json.read_event(t)::json->>'after' FROM t WHERE id = 3"), '{"id":3,"total":"AJY=","kept":4,"note":null}', 'read_event()');
is(query("SELECT count(*), sum((value::json->'after'->>'id')::int) FROM cdc_json.snapshot(ARRAY['t'::regclass]) WHERE value !~ '\"(first|middle|last)\":'"), '4|39', 'snapshot()');
is(query("SELECT string_agg((value::json->'after')::text, '') FROM cdc_json.snapshot(ARRAY['parted'::regclass])"), '{"v":"p","id":7}{"v":"r","id":8}', 'of partitions');

# They come and go while the slot is read.
events();
query("INSERT INTO t (id, note) VALUES (20, 'x')");
query("ALTER TABLE t ADD added int GENERATED ALWAYS AS (id) VIRTUAL, DROP middle");
query("INSERT INTO t (id, note) VALUES (21, 'x')");
query("ALTER TABLE t ALTER added SET EXPRESSION AS (id + 1), DROP first, ADD plain int DEFAULT 6");
query("INSERT INTO t (id, note) VALUES (22, 'x')");
query('ALTER TABLE t DROP last, DROP added');
query("INSERT INTO t (id, note) VALUES (23, 'x')");
@events = events('decimal.handling.mode=string');
row_is([ map { $_->{value}{after} } @events ],
	[
		(map { { id => $_, total => '1.50', kept => $_ + 1, note => 'x' } } 20, 21),
		(map { { id => $_, total => '1.50', kept => $_ + 1, note => 'x', plain => 6 } } 22, 23)
	],
	'across changes of the table');
unlike(server_log($node), qr/terminated by signal|PANIC/, 'no process died');
$node->stop;
done_testing();
