# An error ends the use of one slot, and nothing of it is left for the next
# slot that the same backend reads.
use strict;
use warnings FATAL => 'all';

use Test::More;
use Cdc;

my $node = new_node('main');
my $db = new_database($node, 'errors', 'UTF8');
my $latin = new_database($node, 'errors_latin', 'LATIN1');

for my $database ($db, $latin)
{
	$node->safe_psql($database, <<"SQL");
CREATE TYPE mood AS ENUM ('ok');
CREATE TABLE big (id int PRIMARY KEY, v text, n numeric, m mood, a int[]);
ALTER TABLE big REPLICA IDENTITY FULL;
CREATE TABLE small (id int PRIMARY KEY, v text, m mood);
SELECT pg_create_logical_replication_slot('big_' || current_database(), 'cdc_json');
INSERT INTO big SELECT g, repeat('\xC3\xA9', 500), g / 7.0, 'ok', ARRAY[g] FROM generate_series(1, 20000) g;
SELECT pg_create_logical_replication_slot('small_' || current_database(), 'cdc_json');
INSERT INTO small VALUES (1, '\xC3\xA9', 'ok');
BEGIN; INSERT INTO small VALUES (2, 'x', NULL); INSERT INTO big VALUES (-1, 'y', 1, 'ok', '{}'); COMMIT;
CREATE TABLE scratch (id int);
SQL
}

# Ways to end in an error.
my %errors = (
	'statement timeout' => sub {
		my ($database, $n) = @_;

		return "SET statement_timeout = " . (3 + 7 * ($n % 8)) . ";\n"
		  . "SELECT count(*) FROM pg_logical_slot_peek_changes('big_$database', NULL, NULL, 'format', 'record', 'schemas.enable', 'true', 'provide.transaction.metadata', 'true');\n"
		  . "RESET statement_timeout;\n";
	},
	'invalid option' => sub {
		my ($database, $n) = @_;
		my @bad = (q('no.such', '1'), "'table.include.list', '(('", q('batch.bytes', '-1'), q('column.mask.hash.MD17.with.salt.x', 'a'), q('format', 'record', 'format', 'value'));

		return "SELECT count(*) FROM pg_logical_slot_peek_changes('big_$database', NULL, NULL, 'table.exclude.list', 'public.small', $bad[ $n % @bad ]);\n";
	},
	'error of the caller' => sub {
		my ($database, $n) = @_;

		return "SELECT 1 / (count(*) - count(*)) FROM pg_logical_slot_peek_changes('small_$database', NULL, NULL, 'column.mask.with.3.chars', 'public.small.v');\n";
	},
	'binary output read as text' => sub {
		my ($database, $n) = @_;

		return "SELECT count(*) FROM pg_logical_slot_peek_changes('big_$database', NULL, NULL, 'format', 'frame');\n";
	},
	'error caught' => sub {
		my ($database, $n) = @_;

		return <<"SQL";
SET statement_timeout = 20;
DO \$\$
BEGIN
	PERFORM count(*) FROM pg_logical_slot_peek_changes('big_$database', NULL, NULL, 'message.prefix.include.list', 'a');
EXCEPTION WHEN query_canceled THEN
	RAISE 'caught';
END \$\$;
RESET statement_timeout;
SQL
	});

# Changes of the catalog while no cache of ours is there, or another one.
my @invalidations = (
	"ALTER TABLE scratch ADD COLUMN c%d int;", "ALTER TYPE mood ADD VALUE 'm%d';", "CREATE SCHEMA s%d;",
	"CREATE TABLE t%d (id int);", "ALTER TABLE big ADD COLUMN c%d int;", "SELECT %d;");

for my $database ($db, $latin)
{
	my ($small) = join "\n", map { s/"sequence":"\[[^,]*,/"sequence":"[/r } masked(peek($node, $database, "small_$database"));
	my ($script, $failures) = ('', 0);

	like($small, qr/"after":\{"id":1,"v":"(?:\xC3\xA9|\\u00E9)","m":"ok"\}.*\n.*\n/, "$database: three events");
	for my $n (1 .. 50)
	{
		for my $error (sort keys %errors)
		{
			$script .= $errors{$error}->($database, $n);
			$script .= sprintf("$invalidations[ $n % @invalidations ]\n", $n) if $error eq 'invalid option';
			$script .= "SELECT data FROM pg_logical_slot_peek_changes('small_$database', NULL, NULL);\n\\echo --\n";
			$failures++;
		}
	}
	my ($status, $stdout, $stderr) = $node->psql($database, $script, on_error_stop => 0);
	my @readings = map { s/^\n|\n\z//gr } split /^--$/m, $stdout;
	my %kinds;

	@readings = map { join "\n", map { s/"sequence":"\[[^,]*,/"sequence":"[/r } masked(grep { /^\{/ } split /\n/) } @readings;
	is(scalar(grep { $_ eq $small } @readings), $failures, "$database: the next slot is read as if nothing had been");
	is(scalar(() = $stderr =~ /ERROR:  /g), $failures, "$database: each call before it failed");
	$kinds{$1}++ while $stderr =~ /ERROR:  (\w+ \w+)/g;
	note("$kinds{$_} times: $_") for sort keys %kinds;
	unlike($stderr, qr/FATAL|server closed|lost|callback_list slots/, "$database: the session lived through it");
}

# The same for a walsender: the error ends it, and the next one starts afresh.
for my $n (1 .. 5)
{
	my $stderr = '';

	ok(!IPC::Run::run([ 'pg_recvlogical', '-d', $node->connstr($db), '-S', "small_$db", '--start', '--no-loop', '-f', '-', '-o', 'format=none' ],
		'>', '/dev/null', '2>', \$stderr), "walsender, invalid option $n");
	like($stderr, qr/invalid value for option "format": "none"/, "walsender, message $n");
}
my @lines = stream($node, $db, "small_$db", position($node, $db));
cmp_ok(scalar(grep { /"table":"small"/ } @lines), '==', 2, 'the walsender after them');

unlike(server_log($node), qr/terminated by signal|PANIC|TRAP/, 'no process died');
$node->stop;
done_testing();
