# Rows of an incremental snapshot come through logical messages, which anyone may
# write: not one event is made of messages that no snapshot wrote, by whatever
# copy, table or moment; and what a message holds cannot bring down its reader.
use strict;
use warnings FATAL => 'all';

use Test::More;
use Cdc;

my $node = new_node('main');
my $db = 'postgres';

$node->safe_psql($db, <<'SQL');
CREATE EXTENSION cdc_json;
CREATE TABLE secret (id int PRIMARY KEY, v text, n numeric, u uuid, t timestamptz);
INSERT INTO secret SELECT g, 'v' || g, g / 7.0, md5(g::text)::uuid, now() FROM generate_series(1, 20) AS g;
CREATE ROLE mallory LOGIN;
CREATE SCHEMA mallory AUTHORIZATION mallory;
CREATE TABLE mallory.own (id int PRIMARY KEY, v text);
INSERT INTO mallory.own VALUES (1, 'mine'), (2, 'mine');
ALTER TABLE mallory.own OWNER TO mallory;
-- a look-alike
CREATE TABLE mallory.snapshot_table (LIKE cdc_json.snapshot_table INCLUDING ALL);
ALTER TABLE mallory.snapshot_table OWNER TO mallory;
-- what the log held, for everybody to read
CREATE TABLE captured (number int, content bytea, token uuid);
GRANT SELECT ON captured TO mallory;
CREATE PUBLICATION everything FOR TABLE secret;
SQL

sub as_mallory
{
	my ($sql) = @_;

	return $node->psql($db, $sql, extra_params => [ '-U', 'mallory' ]);
}

sub rows
{
	return grep { /"op":"r"/ } get($node, $db, 'events');
}

# Nothing came of it but what is given; the reader is still there.
sub no_rows
{
	my ($name, $expected) = @_;
	my @events = get($node, $db, 'events');

	is(scalar(grep { /"op":"r"/ } @events), 0, "$name: no row");
	is(scalar(grep { /"op":"m"/ } @events), 0, "$name: no message");
	return;
}

new_slot($node, $db, 'events');
{
	my ($status, undef, $stderr) = $node->psql($db, "CALL cdc_json.snapshot_incremental('{secret}')");

	is($stderr, '', 'with a slot there is no warning');
}
is(scalar(my @true = rows()), 20, 'rows of a snapshot');

# Messages as another plugin shows them: type, flags, LSN, prefix, length, content.
$node->safe_psql($db, <<'SQL');
SELECT pg_create_logical_replication_slot('witness', 'pgoutput');
CALL cdc_json.snapshot_incremental('{secret}', 7);
INSERT INTO captured SELECT row_number() OVER (), substr(data, position('\x00'::bytea IN substr(data, 11)) + 15)
	FROM pg_logical_slot_peek_binary_changes('witness', NULL, NULL, 'proto_version', '1', 'publication_names', 'everything', 'messages', 'true')
	WHERE get_byte(data, 0) = ascii('M');
UPDATE captured SET token = encode(substr(content, 21, 16), 'hex')::uuid;
SQL
is($node->safe_psql($db, 'SELECT count(*), count(DISTINCT token), bool_and(get_byte(content, 0) = 1) FROM captured'), '3|3|t', 'copies of messages');
is($node->safe_psql($db, 'SELECT count(*) FROM captured JOIN cdc_json.snapshot_table USING (token)'), 1, 'with tokens, the last one of which is still there');
get($node, $db, 'events');

# A role that may do nothing: copies alone, in a transaction with a table that looks like ours, outside transactions.
my $copies = "SELECT pg_logical_emit_message(true, 'cdc_json.snapshot', content) FROM captured;";
as_mallory($copies);
as_mallory("SELECT pg_logical_emit_message(false, 'cdc_json.snapshot', content) FROM captured; SELECT pg_logical_emit_message(true, 'x', '')");
{
	my @events = get($node, $db, 'events');

	is(scalar(grep { /"op":"r"/ } @events), 0, 'copies, and outside transactions: no row');
	is(scalar(grep { /"op":"m"/ } @events), 1, 'only what has another prefix is a message');
}
my $look_alike = "INSERT INTO mallory.snapshot_table SELECT number, 1, 1, 'reading', token, NULL, 1, 1, 1, 1, 1, 1, 1, 1 FROM captured WHERE number = N; "
  . "UPDATE mallory.snapshot_table SET lost = 2 WHERE job = N; SELECT pg_logical_emit_message(true, 'cdc_json.snapshot', content) FROM captured WHERE number = N;";
for my $n (1 .. 3)
{
	my ($status, undef, $stderr) = as_mallory('BEGIN;' . $look_alike =~ s/\bN\b/$n/gr . 'COMMIT;');

	is($stderr, '', "look-alike $n");
}
{
	my @events = get($node, $db, 'events');

	is(scalar(grep { /"op":"r"/ } @events), 0, 'a table of the same name: no row');
	is(scalar(grep { /"table":"snapshot_table"/ } @events), 6, 'and it is a table like any');
}
{
	my ($status, undef, $stderr) = as_mallory("UPDATE cdc_json.snapshot_table SET token = gen_random_uuid()");
	like($stderr, qr/permission denied/, 'the table itself is closed');
	($status, undef, $stderr) = as_mallory("CALL cdc_json.snapshot_incremental('{secret}')");
	like($stderr, qr/permission denied/, 'so is the procedure for a table of others');
}
my %guesses = (
	'an empty message' => "''",
	'text' => "'hello'",
	'zeros' => "decode(repeat('00', 300), 'hex')",
	'random bytes' => "decode(md5(random()::text) || md5(random()::text) || md5(random()::text), 'hex')",
	'another token' => 'overlay(content PLACING decode(md5(random()::text), \'hex\') FROM 21)',
	'no token' => "overlay(content PLACING decode(repeat('00', 16), 'hex') FROM 21)",
);
for my $guess (sort keys %guesses)
{
	as_mallory("SELECT pg_logical_emit_message(true, 'cdc_json.snapshot', $guesses{$guess}) FROM captured");
	no_rows($guess);
}
for my $prefix ('cdc_json.snapshot2', 'cdc_json.snapshot.', 'cdc_json.', 'CDC_JSON.SNAPSHOT', ' cdc_json.snapshot')
{
	as_mallory("SELECT pg_logical_emit_message(true, '$prefix', content) FROM captured");
	is(scalar(my @some = rows()), 0, "prefix \"$prefix\": no row");
}

# Code of the caller runs within a chunk's transaction: in "where" before there is a token, and in a deferred trigger
# after it.  He can read no token; with a guess or an old one, nothing comes of it but his own rows.
$node->safe_psql($db, <<'SQL');
SET ROLE mallory;
CREATE FUNCTION mallory.emit() RETURNS boolean LANGUAGE sql AS $$
	SELECT count(pg_logical_emit_message(true, 'cdc_json.snapshot', content)) >= 0 FROM public.captured
$$;
CREATE FUNCTION mallory.at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM mallory.emit();
	RETURN NULL;
END $$;
CREATE TABLE mallory.trap (id int);
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON mallory.trap DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION mallory.at_commit();
CREATE FUNCTION mallory.spring() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO mallory.trap VALUES (1);
	RETURN true;
END $$;
CREATE FUNCTION mallory.token() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT count(token) >= 0 FROM cdc_json.snapshot_table);
END $$;
SQL
for my $where ('mallory.emit()', 'mallory.spring()')
{
	my ($status, undef, $stderr) = as_mallory("CALL cdc_json.snapshot_incremental('{mallory.own}', \"where\" => '$where')");
	my @rows = rows();

	is($stderr, '', "$where: done");
	is(scalar(grep { /"table":"own"/ } @rows), 2, "$where: the caller's own rows");
	is(scalar(grep { !/"table":"own"/ } @rows), 0, "$where: no others");
}
is($node->safe_psql($db, 'SELECT count(*) > 0 FROM mallory.trap'), 't', 'the trigger was there');
{
	my ($status, undef, $stderr) = as_mallory("CALL cdc_json.snapshot_incremental('{mallory.own}', \"where\" => 'mallory.token()')");

	like($stderr, qr/permission denied for table snapshot_table/, 'no token can be read');
	rows();
}

# Who may write the table himself can do it, which shows that the copies are good; a token is good for its transaction only.
my $token = 'UPDATE cdc_json.snapshot_table SET token = (SELECT token FROM captured WHERE number = 1) WHERE job = (SELECT max(job) FROM cdc_json.snapshot_table);';
$node->safe_psql($db, "BEGIN; $token $copies COMMIT;");
is(scalar(my @forged = rows()), 7, 'a superuser\'s copy of one message');
$node->safe_psql($db, "$token $copies");
is(scalar(my @later = rows()), 0, 'a token of the transaction before');
$node->safe_psql($db, "BEGIN; $copies $token COMMIT;");
is(scalar(my @before = rows()), 0, 'a token that comes after the message');
$node->safe_psql($db, "BEGIN; SAVEPOINT s; $token ROLLBACK TO s; $copies COMMIT;");
is(scalar(my @undone = rows()), 0, 'a token that was rolled back');

# Whatever such a message holds, it is dropped or is a row: cut off anywhere, for other tables, with other bytes.
sub with_token
{
	my ($name, $content, $most) = @_;

	$node->safe_psql($db, "BEGIN; $token SELECT count(pg_logical_emit_message(true, 'cdc_json.snapshot', $content)) FROM captured, generate_series(0, octet_length(content) - 1) AS i WHERE number = 1; COMMIT;");
	cmp_ok(scalar(my @rows = rows()), '<=', $most, $most ? "$name: is read" : "$name: no row");
	return;
}
with_token('cut off', 'substr(content, 1, i)', 0);
with_token('longer', "content || decode('00', 'hex')", 0);
$node->safe_psql($db, <<'SQL');
CREATE TABLE other_shape (id int PRIMARY KEY, v text);
CREATE VIEW no_table AS SELECT 1 AS id;
SQL
for my $relation ("'other_shape'::regclass", "'no_table'::regclass", "'pg_class'::regclass", "'secret_pkey'::regclass", '0', '4294967295')
{
	with_token("for relation $relation", "overlay(content PLACING substr(int8send(($relation)::oid::bigint), 5) FROM 5)", 0);
}
# rows 0, one more, four billion
with_token('other numbers of rows', "overlay(content PLACING substr(int8send((ARRAY[0, 8, 4294967295])[1 + i % 3]), 5) FROM 17)", 0);
with_token('another version', "set_byte(content, 0, 2)", 0);
with_token('another slot', "overlay(set_byte(content, 1, 3) PLACING 'xyz' FROM 37)", 0);
# flags and bitmaps of rows
with_token('flags that there are not', 'set_byte(content, 40, 4 + i % 250)', 7 * 10_000);
with_token('one byte of the header', 'set_byte(content, i % 20, (get_byte(content, i % 20) + 1) % 256)', 0);
# and of values: there, lengths are checked
with_token('any byte', 'set_byte(content, i, (get_byte(content, i) + 1 + i % 200) % 256)', 7 * 10_000);
with_token('any length', 'set_byte(content, i, 3 + 4 * (i % 64))', 7 * 10_000);
ok($node->safe_psql($db, 'SELECT 1') eq '1', 'the server is still there');
is(scalar(my @log = grep { /PANIC|terminated by signal/ } split /\n/, server_log($node)), 0, 'nothing crashed');

# In a session's log line.
{
	as_mallory($copies);
	my $offset = -s $node->logfile;
	as_mallory("CREATE TABLE mallory.odd (v text); INSERT INTO mallory.odd VALUES ('x'); DELETE FROM mallory.odd;");
	get($node, $db, 'events');
	like(server_log($node, $offset), qr/messages with a reserved prefix dropped: 3\b/, 'dropped messages are counted');
}

# Where the extension is not, nobody can make rows; without slots there is a warning.
$node->safe_psql($db, "SELECT pg_drop_replication_slot('events'), pg_drop_replication_slot('witness')");
{
	my ($status, undef, $stderr) = $node->psql($db, "CALL cdc_json.snapshot_incremental('{secret}')");

	like($stderr, qr/WARNING:  no replication slot of plugin cdc_json is in this database/, 'without a slot');
	is($status, 0, 'it is done all the same');
}
$node->safe_psql('postgres', 'CREATE DATABASE without');
new_slot($node, 'without', 'without');
$node->safe_psql('without', <<"SQL");
CREATE SCHEMA cdc_json;
CREATE TABLE cdc_json.snapshot_table (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, token uuid);
CREATE TABLE secret (id int PRIMARY KEY, v text, n numeric, u uuid, t timestamptz);
SQL
$node->safe_psql('without', "BEGIN; INSERT INTO cdc_json.snapshot_table (token) VALUES ('$_->[0]'); "
	  . "SELECT pg_logical_emit_message(true, 'cdc_json.snapshot', '\\x$_->[1]'::bytea); COMMIT")
  for map { [ split /\|/ ] } split /\n/, $node->safe_psql($db, "SELECT token, encode(content, 'hex') FROM captured");
{
	my @events = get($node, 'without', 'without');

	is(scalar(grep { /"op":"r"/ } @events), 0, 'without the extension: no row');
	is(scalar(grep { /"op":"c"/ } @events), 3, 'its name makes no table ours');
}
$node->safe_psql('without', "SELECT pg_drop_replication_slot('without')");
$node->stop;
done_testing();
